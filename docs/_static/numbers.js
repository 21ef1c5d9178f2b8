// What dirlib computes for the two explorers, in a few lines; tests/site compares both.
const numbers = {
  // kernel_window: symmetric, truncated to `size` bins, with the sum 1.
  window(kind, size, sigma) {
    const half = (size - 1) / 2;
    const k = Array.from({ length: size }, (_, i) => {
      const d = Math.abs(i - half);
      if (kind === "gaussian") return Math.exp(-0.5 * (d / sigma) ** 2);
      return kind === "laplace" ? Math.exp(-d / sigma) : 1 - d / (half + 1);
    });
    const sum = numbers.sum(k);
    return k.map((x) => x / sum);
  },

  // smooth_bins: out[b] = sum over d of window[d] values[b + d].
  smooth(values, window, edges) {
    const half = (window.length - 1) / 2, last = values.length - 1;
    return values.map((_, b) => {
      let total = 0, inside = 0;
      window.forEach((k, i) => {
        let at = b + i - half;
        if (edges === "reflect") at = at < 0 ? -at : at > last ? 2 * last - at : at;
        if (at < 0 || at > last) return;
        total += k * values[at];
        inside += k;
      });
      return edges === "renormalize" ? total / inside : total;
    });
  },

  // density_weights, one per bin: the mean over the *samples* is 1.
  weights(density, counts, scheme) {
    const raw = density.map((p) => (scheme === "inverse" ? 1 / p : 1 / Math.sqrt(p)));
    const seen = raw.map((w, b) => (counts[b] ? w * counts[b] : 0));
    const mean = numbers.sum(seen) / numbers.sum(counts);
    return raw.map((w, b) => (counts[b] ? w / mean : NaN));
  },

  // effective_sample_size: (sum of w)^2 / (sum of w^2), over the samples.
  effective(weights, counts) {
    let sum = 0, squares = 0;
    weights.forEach((w, b) => {
      if (!counts[b]) return;
      sum += counts[b] * w;
      squares += counts[b] * w * w;
    });
    return sum ** 2 / squares;
  },

  pearson(x, y) {
    const mx = numbers.mean(x), my = numbers.mean(y);
    const dot = (f, g) => numbers.sum(x.map((_, i) => f(i) * g(i)));
    const dx = (i) => x[i] - mx, dy = (i) => y[i] - my;
    return dot(dx, dy) / Math.sqrt(dot(dx, dx) * dot(dy, dy));
  },

  sum: (x) => x.reduce((a, b) => a + b, 0),
  mean: (x) => numbers.sum(x) / x.length,

  // The covariance [[a, b], [b, c]] is [a, b, c]. Its power, by its eigenvalues.
  power([a, b, c], exponent) {
    const angle = Math.atan2(2 * b, a - c) / 2, root = Math.hypot((a - c) / 2, b);
    const high = ((a + c) / 2 + root) ** exponent, low = ((a + c) / 2 - root) ** exponent;
    const x = Math.cos(angle), y = Math.sin(angle);
    return [high * x * x + low * y * y, (high - low) * x * y, high * y * y + low * x * x];
  },
  times: ([a, b, c], [x, y]) => [a * x + b * y, b * x + c * y],
  covariance(points) {
    const x = points.map((p) => p[0]), y = points.map((p) => p[1]);
    const mx = numbers.mean(x), my = numbers.mean(y), n = points.length - 1;
    const over = (f) => numbers.sum(points.map(f)) / n;
    return [
      over((p) => (p[0] - mx) ** 2),
      over((p) => (p[0] - mx) * (p[1] - my)),
      over((p) => (p[1] - my) ** 2),
    ];
  },

  // Whiten from 0 to 1, re-colour from 1 to 2, shift from 2 to 3.
  recolour(points, mean, cov, toMean, toCov, progress) {
    const part = [0, 1, 2].map((i) => Math.min(1, Math.max(0, progress - i)));
    const whiten = numbers.power(cov, -part[0] / 2);
    const colour = numbers.power(toCov, part[1] / 2);
    return points.map((p) => {
      const away = [p[0] - mean[0], p[1] - mean[1]];
      return numbers
        .times(colour, numbers.times(whiten, away))
        .map((z, i) => z + (1 - part[2]) * mean[i] + part[2] * toMean[i]);
    });
  },
};
