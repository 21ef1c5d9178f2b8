"""Exercise 4.2: calibration with means and variances."""

import torch

from course.checks.exercise import Exercise, Part
from course.checks.lesson4.gradients import with_gradient
from course.checks.slips import Slip

generator = torch.Generator().manual_seed(42)


def _calibrated(z, index, mean, var, smoothed_mean, smoothed_var):
    ratio = (smoothed_var / var).clamp(0.1, 10)[index]
    return ratio.sqrt() * (z - mean[index]) + smoothed_mean[index]


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
    z, *statistics = torch.tensor([5.0, 3.0, 1.0, 4.0, 4.0]).reshape(5, 1, 1)
    return z.clone().requires_grad_(gradient), torch.tensor([0]), *statistics


def _first(line, cause):
    """What goes wrong when this line comes first."""
    return Slip(("    ratio", f"    {line}\n    ratio"), cause)


_moved = "(z - mean[index]) + smoothed_mean[index]"
_clip = ".clamp(0.1, 10)"
_ratio = "(smoothed_var / var).clamp(0.1, 10)[index]"
# fmt: off
PARTS = [
    Part("the values", 1, [
        _worked(),
        _case([0, 2, 1, 2, 2, 0], [0.5, 1.5, 3.0, 2.0], 2),
        _case([3, 0, 1, 1], [0.7, 4.0, 1.2, 0.3], 3),
    ]),
    Part("ratios clipped to 0.1 ... 10", 1, [
        _case([0, 1, 1], [1.5, 30.0], 2),
        _case([2, 0, 1, 2], [0.02, 1.0, 0.004], 2),
    ]),
    Part("a gradient reaches z, which stays as it is", 1, [
        _worked(gradient=True),
        _case([1, 0, 1, 0], [0.5, 2.0], 2, gradient=True),
    ]),
]
WRONG = [
    Slip(("ratio.sqrt()", "ratio"),
         "the ratio of variances has squared units: take its root"),
    Slip((_clip, ""), "the ratio is not clipped: keep it between 0.1 and 10"),
    Slip(("smoothed_var / var", "var / smoothed_var"), "the ratio is upside down: "
         "a larger smoothed variance must spread the features"),
    Slip((_clip, ""), ("ratio.sqrt()", f"ratio.sqrt(){_clip}"), "you clip after "
         "the root: clip the ratio of the variances, then take the root"),
    Slip(("smoothed_mean[index]", "mean[index]"), "you add the plain mean again: "
         "the features move to the smoothed mean"),
    Slip(("(z - mean[index])", "z"), "subtract the bin's mean before you scale"),
    Slip((" + smoothed_mean[index]", ""),
         "the features end around 0: add the smoothed mean"),
    Slip(("(z - mean[index])", "z - mean[index]"), "scale * z - mean scales before "
         "it subtracts: put z - mean in parentheses"),
    Slip((_moved, "(z - mean[index] + smoothed_mean[index])"),
         "the smoothed mean is scaled too: add it after the factor"),
    Slip((_moved, "(z - smoothed_mean[index]) + mean[index]"), "the two means are "
         "exchanged: subtract the plain one, add the smoothed one"),
    Slip((")[index]", ")"), (_moved, "(z - mean) + smoothed_mean"), "z has a row "
         "per sample, the statistics have a row per bin: pick each sample's row "
         "with `index`"),
    Slip((")[index]", ")"), "the ratio has a row per bin, z has one per sample: "
         "pick its rows with `index` too"),
    Slip((")[index]", ")"), ("ratio.sqrt() * (z - mean[index])",
         "(z - mean[index]) * ratio.sqrt()"), "the ratio has a row per *bin*, z "
         "has one per sample: pick its rows with `index` too"),
    _first("index = 0 * index", "all samples get the statistics of bin 0: pick a "
           "row per sample with `index`"),
    _first("index = index[:1].expand(len(index))", "all samples get the statistics "
           "of the first one's bin: pick a row per sample with `index`"),
    _first("z = z.detach()", "no gradient reaches z: leave out detach(), no_grad() "
           "and torch.tensor(), or the layers before never learn"),
    _first("z = torch.from_numpy(z.numpy())",
           "numpy knows no gradients: stay with torch's operations"),
    Slip(("0.1, 10", "max=10"),
         "only large ratios are clipped: small ones stop at 0.1"),
    Slip(("0.1, 10", "min=0.1"),
         "only small ratios are clipped: large ones stop at 10"),
    Slip((_clip, ""), ("ratio.sqrt", "(ratio.sqrt"), (_moved, f"{_moved}){_clip}"),
         "you clip the features: clip the ratio of the variances"),
    Slip(("smoothed_var /", "smoothed_var.sqrt() /"), ("ratio.sqrt()", "ratio"),
         "only smoothed_var is under the root: take the root of the whole ratio"),
    Slip(("ratio.sqrt", "var[index].rsqrt"), "dividing by the root of the variance "
         "only whitens: multiply by the root of the smoothed variance too"),
    Slip(("ratio.sqrt()", "smoothed_var[index].sqrt()"), "the features still have "
         "their own spread: divide by the root of the bin's variance too"),
    Slip(("ratio.sqrt() * ", ""), "only the mean moves: the spread must change too"),
    Slip(("smoothed_var / var", "smoothed_var.mean(1, True) / var.mean(1, True)"),
         "you use one factor for all features: each feature has its own variances"),
    Slip(("z - mean[index]", "z - z.mean(0)"), "you subtract the mean of the "
         "batch: subtract that of each sample's bin"),
    Slip((_ratio, "(smoothed_var[index] / z.var(0)).clamp(0.1, 10)"),
         ("z - mean[index]", "z - z.mean(0)"), "those are the statistics of the batch, "
         "as in batch normalisation: take mean and var of each sample's bin"),
    Slip((_ratio, "(smoothed_var[index] / z.var(0)).clamp(0.1, 10)"), "you divide by "
         "the variance of the batch: take var of each sample's bin"),
    Slip((_moved, f"{_moved}\n    out = z + (out - z).detach()\n    return out"),
         ("return ratio", "out = ratio"), "the gradient goes round your formula: it "
         "must be multiplied by the scale, so leave out detach()"),
]
calibrate_diagonal = Exercise(
    "4.2", "calibrate_diagonal", _calibrated, PARTS, WRONG,
    rtol=1e-4, adapt=with_gradient
)
