"""Laws of the drawn faces: what a seed fixes, what age changes, and what it must not.

`python tests/datasets/test_faces.py` writes the reference picture `faces_16px.json`
anew, after a change of the drawing that is meant (and raised DRAWING_VERSION).
"""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from dirlib.datasets.faces import (
    drawing,
    faces,
    faces_label_counts,
    scale_counts,
)
from dirlib.datasets.faces.dataset import APPARENT_NOISE
from dirlib.datasets.faces.drawing import DRAWING_VERSION, draw_faces
from dirlib.datasets.faces.traits import draw_traits

REFERENCE = Path(__file__).parent / "faces_16px.json"
REFERENCE_AGES = [0, 4, 12, 30, 60, 90]
QUIET = {"progress": False, "cache": False}
AGES = np.arange(0, 101, 4)
FEW = np.full(101, 3)


def draw(split="train", **options):
    return faces(split, **({"counts": FEW, "size": 16} | QUIET | options))


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


# --- the drawing -------------------------------------------------------------------


def test_faces_are_uint8_pictures():
    images = draw_faces(AGES, 0, 20)
    assert images.shape == (26, 20, 20, 3) and images.dtype == np.uint8
    assert draw_faces([7], 0).shape == (1, 48, 48, 3)


def test_no_ages_no_faces():
    images = draw_faces([], 0, 32)
    assert images.shape == (0, 32, 32, 3) and images.dtype == np.uint8


def test_one_seed_one_set_and_another_seed_or_stream_another():
    images = draw_faces(AGES, 0, 16)
    assert np.array_equal(images, draw_faces(AGES, 0, 16))
    for other in (draw_faces(AGES, 1, 16), draw_faces(AGES, 0, 16, stream=1)):
        assert (images != other).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("pixels", [1, 24 * 24 * 5, 2**20])
def test_chunks_do_not_show(monkeypatch, pixels):
    # Face by face, each shape has a window of its own: none may be cut off.
    ages = np.resize(AGES, 250)
    whole = draw_faces(ages, 3, 24)
    monkeypatch.setattr(drawing, "_CHUNK_PIXELS", pixels)
    assert np.array_equal(draw_faces(ages, 3, 24), whole)


def test_threads_do_not_show(monkeypatch):
    ages = np.resize(AGES, 900)
    whole = draw_faces(ages, 3, 16)
    monkeypatch.setattr(drawing.os, "cpu_count", lambda: 1)
    assert np.array_equal(draw_faces(ages, 3, 16), whole)


def test_more_faces_begin_with_the_same_ones():
    ages = np.resize(AGES, 300)
    assert np.array_equal(draw_faces(ages, 5, 16)[:40], draw_faces(ages[:40], 5, 16))


def test_a_face_does_not_depend_on_the_ages_of_others():
    ages = AGES.copy()
    ages[3] = 99
    changed = (draw_faces(AGES, 2, 16) != draw_faces(ages, 2, 16)).any(axis=(1, 2, 3))
    assert changed.tolist() == [i == 3 for i in range(26)]


def test_the_callers_ages_are_left_alone():
    ages = AGES.astype(float)
    images = draw_faces(ages, 0, 16)
    assert np.array_equal(ages, AGES)
    assert np.array_equal(images, draw_faces(AGES.tolist(), 0, 16))


def test_on_chunk_counts_every_face():
    done = []
    draw_faces(np.resize(AGES, 600), 0, 16, on_chunk=done.append)
    assert sum(done) == 600 and len(done) > 1


def test_the_drawing_is_the_reference_up_to_one_grey_level():
    reference = json.loads(REFERENCE.read_text())
    assert reference["drawing_version"] == DRAWING_VERSION
    pixels = np.frombuffer(base64.b64decode(reference["pixels"]), np.uint8)
    images = draw_faces(REFERENCE_AGES, reference["seed"], 16)
    difference = images.astype(int) - pixels.reshape(images.shape)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("size", [16, 33, 96])
def test_exposure_leaves_few_pixels_black_or_white(size):
    images = draw_faces(np.resize(AGES, 200), 0, size)
    assert (images == 255).mean() < 0.05 and (images == 0).mean() < 0.01


def test_a_larger_picture_shows_the_same_face():
    small = draw_faces(AGES, 4, 24).astype(float)
    large = draw_faces(AGES, 4, 96).astype(float)
    shrunk = large.reshape(26, 24, 4, 24, 4, 3).mean(axis=(2, 4))
    apart = np.abs(small - shrunk).mean(axis=(1, 2, 3))
    others = np.abs(small - np.roll(shrunk, 1, axis=0)).mean(axis=(1, 2, 3))
    assert apart.max() < 10 < others.min()


@pytest.mark.parametrize(
    ("ages", "words"),
    [
        ([5, 101], r"ages\[1\] is 101"),
        ([-1], r"ages\[0\] is -1"),
        ([3, 4, 20.5], r"ages\[2\] is 20.5"),
        ([1.0, np.nan], r"ages\[1\] is nan"),
        ([np.inf], r"ages\[0\] is inf"),
        ([[1, 2]], r"flat list.*\[1, 2\]"),
        (7, "flat list"),
        (["young"], "flat list"),
        ([True], "flat list.*bool"),
    ],
)
def test_ages_that_cannot_be_get_one_sentence(ages, words):
    with pytest.raises(ValueError, match=words) as error:
        draw_faces(ages, 0, 16)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seed": -1}, "seed.*-1"),
        ({"seed": None}, "seed.*None"),
        ({"size": 15}, "size.*16 or more.*15"),
        ({"size": 32.0}, "size.*32.0"),
        ({"stream": -2}, "stream.*-2"),
        ({"apparent_noise": -1}, "apparent_noise.*-1"),
        ({"apparent_noise": np.nan}, "apparent_noise.*nan"),
    ],
)
def test_bad_options_get_one_sentence(options, words):
    with pytest.raises(ValueError, match=words) as error:
        draw_faces([30], **({"seed": 0, "size": 16} | options))
    assert "\n" not in str(error.value)


# --- what age changes, and what it must not ------------------------------------------


def traits(ages, noise=APPARENT_NOISE):
    return draw_traits(np.asarray(ages, float), 0, apparent_noise=noise)


def test_nothing_personal_depends_on_age():
    young, old = traits(np.zeros(50))[0], traits(np.full(50, 90.0))[0]
    assert {"skin", "hair", "back", "gain", "tilt", "smile", "grain"} <= young.keys()
    for name in young:
        assert np.array_equal(young[name], old[name]), name


def test_the_background_does_not_depend_on_age():
    corner = np.s_[:, :4, :3]
    young = draw_faces(np.zeros(50, int), 0, 48)[corner].astype(int)
    old = draw_faces(np.full(50, 95), 0, 48)[corner].astype(int)
    assert np.abs(young - old).max() <= 1


def test_every_personal_trait_varies():
    for name, values in traits(np.full(200, 30.0))[0].items():
        assert values.std(axis=0).max() > 0.01, name


def test_the_apparent_age_is_the_age_without_noise():
    assert np.allclose(traits(AGES, noise=0)[1]["apparent_age"], AGES)


@pytest.mark.parametrize("age", [40, 50])
def test_the_noise_of_the_apparent_age(age):
    apparent = traits(np.full(20_000, float(age)), noise=6.0)[1]["apparent_age"]
    # Standard errors: 0.04 for the mean and 0.03 for the deviation, or smaller.
    assert abs(apparent.mean() - age) < 0.2
    assert abs(apparent.std() - 6.0 * (0.1 + 0.9 * age / 50)) < 0.15


def test_newborns_look_young():
    apparent = traits(np.zeros(5000))[1]["apparent_age"]
    assert apparent.min() >= 0 and np.quantile(apparent, 0.99) < 0.3 * APPARENT_NOISE


def test_people_grow_and_grey_with_age():
    ages = np.repeat([1.0, 25.0, 90.0], 400)
    ageing = traits(ages, noise=0)[1]
    mean = {k: v.reshape(3, 400, -1).mean(axis=(1, 2)) for k, v in ageing.items()}
    for name in ("half_height", "neck", "brow", "nose_w", "lines", "glasses"):
        assert np.all(np.diff(mean[name]) >= -0.05), name
        assert mean[name][2] > mean[name][0] + 0.01, name
    for name in ("eye_r", "blush"):
        assert np.all(np.diff(mean[name]) < 0), name


def test_mean_pictures_of_ages_differ_by_more_than_noise():
    ages = np.repeat([0, 30, 90], 200)
    images = draw_faces(ages, 0, 16).reshape(3, 2, 100, -1).mean(axis=2)
    between = [np.abs(images[a, 0] - images[b, 0]).mean() for a, b in ((0, 1), (1, 2))]
    within = np.abs(images[:, 0] - images[:, 1]).mean(axis=1)
    assert min(between) > 1.5 * within.max()


def ridge_error(train, test, penalty=3.0):
    """Mean absolute error of a ridge regression on 8 x 8 pictures, and of the mean."""

    def pixels(data):
        small = data.images.reshape(-1, 8, 2, 8, 2, 3).mean(axis=(2, 4)) / 255
        return small.reshape(len(small), -1)

    x, y = pixels(train), train.ages.astype(float)
    centre, mean = x.mean(axis=0), y.mean()
    gram = (x - centre).T @ (x - centre) + penalty * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, (x - centre).T @ (y - mean))
    predicted = mean + (pixels(test) - centre) @ weights
    return np.abs(predicted - test.ages).mean(), np.abs(mean - test.ages).mean()


def test_a_straight_line_through_the_pixels_sees_some_age():
    train = draw(counts=np.full(101, 20), wrong_labels=0.0)
    with_pixels, without = ridge_error(train, draw("test"))
    assert with_pixels < 0.9 * without
    # And never exactly: people age differently.
    assert with_pixels > 5


# --- splits, counts and wrong labels --------------------------------------------------


def test_label_counts():
    counts = faces_label_counts()
    assert counts.shape == (101,) and counts.dtype == np.int64
    assert counts.sum() == 5000 and counts.min() >= 2
    assert np.array_equal(counts, faces_label_counts(seed=0))
    assert not np.array_equal(counts, faces_label_counts(seed=1))
    assert faces_label_counts(n_total=202).tolist() == [2] * 101


def test_label_counts_on_average_are_a_heaped_skewed_hump():
    mean = np.mean([faces_label_counts(seed=s) for s in range(200)], axis=0)
    assert 27 <= mean.argmax() <= 41
    assert mean[60] > mean[6]  # the longer tail is that of the old
    for age in (30, 50, 70):
        assert mean[age] > 1.2 * (mean[age - 1] + mean[age + 1]) / 2


def test_the_training_set_has_the_counts_for_every_seed():
    sets = [faces("train", seed=s, size=16, **QUIET) for s in (0, 1)]
    for data in sets:
        assert np.array_equal(np.bincount(data.labels), faces_label_counts())
        assert data.images.shape == (5000, 16, 16, 3) and data.images.dtype == np.uint8
        assert data.labels.dtype == data.ages.dtype == np.int64
    assert not np.array_equal(sets[0].images, sets[1].images)


@pytest.mark.parametrize(("split", "each"), [("val", 10), ("test", 15)])
def test_the_other_splits_are_balanced_and_right(split, each):
    data = draw(split, wrong_labels=0.5, leave_out=[4, 5])
    assert np.array_equal(np.bincount(data.labels), np.full(101, each))
    assert np.array_equal(data.labels[:101], np.arange(101))
    assert np.array_equal(data.labels, data.ages)
    assert same(data, draw(split))


def test_splits_share_no_face():
    sets = [{i.tobytes() for i in draw(s).images} for s in ("train", "val", "test")]
    assert len(set.union(*sets)) == 303 + 1010 + 1515


def test_counts_are_used_as_they_are():
    counts = np.arange(101) % 3
    data = draw(counts=counts)
    assert np.array_equal(np.bincount(data.labels, minlength=101), counts)


def test_labels_are_shuffled():
    labels = draw().labels
    assert abs(np.corrcoef(np.arange(303), labels)[0, 1]) < 0.2


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.5])
def test_the_share_of_wrong_labels_is_exact(share):
    counts = scale_counts(faces_label_counts(), 2000, at_least=2)
    data = draw(counts=counts, wrong_labels=share, unknown_dates=0)
    assert np.sum(data.labels != data.ages) == round(share * 2000)
    assert np.array_equal(np.bincount(data.labels), counts)


def test_wrong_labels_weigh_most_where_samples_are_few():
    wrong, few = 0, faces_label_counts() < 10
    for seed in range(5):
        data = faces("train", seed=seed, size=16, wrong_labels=0.05, **QUIET)
        wrong = wrong + np.bincount(
            data.labels[data.labels != data.ages], minlength=101
        )
    share = wrong / (5 * faces_label_counts())
    assert share[few].mean() > 3 * share[~few].mean()


def test_a_set_of_one_age_has_no_other_age_to_show():
    counts = np.where(np.arange(101) == 30, 10, 0)
    assert set(draw(counts=counts, wrong_labels=0.5).ages) == {30}


def test_left_out_ages_are_gone_and_the_others_stay():
    whole, gap = draw(), draw(leave_out=[0, 50, 51, 51])
    keep = ~np.isin(whole.labels, [0, 50, 51])
    assert len(gap.labels) == 98 * 3
    assert same(gap, (x[keep] for x in whole))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"split": "dev"}, "split.*train, val, test.*'dev'"),
        ({"seed": -1}, "seed.*-1"),
        ({"size": 15}, "size.*16 or more.*15"),
        ({"counts": [1, 2]}, r"counts.*101.*\[2\]"),
        ({"counts": np.ones((101, 2))}, r"counts.*\[101, 2\]"),
        ({"counts": FEW - 4}, r"counts\[0\] is -1"),
        ({"counts": FEW + 0.5}, r"counts\[0\] is 3.5: see scale_counts"),
        ({"counts": FEW * np.nan}, r"counts\[0\] is nan"),
        ({"counts": FEW * 0}, "counts are all 0"),
        ({"counts": None, "n_total": 201}, "n_total.*202 or more.*201"),
        ({"counts": None, "n_total": 5e3}, "n_total.*5000.0"),
        ({"wrong_labels": -0.1}, "wrong_labels.*-0.1"),
        ({"wrong_labels": 0.6}, "wrong_labels.*0.6"),
        ({"wrong_labels": np.nan}, "wrong_labels.*nan"),
        ({"leave_out": [101]}, r"leave_out\[0\] is 101"),
        ({"leave_out": 45}, "leave_out must be a flat list"),
        ({"leave_out": range(101)}, "leave_out holds all 101 ages"),
    ],
)
def test_bad_input_gets_one_sentence(options, words):
    with pytest.raises(ValueError, match=words) as error:
        draw(**options)
    assert "\n" not in str(error.value)


# --- scaling counts -------------------------------------------------------------------


@pytest.mark.parametrize("n_total", [1, 99, 5000, 123_457])
@pytest.mark.parametrize("at_least", [0, 1, 7])
def test_scaled_counts_are_exact_and_in_proportion(n_total, at_least):
    rng = np.random.default_rng(n_total)
    counts = rng.integers(0, 50, 80) * (rng.random(80) < 0.8)
    if n_total < at_least * np.count_nonzero(counts):
        with pytest.raises(ValueError, match=f"n_total.*{n_total}"):
            scale_counts(counts, n_total, at_least)
        return
    scaled = scale_counts(counts, n_total, at_least)
    assert scaled.sum() == n_total and scaled.dtype == np.int64
    assert np.all(scaled[counts == 0] == 0)
    assert np.all(scaled[counts > 0] >= at_least)
    free = scaled > at_least
    if at_least == 0:
        assert np.all(np.abs(scaled - counts * n_total / counts.sum()) < 1)
    elif free.sum() > 1:
        ratio = scaled[free] / counts[free]
        assert np.all(np.abs(ratio - np.median(ratio)) <= 2 / counts[free])


def test_scaling_to_the_own_sum_changes_nothing():
    counts = faces_label_counts()
    assert np.array_equal(scale_counts(counts, counts.sum()), counts)


@pytest.mark.parametrize(
    ("counts", "n_total", "words"),
    [
        ([1, -2], 10, r"counts\[1\] is -2"),
        ([1, np.inf], 10, r"counts\[1\] is inf"),
        ([0, 0], 10, "counts are all 0"),
        ([], 10, "counts are all 0"),
        ([[1]], 10, r"flat list.*\[1, 1\]"),
        ([1, 2], 0, "n_total.*0"),
        ([1, 2], 2.5, "n_total.*2.5"),
    ],
)
def test_counts_that_cannot_be_scaled(counts, n_total, words):
    with pytest.raises(ValueError, match=words):
        scale_counts(counts, n_total)


# --- cache and progress ---------------------------------------------------------------


def test_a_cached_set_is_the_drawn_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DIRLIB_CACHE", str(tmp_path))
    assert same(draw(), draw(cache=True)) and same(draw(), draw(cache=True))
    assert len(list(tmp_path.iterdir())) == 1
    assert capsys.readouterr() == ("", "")


def test_what_shapes_the_set_is_in_the_key(tmp_path, monkeypatch):
    monkeypatch.setenv("DIRLIB_CACHE", str(tmp_path))
    changes = [
        {},
        {"seed": 1},
        {"size": 17},
        {"counts": FEW + 1},
        {"wrong_labels": 0.1},
        {"leave_out": [3]},
    ]
    for n, change in enumerate(changes, start=1):
        assert same(draw(cache=True, **change), draw(**change))
        assert len(list(tmp_path.iterdir())) == n
    # What does not shape a test set is not.
    for change in changes[3:]:
        draw("test", cache=True, **change)
    assert len(list(tmp_path.iterdir())) == len(changes) + 1


def test_a_folder_that_cannot_be_written_loses_nothing(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DIRLIB_CACHE", str(tmp_path / "file"))
    assert same(draw(cache=True), draw())
    out, err = capsys.readouterr()
    assert out.count("\n") == 1 and "DIRLIB_CACHE" in out and err == ""


def test_the_bar_can_be_turned_off(monkeypatch, capsys):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr("dirlib.progress.DELAY", 0.0)  # shows at once
    draw(progress=True)
    assert "Drawing faces" in capsys.readouterr().err
    draw(progress=False)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    draw(progress=True)
    assert capsys.readouterr() == ("", "")


def write_reference():
    seed = 2102
    pixels = draw_faces(REFERENCE_AGES, seed, 16).tobytes()
    record = {
        "drawing_version": DRAWING_VERSION,
        "seed": seed,
        "ages": REFERENCE_AGES,
        "pixels": base64.b64encode(pixels).decode(),
    }
    REFERENCE.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    write_reference()
