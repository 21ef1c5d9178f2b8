// The re-colouring explorer of lesson 4. COLOURS holds the points: mean 0, covariance 1.
{
  const { points } = COLOURS, mean = [-1, -0.7], toMean = [0.6, 0.4];
  const covariance = (spread, r) => [spread ** 2, spread * r, 1];
  const read = ({ progress, kind, correlation, to_correlation }) => {
    const cov = covariance(1.3, correlation), toCov = covariance(0.6, to_correlation);
    // The points with this covariance, by the lower triangle of Cholesky.
    const l = [1.3, correlation, Math.sqrt(1 - correlation ** 2)];
    const cloud = points.map(([a, b]) => [l[0] * a + mean[0], l[1] * a + l[2] * b + mean[1]]);
    const known = (c) => (kind === "variances" ? [c[0], 0, c[2]] : c);
    const now = numbers.recolour(cloud, mean, known(cov), toMean, known(toCov), progress);
    const seen = numbers.covariance(now);
    const deviations = [Math.sqrt(seen[0]), Math.sqrt(seen[2])];
    const found = seen[1] / deviations[0] / deviations[1];
    return {
      cov, toCov, now, seen, deviations, correlation: found,
      shown: {
        "standard deviations": deviations.map((d) => d.toFixed(2)).join(" and "),
        correlation: found.toFixed(3),
        goal: Number(to_correlation).toFixed(1),
      },
    };
  };
  const draw = (_, { cov, toCov, now, seen }) => {
    const x = scale(-6, 6, 40, 640), y = scale(-3.4, 3.4, 350, 10), unit = 50;
    const dots = now
      .map((p) => `<circle class="dot" cx="${x(p[0]).toFixed(1)}" cy="${y(p[1]).toFixed(1)}" r="3"/>`)
      .join("");
    const ellipse = (at, [a, b, c], kind) => {
      const angle = Math.atan2(2 * b, a - c) / 2, root = Math.hypot((a - c) / 2, b);
      const [long, short] = [1, -1].map((s) => 2 * unit * Math.sqrt(Math.max(0, (a + c) / 2 + s * root)));
      const place = `translate(${x(at[0])} ${y(at[1])}) rotate(${(-angle * 180) / Math.PI})`;
      return `<g class="${kind}" transform="${place}"><ellipse rx="${long}" ry="${short}"/><path d="M-5,0H5M0,-5V5"/></g>`;
    };
    const centre = [0, 1].map((i) => numbers.mean(now.map((p) => p[i])));
    const ticks = [-6, -4, -2, 0, 2, 4, 6]
      .map((v) => words(x(v), 368, v, 'text-anchor="middle"')).join("")
      + [-2, 0, 2].map((v) => words(34, y(v) + 4, v, 'text-anchor="end"')).join("");
    return dots + ellipse(mean, cov, "dark dotted") + ellipse(toMean, toCov, "green dashed")
      + ellipse(centre, seen, "red") + ticks
      + '<path class="axis" d="M40,10V350H640"/>'
      + words(340, 388, "feature 1", 'text-anchor="middle"')
      + words(0, 0, "feature 2", 'transform="translate(14 180) rotate(-90)" text-anchor="middle"');
  };
  makeExplorer("colours", {
    size: [660, 396],
    alt: "Points of two features with three ellipses: the plain one, the smoothed one, which is the goal, and that of the points now.",
    controls: [
      { key: "progress", label: "progress (steps)", value: 1, range: [0, 3, 0.1], digits: 1 },
      { key: "kind", label: "calibrate with", value: "covariances", choices: [["covariances (full)", "covariances"], ["variances (diagonal)", "variances"]] },
      { key: "correlation", label: "correlation, plain", value: 0.8, range: [-0.9, 0.9, 0.1], digits: 1 },
      { key: "to_correlation", label: "correlation, smoothed", value: -0.3, range: [-0.9, 0.9, 0.1], digits: 1 },
    ],
    legend: [["dark", "plain (dotted)"], ["green", "smoothed, the goal (dashed)"], ["red", "the points now"]],
    read, draw,
  });
}
