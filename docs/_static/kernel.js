// The kernel tuning explorer of lesson 2. KERNEL holds the counts and the errors by age.
{
  const { counts, error } = KERNEL, ages = counts.length;
  const read = ({ kind, size, sigma, scheme, edges }) => {
    const smooth = numbers.smooth(counts, numbers.window(kind, size, sigma), edges);
    const weights = numbers.weights(smooth, counts, scheme);
    const pearson = numbers.pearson(smooth, error);
    const effective = numbers.effective(weights, counts);
    const largest = Math.max(...weights.filter((w) => !Number.isNaN(w)));
    const total = numbers.sum(counts).toLocaleString("en");
    return {
      smooth, weights, pearson, effective, largest,
      shown: {
        "Pearson(smoothed counts, error)": pearson.toFixed(3),
        "effective sample size": `${Math.round(effective).toLocaleString("en")} of ${total}`,
        "largest weight": largest.toFixed(1),
      },
    };
  };
  const draw = (_, { smooth, weights }) => {
    const x = scale(0, ages, 62, 640), top = Math.max(...counts) * 1.05;
    const y = scale(0, top, 230, 14), e = scale(0, Math.max(...error) * 1.05, 230, 14);
    const logs = weights.map((w) => Math.log10(w));
    const low = Math.min(-1.5, ...logs.filter(Number.isFinite));
    const high = Math.max(1.5, ...logs.filter(Number.isFinite));
    const w = scale(low, high, 400, 262);
    const bars = counts
      .map((n, b) => `<rect class="bar" x="${x(b)}" y="${y(n)}" width="${x(1) - x(0)}" height="${230 - y(n)}"/>`)
      .join("");
    const line = (values, at, kind) =>
      `<path class="${kind}" d="${path(values.map((v, b) => [x(b + 0.5), at(v)]))}"/>`;
    const steps = logs.flatMap((v, b) => [[x(b), w(v)], [x(b + 1), w(v)]]);
    const ticks = [0, 20, 40, 60, 80, 100]
      .map((age) => words(x(age), 418, age, 'text-anchor="middle"'))
      .join("");
    const levels = [0.1, 1, 10].filter((v) => Math.log10(v) >= low && Math.log10(v) <= high)
      .map((v) => words(56, w(Math.log10(v)) + 4, v, 'text-anchor="end"')
        + `<line class="level" x1="62" x2="640" y1="${w(Math.log10(v))}" y2="${w(Math.log10(v))}"/>`)
      .join("");
    const scaleOf = [0, 100, 200, 300, 400, 500].filter((n) => n <= top && top / 100 < 6)
      .map((n) => words(56, y(n) + 4, n, 'text-anchor="end"')).join("");
    return bars + line(smooth, y, "red") + line(error, e, "green") + levels + scaleOf
      + `<path class="dark" d="${path(steps)}"/>` + ticks
      + '<line class="axis" x1="62" x2="640" y1="230" y2="230"/>'
      + '<line class="axis" x1="62" x2="640" y1="400" y2="400"/>'
      + words(350, 436, "age (years)", 'text-anchor="middle"')
      + words(0, 0, "images per age", 'transform="translate(16 122) rotate(-90)" text-anchor="middle"')
      + words(0, 0, "weight", 'transform="translate(16 331) rotate(-90)" text-anchor="middle"');
  };
  makeExplorer("kernel", {
    size: [660, 444],
    alt: "Above, bars of the images per age, a line of the smoothed counts and a line of the error; below, the weight of each age.",
    controls: [
      { key: "kind", label: "kernel", value: "gaussian", choices: [["Gaussian", "gaussian"], ["Laplace", "laplace"], ["triangular", "triangular"]] },
      { key: "size", label: "size (bins)", value: 5, range: [1, 31, 2] },
      { key: "sigma", label: "sigma (bins)", value: 2, range: [0.5, 10, 0.5], digits: 1 },
      { key: "scheme", label: "weights", value: "inverse", choices: [["INV, 1/p", "inverse"], ["SQINV, 1/sqrt(p)", "sqrt_inverse"]] },
      { key: "edges", label: "beyond the edges", value: "zero", choices: [["nothing", "zero"], ["a mirror", "reflect"], ["the window, scaled", "renormalize"]] },
    ],
    legend: [["bar", "counts"], ["red", "smoothed counts"], ["green", "error, on a scale of its own"], ["dark", "weight of each age"]],
    read, draw,
  });
}
