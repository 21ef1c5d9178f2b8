"""The published label counts, which come with the package."""

import pytest

from dirlib.datasets.published import label_counts


@pytest.mark.parametrize(
    ("name", "n_train", "n_bins", "exact"),
    [
        ("agedb-dir", 12_208, 102, True),
        ("imdb-wiki-dir", 191_424, 121, False),
        ("sts-b-dir", 5_249, 50, True),
    ],
)
def test_label_counts(name, n_train, n_bins, exact):
    table = label_counts(name)
    assert table.counts.sum() == len(table.labels) == n_train
    assert table.bins.n_bins == len(table.counts) == n_bins
    assert table.exact is exact


def test_agedb_has_its_published_peak_and_gap():
    counts = label_counts("agedb-dir").counts
    assert counts.argmax() == 35 and counts.max() == 353 and counts[2] == 0


def test_an_unknown_table_is_named():
    with pytest.raises(
        ValueError, match="agedb-dir, imdb-wiki-dir, sts-b-dir, but got 'adience'"
    ):
        label_counts("adience")
