"""Labels and errors as users have them: masked, Decimals, tensors, half precision."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

import dirlib
from dirlib import LabelBins
from dirlib.training.samples import ImageArray, Rows

AGES = LabelBins(0, 101, 1)
REGIONS = dirlib.shot_regions(np.ones(101))
AGE = [30.0, 31.0, 80.0]
MASKED = np.ma.masked_array(AGE, [False, True, False])

# All that takes labels, or errors and weights of the samples.
TAKERS = {
    "index": AGES.index,
    "counts": AGES.counts,
    "choose_bins": dirlib.choose_bins,
    "empirical_density": lambda y: dirlib.empirical_density(y, AGES),
    "lds_weights": lambda y: dirlib.lds_weights(y, AGES),
    "LDSWeights.fit": dirlib.LDSWeights(AGES).fit,
    "LDSWeights": lambda y: dirlib.LDSWeights(AGES).fit(AGE)(y),
    "sampler": lambda y: dirlib.LDSWeights(AGES).fit(AGE).sampler(y),
    "DenseWeights.fit": dirlib.DenseWeights().fit,
    "DenseWeights": lambda y: dirlib.DenseWeights().fit(AGE)(y),
    "Relevance": dirlib.Relevance([(0, 0), (90, 1)]),
    "Relevance.from_labels": dirlib.Relevance.from_labels,
    "mae": lambda y: dirlib.mae(y, AGE),
    "mse": lambda y: dirlib.mse(AGE, y),
    "gm": lambda y: dirlib.gm(y, AGE),
    "pearson": lambda y: dirlib.pearson(AGE, y),
    "sera": lambda y: dirlib.sera(y, AGE, dirlib.Relevance([(0, 0), (90, 1)])),
    "error_by_bin": lambda y: dirlib.error_by_bin(y, AGE, AGES),
    "by_region": lambda y: dirlib.by_region(y, AGE, AGES, REGIONS),
    "region_errors": lambda y: dirlib.region_errors(y, AGE, AGES, REGIONS),
    "paired_comparison": lambda y: dirlib.paired_comparison(y, AGE),
    "density_weights": dirlib.density_weights,
    "effective_sample_size": dirlib.effective_sample_size,
    "shot_regions": dirlib.shot_regions,
    "l1_loss, target": lambda y: dirlib.l1_loss(torch.ones(3), y),
    "l1_loss, weights": lambda y: dirlib.l1_loss(torch.ones(3), torch.ones(3), y),
    "balanced_mse_loss": lambda y: dirlib.BalancedMSE(1)(torch.ones(3), y),
    "Rows": lambda y: Rows(np.ones((3, 2)), y),
    "ImageArray": lambda y: ImageArray(np.zeros((3, 1, 1, 3), np.uint8), y),
    "fit, weights": lambda w: dirlib.fit(
        dirlib.MLP(2), Rows(np.ones((3, 2)), AGE), weights=w, progress=False
    ),
}
OF_LABELS = list(TAKERS)[:12]  # those that find bins or a density

each_taker = pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
each_of_labels = pytest.mark.parametrize(
    "take", [TAKERS[name] for name in OF_LABELS], ids=OF_LABELS
)


@each_taker
def test_masked_entries_are_refused_and_the_cure_cures(take):
    """Their fill values would count."""
    with pytest.raises(ValueError, match=r"\w+ is a masked array, whose masked") as e:
        take(MASKED)
    if "counts" in str(e.value):
        assert "give train_counts.filled(0)" in str(e.value)
        take(MASKED.filled(0))
        return
    assert "~numpy.ma.getmaskarray(" in str(e.value)
    kept = MASKED[~np.ma.getmaskarray(MASKED)]
    assert AGES.index(kept).tolist() == [30, 80]


def test_the_mean_error_of_masked_arrays_is_numpys_once_they_are_left_out():
    y = np.ma.masked_array([30.0, 31.0, 80.0, 40.0], [0, 1, 0, 0])
    y_hat = np.array([31.0, 99.0, 82.0, 42.0])
    keep = ~np.ma.getmaskarray(y)
    assert dirlib.mae(y[keep], y_hat[keep]) == pytest.approx(
        np.ma.abs(y - y_hat).mean()
    )


@each_taker
def test_a_masked_array_without_masked_entries_counts_as_it_is(take):
    if take is not TAKERS["Relevance.from_labels"]:  # three labels have no extremes
        take(np.ma.masked_array([30.0, 31.0, 80.0]))


@each_of_labels
def test_labels_that_need_gradients_are_refused_with_a_cure(take):
    labels = torch.tensor(AGE, requires_grad=True)
    with pytest.raises(ValueError, match=r"labels\.detach\(\)\.cpu\(\) gives"):
        take(labels)
    if take is not TAKERS["Relevance.from_labels"]:
        take(labels.detach().cpu())


@each_of_labels
@pytest.mark.parametrize("kind", [Decimal, Fraction, int])
def test_numbers_as_objects_are_refused_with_a_cure(take, kind):
    labels = np.array([kind(30), kind(31), kind(80)], dtype=object)
    with pytest.raises(ValueError, match=r"numpy\.asarray\(labels, dtype=float\)"):
        take(labels)
    if take is not TAKERS["Relevance.from_labels"]:
        take(np.asarray(labels, dtype=float))


def test_the_sentence_names_the_objects():
    with pytest.raises(ValueError, match="dtype object of Decimal: convert them"):
        AGES.index([Decimal("1.5")])


def test_metrics_take_objects_that_are_numbers():
    assert dirlib.mae([Decimal("1.5"), Fraction(1, 2)], [1, 1]) == 0.5


@pytest.mark.parametrize(
    ("bins", "dtype"),
    [
        (LabelBins(0, 3000, 1), np.float16),  # steps of 2 above 2048
        (LabelBins(60, 70, 0.01), np.float16),
        (LabelBins(0, 1e6, 1), np.float16),  # and no number above 65504
        (LabelBins(10**9, 10**9 + 5, 1), np.float32),
        (LabelBins.from_edges([0, 1000, 1000.1]), np.float16),
    ],
)
def test_a_dtype_that_can_not_tell_two_edges_apart_is_refused(bins, dtype):
    labels = bins.centers[:2].astype(dtype)
    name = np.dtype(dtype).name
    with pytest.raises(
        ValueError, match=f"labels in {name} can't tell the edges .* and"
    ):
        bins.index(labels)
    assert bins.index(bins.centers).tolist() == list(range(bins.n_bins))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "bins",
    [
        LabelBins(0, 2000, 1), LabelBins(0, 5, 0.1), LabelBins(-3, 3, 0.01),
        LabelBins(1, 2, 0.002), LabelBins(0, 1, 0.125), LabelBins(900, 970, 0.7),
        LabelBins(0, 3e-6, 1e-6), LabelBins.from_edges([-1, 0.3, 0.7, 9]),
    ],
    ids=repr,
)  # fmt: skip
def test_near_the_edges_every_precision_agrees_with_a_binary_search(bins, dtype):
    """Each edge, and its two neighbours, as the dtype has them."""
    with np.errstate(over="ignore"):
        edges = bins.edges.astype(dtype)
    if not (np.diff(edges) > 0).all():
        pytest.skip("this dtype is refused")
    near = [
        np.nextafter(edges, dtype(-np.inf)),
        edges,
        np.nextafter(edges, dtype(np.inf)),
    ]
    labels = np.concatenate(near)
    labels = labels[(labels >= edges[0]) & (labels <= edges[-1])]
    want = np.searchsorted(edges, labels, side="right") - 1
    want = np.minimum(want, bins.n_bins - 1)
    assert np.array_equal(bins.index(labels), want)


OUTSIDE = {
    "lds_weights": lambda y: dirlib.lds_weights(y, AGES),
    "empirical_density": lambda y: dirlib.empirical_density(y, AGES),
    "effective_density": lambda y: dirlib.effective_density(y, AGES, [1.0]),
    "index": AGES.index,
    "counts": AGES.counts,
    "LDSWeights": dirlib.LDSWeights(AGES).fit,
}


@pytest.mark.parametrize("take", OUTSIDE.values(), ids=OUTSIDE)
def test_advice_on_labels_outside_can_be_followed_by_every_caller(take):
    y = np.array([30.0, 120.0])
    with pytest.raises(
        ValueError, match="widen the bins, or leave such samples out; LDS weights"
    ) as e:
        take(y)
    assert str(e.value).endswith('LDS weights also take out_of_range="clip"')
    take(y[(y >= 0) & (y <= 101)])


@pytest.mark.parametrize("scale", [1e-5, 1.0, 1e7])
def test_no_unit_of_the_labels_is_too_small_or_too_large(scale):
    """Targets of 1e-5: a GM that isn't its own epsilon, and scores that can be read."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 100, 300) + 0.5
    y_hat = y + rng.normal(0, 5, 300)
    bins = LabelBins(0, 100 * scale, scale)
    regions = dirlib.shot_regions(AGES.counts(y)[:100])
    want = dirlib.region_errors(y, y_hat, AGES, dirlib.shot_regions(AGES.counts(y)))
    got = dirlib.region_errors(scale * y, scale * y_hat, bins, regions)
    for region, error in want.items():
        assert got[region] == pytest.approx(scale * error, nan_ok=True)
    scores = dirlib.by_region(
        scale * y, scale * y_hat, bins, regions, dirlib.gm, n_bootstrap=50
    )
    assert scores["all"].value == pytest.approx(scale * want["GM"])
    assert dirlib.gm(scale * y, scale * y_hat) == pytest.approx(
        scale * want["GM"], rel=1e-2
    )
    shown = float(str(scores["all"]).split()[0])
    assert shown == pytest.approx(scores["all"].value, rel=0.01)
    text = str(dirlib.paired_comparison([0, 0, 0], [scale, 2 * scale, 3 * scale]))
    assert float(text.split()[0]) == pytest.approx(2 * scale, rel=0.05)


def test_choose_bins_and_the_other_baselines_are_on_the_face():
    names = {
        "choose_bins", "LDSWeights", "DenseWeights", "BalancedMSE", "balanced_mse_loss",
        "Relevance", "sera", "fit",
    }  # fmt: skip
    assert names <= set(dirlib.__all__)


def test_the_advice_on_bfloat16_is_to_go_back_before_the_rounding():
    """Made float32, these labels would fill a fifth of the bins, without a word."""
    labels = torch.arange(64, 100, 0.1)
    with pytest.raises(ValueError, match="before they were rounded to it"):
        LabelBins(0, 101, 0.1).index(labels.bfloat16())


def test_a_gradient_costs_no_precision():
    labels = torch.tensor([0.1, 0.7], dtype=torch.float64, requires_grad=True)
    with pytest.raises(ValueError, match=r"as labels\.detach\(\)\.cpu\(\) gives it"):
        AGES.index(labels)
    assert dirlib.mae(labels.detach().cpu(), [0.1, 0.7]) == 0


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "of NoneType: leave out the samples without a label"),
        ([30, None], "of NoneType and int: leave out the samples without a label"),
        (np.array([], dtype=object), "must not be empty"),
        ("thirty", r"<U6: convert them, numpy\.asarray"),
        (["30", "31"], r"<U2: convert them, numpy\.asarray"),
        ([[30], [31]], r"shape \(2, 1\): flatten them first, numpy\.ravel\(labels\)"),
        (30, r"shape \(\): flatten them first, numpy\.ravel\(labels\)"),
    ],
)
def test_what_is_no_vector_of_labels_gets_a_cure_that_fits(labels, message):
    with pytest.raises(ValueError, match=message):
        AGES.index(labels)


def test_counts_in_place_of_regions_are_refused_with_a_cure():
    counts = AGES.counts(AGE)
    with pytest.raises(ValueError, match=r"dirlib\.shot_regions\(counts\) makes them"):
        dirlib.by_region(AGE, AGE, AGES, regions=counts)
    with pytest.raises(ValueError, match="bins must be dirlib.LabelBins"):
        dirlib.error_by_bin(AGE, AGE, counts)
