"""Exercise 4.9: calibration with covariances, whitening and re-colouring."""

import torch

from course.checks.exercise import Exercise, Part
from course.checks.lesson4.gradients import with_gradient
from course.checks.slips import Slip
from dirlib import matrix_sqrt

generator = torch.Generator().manual_seed(44)


def _calibrated(z, index, mean, cov, smoothed_mean, smoothed_cov):
    whiten = torch.linalg.inv(matrix_sqrt(cov))
    transform = matrix_sqrt(smoothed_cov) @ whiten
    moved = transform[index] @ (z - mean[index])[:, :, None]
    return moved[:, :, 0] + smoothed_mean[index]


def _pca(cov):
    """V diag(root): the root of PCA, which lies along the axes of the ellipse."""
    values, vectors = torch.linalg.eigh(cov)
    return vectors * values.sqrt()[..., None, :]


def _spread(cov):
    return torch.diag_embed(cov.diagonal(dim1=1, dim2=2).sqrt())


def _transport(cov, smoothed_cov):
    """The symmetric matrix that moves one Gaussian to the other."""
    root, back = matrix_sqrt(cov), torch.linalg.inv(matrix_sqrt(cov))
    return back @ matrix_sqrt(root @ smoothed_cov @ root) @ back


def _case(index, n_bins, features, gradient=False):
    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def covariances():
        root = normal(n_bins, features, features)
        return root @ root.mT + 0.3 * torch.eye(features, dtype=torch.float64)

    z = (3 + normal(len(index), features)).requires_grad_(gradient)
    means = [normal(n_bins, features) + shift for shift in (2, 4)]
    return (z, torch.tensor(index), means[0], covariances(), means[1], covariances())


def _worked(cov, smoothed_cov, gradient=False):
    z, zeros, cov, smoothed_cov = (
        torch.tensor([rows], dtype=torch.float64)
        for rows in ([1, 1], [0, 0], cov, smoothed_cov)
    )
    z.requires_grad_(gradient)
    return z, torch.tensor([0]), zeros, cov, zeros, smoothed_cov


def _first(line, cause):
    """What goes wrong when this line comes first."""
    return Slip(("    whiten", f"    {line}\n    whiten"), cause)


_transform = "matrix_sqrt(smoothed_cov) @ whiten"
# fmt: off
PARTS = [
    Part("one bin", 1, [
        _worked([[4, 0], [0, 1]], [[1, 0], [0, 9]]),
        _worked([[4, 1], [1, 1]], [[1, -2], [-2, 9]]),
        _case([0, 0, 0], 1, 3),
    ]),
    Part("the bin of each sample", 1, [
        _case([2, 0, 1, 2, 2], 4, 2),
        _case([1, 0, 2], 3, 3),
    ]),
    Part("a gradient reaches z, which stays as it is", 1, [
        _worked([[4, 1], [1, 1]], [[1, 0], [0, 9]], gradient=True),
        _case([1, 0, 1], 2, 2, gradient=True),
    ]),
]
WRONG = [
    Slip(("transform[index]", "transform[index].mT"), "your matrix is transposed: "
         "whitening comes first, so cov^(-1/2) stands on the right; and for z in "
         "rows that is (z - mean) @ T.mT"),
    Slip(("matrix_sqrt(cov)", "cov"), "you whiten with the inverse of cov: take "
         "the inverse of its root"),
    _first("matrix_sqrt = _spread", "only the variances are used: what stands "
           "beside the diagonals of the covariances belongs to it too"),
    _first("matrix_sqrt = torch.linalg.cholesky", "Cholesky factors give the right "
           "covariance but turn the features: use symmetric roots"),
    Slip(("torch.linalg.inv(matrix_sqrt(cov))",
          "torch.linalg.inv(torch.linalg.cholesky(cov))"), "you whiten with the "
         "inverse of Cholesky's factor, which turns the features: take that of the "
         "symmetric root"),
    Slip(("torch.linalg.inv(matrix_sqrt(cov))", "torch.linalg.inv(_pca(cov))"), "this "
         "is PCA whitening, which turns the features onto the eigenvectors: multiply "
         "by V on the left, too, V diag(1 / root) V^T"),
    Slip((_transform, "_pca(smoothed_cov) @ torch.linalg.inv(_pca(cov))"), "you go "
         "over the eigenvectors of both (PCA), which turns the features: take the "
         "symmetric roots, V diag(root) V^T"),
    Slip((_transform, "whiten"), "the features are white, and stay so: re-colour "
         "them with the root of smoothed_cov"),
    Slip((" @ whiten", ""), "you re-colour features that were never whitened: "
         "cov^(-1/2) is missing"),
    Slip(("torch.linalg.inv(matrix_sqrt(cov))", "matrix_sqrt(cov)"), "you multiply "
         "by the root of cov: whitening takes its inverse"),
    _first("matrix_sqrt = torch.clone", "these are covariances, not their roots: "
           "take matrix_sqrt of both"),
    Slip(("matrix_sqrt(smoothed_cov)", "smoothed_cov"),
         "you re-colour with smoothed_cov itself: take its root"),
    _first("cov, smoothed_cov = smoothed_cov, cov", "cov and smoothed_cov are "
           "exchanged: whiten with the bin's own, re-colour with the smoothed one"),
    Slip(("torch.linalg.inv(", "(1 / "), "1 / matrix inverts each entry: take "
         "torch.linalg.inv, or the inverse roots of the eigenvalues"),
    Slip(("@ whiten", "* whiten"),
         "* multiplies entry by entry: matrices are multiplied with @"),
    Slip((_transform, "matrix_sqrt(smoothed_cov @ torch.linalg.inv(cov))"), "the root "
         "of a product is not the product of the roots: take the two roots first"),
    _first("matrix_sqrt = torch.sqrt", "you take the root of each entry: the root "
           "of a matrix is matrix_sqrt"),
    Slip((_transform, "_transport(cov, smoothed_cov)"), "your matrix is symmetric, "
         "and gives the right covariance: but the product of the two roots, "
         "cov^(-1/2) on the right, is wanted"),
    Slip(("transform[index] @ ", ""),
         "only the mean moves: whiten and re-colour the deviations too"),
    Slip(("transform[index]", "transform"), ("mean[index])", "mean)"),
         ("smoothed_mean[index]", "smoothed_mean"), "z has a row per sample, the "
         "statistics have one per bin: pick each sample's with `index`"),
    _first("index = 0 * index", "all samples get the statistics of bin 0: pick "
           "them per sample with `index`"),
    _first("index = index[:1].expand(len(index))", "all samples get the statistics "
           "of the first one's bin: pick them per sample with `index`"),
    Slip(("(z - mean[index])", "z"),
         "subtract the bin's mean before you multiply by the matrix"),
    Slip(("smoothed_mean[index]", "mean[index]"), "you add the plain mean again: "
         "the features move to the smoothed mean"),
    Slip((" + smoothed_mean[index]", ""),
         "the features end around 0: add the smoothed mean"),
    _first("mean, smoothed_mean = smoothed_mean, mean", "the two means are "
           "exchanged: subtract the plain one, add the smoothed one"),
    Slip(("return moved[:, :, 0] + smoothed_mean[index]",
          "out = moved[:, :, 0] + smoothed_mean[index]\n"
          "    return z + (out - z).detach()"), "the gradient goes round your formula: "
         "leave out detach()"),
    _first("z = z.detach()", "no gradient reaches z: leave out detach(), no_grad() "
           "and torch.tensor(), or the layers before never learn"),
    _first("z = torch.from_numpy(z.numpy())",
           "numpy knows no gradients: stay with torch's operations"),
]
calibrate_full = Exercise(
    "4.9", "calibrate_full", _calibrated, PARTS, WRONG, adapt=with_gradient
)
