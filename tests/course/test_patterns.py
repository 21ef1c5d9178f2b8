"""Laws of the colour patterns: 101 classes without order, from one seed."""

import numpy as np
import pytest

from course.colour_patterns import patterns
from dirlib.datasets.faces import faces, faces_label_counts

QUIET = {"progress": False, "cache": False}
FEW = np.full(101, 2)


def draw(split="train", **options):
    return patterns(split, **({"counts": FEW, "size": 16} | QUIET | options))


def test_the_training_set_has_the_counts_of_the_faces():
    data = patterns("train", size=16, **QUIET)
    assert np.array_equal(np.bincount(data.labels), faces_label_counts())
    assert data.images.shape == (5000, 16, 16, 3)
    assert data.images.dtype == np.uint8 and data.labels.dtype == np.int64


@pytest.mark.parametrize(("split", "each"), [("val", 10), ("test", 15)])
def test_the_other_splits_are_balanced(split, each):
    data = draw(split)  # whatever counts are given
    assert np.array_equal(np.bincount(data.labels), np.full(101, each))
    assert np.array_equal(data.labels[:101], np.arange(101))


def test_one_seed_one_set_and_another_seed_another():
    data = draw()
    assert np.array_equal(data.images, draw().images)
    other = draw(seed=1)
    assert not np.array_equal(data.images, other.images)
    assert not np.array_equal(data.labels, other.labels)  # their order
    assert np.array_equal(np.bincount(data.labels), np.bincount(other.labels))


def test_splits_share_no_picture():
    sets = [{i.tobytes() for i in draw(s).images} for s in ("train", "val", "test")]
    assert len(set.union(*sets)) == 202 + 1010 + 1515


def test_chunks_do_not_show(monkeypatch):
    whole = draw()
    monkeypatch.setattr("course.colour_patterns._CHUNK", 7)
    assert np.array_equal(draw().images, whole.images)


def class_means(seed):
    data = draw("train", seed=seed, counts=np.full(101, 30))
    means = [data.images[data.labels == c].mean(axis=0).ravel() for c in range(101)]
    return np.array(means) - 128


def test_classes_are_the_same_for_every_seed_and_have_no_order():
    match = np.corrcoef(class_means(0), class_means(1))[:101, 101:]
    own = np.diag(match)
    # Each class is most like itself in another draw.
    assert np.array_equal(match.argmax(axis=1), np.arange(101))
    assert own.mean() > 0.5
    # A neighbour is no more alike than any other class; 0.05 is 2.5 standard errors.
    apart = np.abs(np.subtract.outer(np.arange(101), np.arange(101)))
    assert abs(match[apart == 1].mean() - match[apart > 20].mean()) < 0.05


def test_grey_levels_are_not_cut_off():
    images = draw(size=32).images
    assert abs(images.mean() - 128) < 2
    assert ((images == 0) | (images == 255)).mean() < 0.05


def test_a_cached_set_is_the_drawn_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DIRLIB_CACHE", str(tmp_path))
    drawn, first, second = draw(), draw(cache=True), draw(cache=True)
    for a, b, c in zip(drawn, first, second, strict=True):
        assert np.array_equal(a, b) and np.array_equal(a, c)
    assert len(list(tmp_path.iterdir())) == 1
    draw(cache=True, seed=3)
    draw(cache=True, size=17)
    assert len(list(tmp_path.iterdir())) == 3
    faces("val", size=16, progress=False)  # no mix-up with the faces
    assert len(list(tmp_path.iterdir())) == 4
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"split": "dev"}, "split.*train, val, test.*'dev'"),
        ({"seed": -1}, "seed.*-1"),
        ({"seed": 1.5}, "seed.*1.5"),
        ({"size": 15}, "size.*16 or more.*15"),
        ({"counts": [1, 2]}, "counts.*101.*2"),
        ({"counts": FEW - 3}, r"counts\[0\] is -1"),
        ({"counts": FEW * 0}, "counts are all 0"),
        ({"counts": None, "n_total": 201}, "n_total.*202 or more.*201"),
    ],
)
def test_bad_input_gets_one_sentence(options, words):
    with pytest.raises(ValueError, match=words) as error:
        draw(**options)
    assert "\n" not in str(error.value)
