"""Exercise 4.2: calibration with means and variances."""

import torch

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.lesson4.gradients import with_gradient
from dirlib.fds.calibration import calibrate

generator = torch.Generator().manual_seed(42)


def _reference(z, index, mean, var, smoothed_mean, smoothed_var):
    return calibrate(z, index, mean, var, smoothed_mean, smoothed_var, clip=(0.1, 10.0))


def _with_factor(factor):
    """Another factor in front of (z - mean)."""

    def answer(z, index, mean, var, smoothed_mean, smoothed_var):
        scale = factor(var[index], smoothed_var[index])
        return scale * (z - mean[index]) + smoothed_mean[index]

    return answer


def _with_means(move):
    """Another use of the two means, with the right factor."""

    def answer(z, index, mean, var, smoothed_mean, smoothed_var):
        scale = (smoothed_var[index] / var[index]).clamp(0.1, 10).sqrt()
        return move(z, scale, mean[index], smoothed_mean[index])

    return answer


def _without_index(z, index, mean, var, smoothed_mean, smoothed_var):
    scale = (smoothed_var / var).clamp(0.1, 10).sqrt()
    return scale * (z - mean) + smoothed_mean


def _ratio_of_bins(times):
    def answer(z, index, mean, var, smoothed_mean, smoothed_var):
        scale = (smoothed_var / var).clamp(0.1, 10).sqrt()
        return times(scale, z - mean[index]) + smoothed_mean[index]

    return answer


def _result_clipped(z, index, mean, var, smoothed_mean, smoothed_var):
    scale = (smoothed_var / var).sqrt()[index]
    return (scale * (z - mean[index]) + smoothed_mean[index]).clamp(0.1, 10)


def _one_bin(z, index, *statistics):
    return _reference(z, index[:1].expand(len(index)), *statistics)


def _through_numpy(z, *others):
    return torch.from_numpy(_reference(torch.from_numpy(z.numpy()), *others).numpy())


def _case(index, ratios, features, gradient=False):
    """Features of the bins of `index`, with smoothed variances of these ratios."""
    ratios = torch.tensor(ratios, dtype=torch.float64)
    shape = len(ratios), features

    def some(low, high, shape=shape):
        unit = torch.rand(shape, generator=generator, dtype=torch.float64)
        return low + (high - low) * unit

    var = some(0.5, 4)
    z = some(2, 9, (len(index), features)).requires_grad_(gradient)
    smoothed_var = ratios[:, None] * var * some(0.9, 1.1)
    return z, torch.tensor(index), some(1, 5), var, some(1, 5), smoothed_var


def _worked(gradient=False):
    numbers = [[[5.0]], [[3.0]], [[1.0]], [[4.0]], [[4.0]]]
    z, *statistics = (torch.tensor(number) for number in numbers)
    return z.requires_grad_(gradient), torch.tensor([0]), *statistics


calibrate_diagonal = Exercise(
    "4.2",
    "calibrate_diagonal",
    _reference,
    parts=[
        Part(
            "the values",
            1,
            [
                _worked(),
                _case([0, 2, 1, 2, 2, 0], [0.5, 1.5, 3.0, 2.0], 2),
                _case([3, 0, 1, 1], [0.7, 4.0, 1.2, 0.3], 3),
            ],
        ),
        Part(
            "ratios clipped to 0.1 ... 10",
            1,
            [
                _case([0, 1, 1], [1.5, 30.0], 2),
                _case([2, 0, 1, 2], [0.02, 1.0, 0.004], 2),
            ],
        ),
        Part(
            "a gradient reaches z, which stays as it is",
            1,
            [_worked(gradient=True), _case([1, 0, 1, 0], [0.5, 2.0], 2, gradient=True)],
        ),
    ],
    wrong=[
        Wrong(
            _with_factor(lambda v, s: (s / v).clamp(0.1, 10)),
            "the ratio of variances has squared units: take its root",
        ),
        Wrong(
            _with_factor(lambda v, s: (s / v).sqrt()),
            "the ratio is not clipped: keep it between 0.1 and 10",
        ),
        Wrong(
            _with_factor(lambda v, s: (v / s).clamp(0.1, 10).sqrt()),
            "the ratio is upside down: a larger smoothed variance must spread the "
            "features",
        ),
        Wrong(
            _with_factor(lambda v, s: (s / v).sqrt().clamp(0.1, 10)),
            "you clip after the root: clip the ratio of the variances, then take the "
            "root",
        ),
        Wrong(
            _with_means(lambda z, scale, mean, smoothed: scale * (z - mean) + mean),
            "you add the plain mean again: the features move to the smoothed mean",
        ),
        Wrong(
            _with_means(lambda z, scale, mean, smoothed: scale * z + smoothed),
            "subtract the bin's mean before you scale",
        ),
        Wrong(
            _with_means(lambda z, scale, mean, smoothed: scale * (z - mean)),
            "the features end around 0: add the smoothed mean",
        ),
        Wrong(
            _with_means(lambda z, scale, mean, smoothed: scale * z - mean + smoothed),
            "scale * z - mean scales before it subtracts: put z - mean in parentheses",
        ),
        Wrong(
            _with_means(lambda z, scale, mean, smoothed: scale * (z - mean + smoothed)),
            "the smoothed mean is scaled too: add it after the factor",
        ),
        Wrong(
            _with_means(lambda z, scale, mean, smoothed: scale * (z - smoothed) + mean),
            "the two means are exchanged: subtract the plain one, add the smoothed one",
        ),
        Wrong(
            _without_index,
            "z has a row per sample, the statistics have a row per bin: pick each "
            "sample's row with `index`",
        ),
        Wrong(
            _ratio_of_bins(lambda scale, z: scale * z),
            "the ratio has a row per bin, z has one per sample: pick its rows with "
            "`index` too",
        ),
        Wrong(
            _ratio_of_bins(lambda scale, z: z * scale),
            "the ratio has a row per *bin*, z has one per sample: pick its rows with "
            "`index` too",
        ),
        Wrong(
            lambda z, index, *others: _reference(z, 0 * index, *others),
            "all samples get the statistics of bin 0: pick a row per sample with "
            "`index`",
        ),
        Wrong(
            _one_bin,
            "all samples get the statistics of the first one's bin: pick a row per "
            "sample with `index`",
        ),
        Wrong(
            lambda z, *others: _reference(z.detach(), *others),
            "no gradient reaches z: leave out detach(), no_grad() and torch.tensor(), "
            "or the layers before never learn",
        ),
        Wrong(
            _through_numpy,
            "numpy knows no gradients: stay with torch's operations",
        ),
        Wrong(
            _with_factor(lambda v, s: (s / v).clamp(max=10).sqrt()),
            "only large ratios are clipped: small ones stop at 0.1",
        ),
        Wrong(
            _with_factor(lambda v, s: (s / v).clamp(min=0.1).sqrt()),
            "only small ratios are clipped: large ones stop at 10",
        ),
        Wrong(
            _result_clipped,
            "you clip the features: clip the ratio of the variances",
        ),
        Wrong(
            _with_factor(lambda v, s: (s.sqrt() / v).clamp(0.1, 10)),
            "only smoothed_var is under the root: take the root of the whole ratio",
        ),
        Wrong(
            _with_factor(lambda v, s: v.rsqrt()),
            "dividing by the root of the variance only whitens: multiply by the root "
            "of the smoothed variance too",
        ),
        Wrong(
            _with_factor(lambda v, s: s.sqrt()),
            "the features still have their own spread: divide by the root of the "
            "bin's variance too",
        ),
        Wrong(
            _with_factor(lambda v, s: torch.ones_like(v)),
            "only the mean moves: the spread must change too",
        ),
        Wrong(
            _with_factor(
                lambda v, s: (s.mean(1) / v.mean(1)).clamp(0.1, 10).sqrt()[:, None]
            ),
            "you use one factor for all features: each feature has its own variances",
        ),
        Wrong(
            _with_means(lambda z, scale, mean, to: scale * (z - z.mean(0)) + to),
            "you subtract the mean of the batch: subtract that of each sample's bin",
        ),
    ],
    rtol=1e-4,
    adapt=with_gradient,
)
