"""Exercise 4.4: calibration with covariances, whitening and re-colouring."""

import torch

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.lesson4.gradients import with_gradient
from dirlib.fds.calibration import calibrate, matrix_sqrt

generator = torch.Generator().manual_seed(44)


def _with_transform(transform):
    """Another matrix T in T (z - mean) + smoothed_mean."""

    def answer(z, index, mean, cov, smoothed_mean, smoothed_cov):
        t = transform(cov[index], smoothed_cov[index])
        return _times(t, z - mean[index]) + smoothed_mean[index]

    return answer


def _with_means(move):
    """Another use of the two means, with the right matrix."""

    def answer(z, index, mean, cov, smoothed_mean, smoothed_cov):
        t = _right(cov, smoothed_cov)[index]
        return move(z, lambda x: _times(t, x), mean[index], smoothed_mean[index])

    return answer


def _times(matrices, vectors):
    return (matrices @ vectors[:, :, None])[:, :, 0]


def _right(cov, smoothed_cov):
    return matrix_sqrt(smoothed_cov) @ torch.linalg.inv(matrix_sqrt(cov))


def _without_index(z, index, mean, cov, smoothed_mean, smoothed_cov):
    return _times(_right(cov, smoothed_cov), z - mean) + smoothed_mean


def _one_bin(z, index, *statistics):
    return calibrate(z, index[:1].expand(len(index)), *statistics)


def _diagonal(c, s):
    var, smoothed = (m.diagonal(dim1=1, dim2=2) for m in (c, s))
    return torch.diag_embed((smoothed / var).sqrt())


def _transport(c, s):
    """The symmetric matrix that moves one Gaussian to the other."""
    root = matrix_sqrt(c)
    back = torch.linalg.inv(root)
    return back @ matrix_sqrt(root @ s @ root) @ back


def _through_numpy(z, *others):
    return torch.from_numpy(calibrate(torch.from_numpy(z.numpy()), *others).numpy())


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
        for rows in ([1.0, 1.0], [0.0, 0.0], cov, smoothed_cov)
    )
    z.requires_grad_(gradient)
    return z, torch.tensor([0]), zeros, cov, zeros, smoothed_cov


calibrate_full = Exercise(
    "4.4",
    "calibrate_full",
    calibrate,
    parts=[
        Part(
            "one bin",
            1,
            [
                _worked([[4.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 9.0]]),
                _worked([[4.0, 1.0], [1.0, 1.0]], [[1.0, -2.0], [-2.0, 9.0]]),
                _case([0, 0, 0], 1, 3),
            ],
        ),
        Part(
            "the bin of each sample",
            1,
            [_case([2, 0, 1, 2, 2], 4, 2), _case([1, 0, 2], 3, 3)],
        ),
        Part(
            "a gradient reaches z, which stays as it is",
            1,
            [
                _worked([[4.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 9.0]], True),
                _case([1, 0, 1], 2, 2, gradient=True),
            ],
        ),
    ],
    wrong=[
        Wrong(
            _with_transform(lambda c, s: _right(c, s).mT),
            "your matrix is transposed: whitening comes first, so cov^(-1/2) stands on "
            "the right; and for z in rows that is (z - mean) @ T.mT",
        ),
        Wrong(
            _with_transform(lambda c, s: matrix_sqrt(s) @ torch.linalg.inv(c)),
            "you whiten with the inverse of cov: take the inverse of its root",
        ),
        Wrong(
            _with_transform(_diagonal),
            "only the variances are used: what stands beside the diagonals of the "
            "covariances belongs to it too",
        ),
        Wrong(
            _with_transform(
                lambda c, s: (
                    torch.linalg.cholesky(s)
                    @ torch.linalg.inv(torch.linalg.cholesky(c))
                )
            ),
            "Cholesky factors give the right covariance but turn the features: use "
            "symmetric roots",
        ),
        Wrong(
            _with_transform(lambda c, s: torch.linalg.inv(matrix_sqrt(c))),
            "the features are white, and stay so: re-colour them with the root of "
            "smoothed_cov",
        ),
        Wrong(
            _with_transform(lambda c, s: matrix_sqrt(s)),
            "you re-colour features that were never whitened: cov^(-1/2) is missing",
        ),
        Wrong(
            _with_transform(lambda c, s: matrix_sqrt(s) @ matrix_sqrt(c)),
            "you multiply by the root of cov: whitening takes its inverse",
        ),
        Wrong(
            _with_transform(lambda c, s: s @ torch.linalg.inv(c)),
            "these are covariances, not their roots: take matrix_sqrt of both",
        ),
        Wrong(
            _with_transform(lambda c, s: s @ torch.linalg.inv(matrix_sqrt(c))),
            "you re-colour with smoothed_cov itself: take its root",
        ),
        Wrong(
            _with_transform(lambda c, s: _right(s, c)),
            "cov and smoothed_cov are exchanged: whiten with the bin's own, re-colour "
            "with the smoothed one",
        ),
        Wrong(
            _with_transform(lambda c, s: matrix_sqrt(s) @ (1 / matrix_sqrt(c))),
            "1 / matrix inverts each entry: take torch.linalg.inv, or the inverse "
            "roots of the eigenvalues",
        ),
        Wrong(
            _with_transform(
                lambda c, s: matrix_sqrt(s) * torch.linalg.inv(matrix_sqrt(c))
            ),
            "* multiplies entry by entry: matrices are multiplied with @",
        ),
        Wrong(
            _with_transform(lambda c, s: matrix_sqrt(s @ torch.linalg.inv(c))),
            "the root of a product is not the product of the roots: take the two roots "
            "first",
        ),
        Wrong(
            _with_transform(lambda c, s: s.sqrt() @ torch.linalg.inv(c.sqrt())),
            "you take the root of each entry: the root of a matrix is matrix_sqrt",
        ),
        Wrong(
            _with_transform(_transport),
            "your matrix is symmetric, and gives the right covariance: but the product "
            "of the two roots, cov^(-1/2) on the right, is wanted",
        ),
        Wrong(
            _with_transform(lambda c, s: torch.eye(c.shape[-1]).to(c).expand_as(c)),
            "only the mean moves: whiten and re-colour the deviations too",
        ),
        Wrong(
            _without_index,
            "z has a row per sample, the statistics have one per bin: pick each "
            "sample's with `index`",
        ),
        Wrong(
            lambda z, index, *others: calibrate(z, 0 * index, *others),
            "all samples get the statistics of bin 0: pick them per sample with "
            "`index`",
        ),
        Wrong(
            _one_bin,
            "all samples get the statistics of the first one's bin: pick them per "
            "sample with `index`",
        ),
        Wrong(
            _with_means(lambda z, t, mean, smoothed: t(z) + smoothed),
            "subtract the bin's mean before you multiply by the matrix",
        ),
        Wrong(
            _with_means(lambda z, t, mean, smoothed: t(z - mean) + mean),
            "you add the plain mean again: the features move to the smoothed mean",
        ),
        Wrong(
            _with_means(lambda z, t, mean, smoothed: t(z - mean)),
            "the features end around 0: add the smoothed mean",
        ),
        Wrong(
            _with_means(lambda z, t, mean, smoothed: t(z - smoothed) + mean),
            "the two means are exchanged: subtract the plain one, add the smoothed one",
        ),
        Wrong(
            lambda z, *others: calibrate(z.detach(), *others),
            "no gradient reaches z: leave out detach(), no_grad() and torch.tensor(), "
            "or the layers before never learn",
        ),
        Wrong(
            _through_numpy,
            "numpy knows no gradients: stay with torch's operations",
        ),
    ],
    adapt=with_gradient,
)
