"""The checks of the exercises: right, unsolved and wrong answers, and hostile ones."""

import math
import random
import sys
import time

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from dirlib.bins import LabelBins
from dirlib.course import checks1, checks2, checks3, checks4, checks5
from dirlib.course.epoch_end import EpochEnd
from dirlib.course.exercise import Exercise, Part, Points, Wrong
from dirlib.fds import FDS

EXERCISES = {
    exercise.name: exercise
    for module in (checks1, checks2, checks3, checks4, checks5)
    for exercise in list(vars(module).values())
    if isinstance(exercise, Exercise)
}
WRONG = [
    pytest.param(exercise, wrong, id=f"{exercise.number}-{i}")
    for exercise in EXERCISES.values()
    for i, wrong in enumerate(exercise.wrong)
]


@pytest.fixture(params=EXERCISES.values(), ids=EXERCISES)
def exercise(request):
    return request.param


def test_there_are_all_exercises_of_the_lessons():
    numbers = sorted(exercise.number for exercise in EXERCISES.values())
    counts = {1: 6, 2: 5, 3: 6, 4: 6, 5: 5}
    assert numbers == [f"{n}.{i + 1}" for n in counts for i in range(counts[n])]


def test_a_right_answer_earns_all_points_in_time(exercise, capsys):
    start = time.process_time()
    points = exercise(exercise.reference)
    assert time.process_time() - start < 2
    out, err = capsys.readouterr()
    assert points == exercise.points and points.full == exercise.points
    assert out.count("✓") == len(exercise.parts)
    assert "✗" not in out and "→" not in out and err == ""


def test_an_unsolved_stub_is_not_attempted(exercise, capsys):
    def stub(*args):
        raise NotImplementedError("not attempted yet")

    points = exercise(stub)
    out, err = capsys.readouterr()
    assert points == 0
    assert "not attempted" in out and "✗" not in out and err == ""


def test_each_exercise_knows_three_wrong_answers_with_their_own_messages(exercise):
    causes = [wrong.cause for wrong in exercise.wrong]
    assert len(causes) >= 3
    assert len(set(causes)) == len(causes)


@pytest.mark.parametrize(("exercise", "wrong"), WRONG)
def test_a_known_wrong_answer_gets_its_own_message(exercise, wrong, capsys):
    points = exercise(wrong.answer)
    out, err = capsys.readouterr()
    assert points < exercise.points
    assert wrong.cause in out
    assert out.count("→") == 1 and err == ""


def chatty(*args):
    print("hello")
    print("hello", file=sys.stderr)
    np.log(np.zeros(3) - 1)
    raise RuntimeError("first line\nsecond line")


HOSTILE = {
    "None": (lambda *args: None, "does it end with a return statement"),
    "text": (lambda *args: "done", ""),
    "ragged": (lambda *args: [[1], [2, 3]], ""),
    "exit": (lambda *args: sys.exit(3), "SystemExit"),
    "chatty": (chatty, "RuntimeError (first line)"),
    "no arguments": (lambda: 1, "TypeError"),
    "one number": (lambda *args: 0.5, ""),
    "complex": (lambda *args: 1j, ""),
    "infinite recursion": (lambda *args: HOSTILE["infinite recursion"][0](*args), ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_get_a_sentence_and_no_traceback(exercise, name, capsys):
    answer, expected = HOSTILE[name]
    if exercise is checks5.my_ablation and name == "no arguments":
        expected = "return two dicts"  # it is right to take none there
    points = exercise(answer)
    out, err = capsys.readouterr()
    assert points < exercise.points
    assert expected in out
    assert out.count("→") == 1 and "Traceback" not in out and err == ""
    assert "hello" not in out


def test_no_function_at_all(exercise, capsys):
    assert exercise(np.arange(3)) == 0
    assert "this is no function but [0, 1, 2]" in capsys.readouterr().out


def test_an_answer_that_changes_its_input_is_found(capsys):
    def pearson_in_place(a, b):
        a -= a.mean()
        b -= b.mean()
        return (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())

    assert checks1.pearson_correlation(pearson_in_place) == 0
    assert "changes its input" in capsys.readouterr().out


def test_the_inputs_are_the_same_at_every_call(exercise):
    def greedy(*args):
        value = exercise.reference(*args)
        for a in args:
            if isinstance(a, np.ndarray) and a.dtype.kind in "if":
                a[:] = 0
        return value

    exercise(greedy)
    assert exercise(exercise.reference) == exercise.points


def test_an_answer_that_knows_only_the_worked_number_fails():
    known = {"bin_index": [2], "geometric_mean": 2.0, "pearson_correlation": -0.982}
    for name, value in known.items():
        assert EXERCISES[name](lambda *args, value=value: np.array(value)) == 0


def test_points_are_a_number_for_nbgrader_and_a_sentence_for_people():
    bundle = Points(1, 2)._repr_mimebundle_()
    assert float(bundle["text/plain"]) == 1
    assert bundle["text/html"] == "<b>1 of 2 points</b>"


def test_a_part_earns_its_points_alone(capsys):
    half = Exercise(
        "9.9",
        "double",
        lambda x: 2 * x,
        parts=[Part("small", 1, [(1.0,)]), Part("large", 2, [(100.0,)])],
        wrong=[Wrong(lambda x: min(2 * x, 10), "too small")],
    )
    assert half(lambda x: min(2 * x, 10.0)) == 1
    out = capsys.readouterr().out
    assert "✓ small (1 point)" in out and "✗ large (2 points)" in out
    assert "→ too small" in out
    assert half(lambda x: x**2 + x if x < 5 else 0) == 1
    assert "for x = 100: expected 200, but got 0" in capsys.readouterr().out


def test_a_none_inside_a_result_is_not_a_missing_return(capsys):
    def none_for_zero(y, y_hat, region):
        scores = checks1.mae_by_region.reference(y, y_hat, region)
        return scores | {"zero": None}

    checks1.mae_by_region(none_for_zero)
    out = capsys.readouterr().out
    assert "'zero': expected 0, but got None" in out and "return statement" not in out


def test_text_is_shown_in_quotes(capsys):
    checks2.window(lambda kind, size, sigma: kind)
    assert "for kind = 'gaussian', size = 5" in capsys.readouterr().out
    checks1.pearson_correlation(lambda a, b: str(a[0]))
    assert "but got '1.0'" in capsys.readouterr().out


def test_an_error_that_is_returned_must_be_raised(capsys):
    def returns_the_error(y_hat, y, w):
        try:
            return checks2.weighted_l1.reference(y_hat, y, w)
        except ValueError as error:
            return error

    assert checks2.weighted_l1(returns_the_error) == 1
    assert "you return the error: raise it" in capsys.readouterr().out


def test_wrong_values_are_named_before_their_type(capsys):
    def half_a_bin_off(labels, start, width):
        return (labels - start) / width

    checks1.bin_index(half_a_bin_off)
    out = capsys.readouterr().out
    assert "expected [ 0, 0, 0, 1, 30, 100], but got [ 0. , 0.4" in out
    assert "whole numbers" not in out
    checks1.bin_index(lambda labels, start, width: (labels - start) // width)
    assert "the result must hold whole numbers" in capsys.readouterr().out


SAME = "your function gives the same result for every input: use its arguments"


def test_one_result_for_every_input_is_named(capsys):
    checks1.pearson_correlation(lambda a, b: -0.982)
    assert SAME in capsys.readouterr().out
    checks2.weighted_l1(lambda y_hat, y, w: torch.tensor(1.75))
    assert SAME in capsys.readouterr().out


def test_one_result_for_every_input_may_have_a_known_cause(capsys):
    checks1.pearson_correlation(lambda a, b: 0.0)
    out = capsys.readouterr().out
    assert "your result is always 0" in out and SAME not in out


def test_one_result_is_no_hint_where_it_is_wanted_or_the_inputs_are_few(capsys):
    def alone(reference, inputs):
        return Exercise("9.9", "f", reference, [Part("all", 1, inputs)], [])

    alone(lambda x: 2, [(1.0,), (2.0,), (3.0,)])(lambda x: 3)
    alone(lambda x: x, [(1.0,), (2.0,)])(lambda x: 3)
    assert SAME not in capsys.readouterr().out
    alone(lambda x: x, [(1.0,), (2.0,), (3.0,)])(lambda x: 3)
    assert SAME in capsys.readouterr().out


def test_an_unexpected_error_is_not_taken_for_another_one(capsys):
    def misspelt(labels, start, width):
        raise TypeError("something else")

    checks1.bin_index(misspelt)
    assert "TypeError (something else)" in capsys.readouterr().out


def test_the_packages_name_their_exercises_not_their_modules():
    for module in (checks1, checks2, checks3, checks4, checks5):
        for name in module.__all__:
            assert isinstance(getattr(module, name), Exercise)
            assert getattr(module, name).name == name


# Right answers, written differently from the reference.


def loop_bin_index(labels, start, width):
    return [int((y - start) // width) for y in labels]


def digitize_bin_index(labels, start, width):
    edges = start + width * np.arange(1000)
    return np.digitize(labels, edges) - 1


def loop_count_regions(index, n_bins, many, few):
    counts = [int((index == b).sum()) for b in range(n_bins)]
    names = []
    for n in counts:
        if n == 0:
            names.append("zero")
        elif n < few:
            names.append("few")
        elif n <= many:
            names.append("medium")
        else:
            names.append("many")
    return counts, names


def cumsum_mass(counts, radius):
    total = np.concatenate([[0], np.cumsum(counts)])
    b = np.arange(len(counts))
    return (
        total[np.minimum(b + radius + 1, len(counts))]
        - total[np.maximum(b - radius, 0)]
    )


def convolved_mass(counts, radius):
    full = np.convolve(counts, np.ones(2 * radius + 1, int))
    return full[radius : radius + len(counts)]


def loop_mae_by_region(y, y_hat, region):
    errors = {"many": [], "medium": [], "few": [], "zero": []}
    for a, b, name in zip(y, y_hat, region, strict=True):
        errors[name].append(abs(a - b))
    return {name: sum(e) / len(e) if e else None for name, e in errors.items()}


def power_gm(y, y_hat, eps):
    error = np.abs(y - y_hat)
    error[error < eps] = eps
    return np.prod(error ** (1 / len(y)))


def cov_pearson(a, b):
    return np.cov(a, b)[0, 1] / (a.std(ddof=1) * b.std(ddof=1))


def listed_window(kind, size, sigma):
    h = size // 2
    shape = {
        "gaussian": lambda d: np.exp(-0.5 * (d / sigma) ** 2),
        "laplace": lambda d: np.exp(-abs(d) / sigma),
        "triangular": lambda d: h + 1 - abs(d),
    }[kind]
    values = [shape(d) for d in range(-h, h + 1)]
    return [v / sum(values) for v in values]


def loop_kde(grid, labels, sigma):
    from scipy.stats import norm

    return [norm.pdf(g, loc=labels, scale=sigma).mean() for g in grid]


def convolved_smooth(values, window, edges):
    h, n = len(window) // 2, len(values)
    out = np.convolve(values, window)[h : h + n]
    if edges == "renormalize":
        out = out / np.convolve(np.ones(n), window)[h : h + n]
    return out


def power_weights(density, index, scheme):
    raw = density ** (-1.0 if scheme == "inverse" else -0.5)
    return raw[index] * len(index) / raw[index].sum()


def torch_weighted_l1(y_hat, y, w):
    if y_hat.shape != y.shape or y.shape != w.shape:
        raise ValueError("shapes")
    return torch.dot(w, torch.abs(y_hat - y)) / len(y)


def added_bin_moments(batches, n_bins):
    dim = batches[0][0].shape[1]
    count, sums, squares = np.zeros(n_bins, int), *np.zeros((2, n_bins, dim))
    for features, index in batches:
        features = features.astype(np.float64)
        np.add.at(count, index, 1)
        np.add.at(sums, index, features)
        np.add.at(squares, index, features**2)
    n = count[:, None]
    return count, sums / n, (squares - sums**2 / n) / (n - 1)


def counted_bin_moments(batches, n_bins):
    x, index = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    x = x.astype(np.float64)
    count = np.bincount(index, minlength=n_bins)
    columns = range(x.shape[1])
    mean = np.stack([np.bincount(index, x[:, d], n_bins) for d in columns], 1)
    mean /= count[:, None]
    squares = (x - mean[index]) ** 2
    var = np.stack([np.bincount(index, squares[:, d], n_bins) for d in columns], 1)
    return count, mean, var / np.where(count > 1, count - 1, np.nan)[:, None]


def one_by_one_bin_moments(batches, n_bins):
    dim = batches[0][0].shape[1]
    count = [0] * n_bins
    mean, scatter = np.zeros((2, n_bins, dim))
    for features, index in batches:
        for x, b in zip(features, index, strict=True):
            count[b] += 1
            delta = x - mean[b]
            mean[b] += delta / count[b]
            scatter[b] += delta * (x - mean[b])
    for b in range(n_bins):
        mean[b] = mean[b] if count[b] else np.nan
        scatter[b] = scatter[b] / (count[b] - 1) if count[b] > 1 else np.nan
    return count, mean, scatter


def pandas_bin_moments(batches, n_bins):
    x, index = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    bins = pd.DataFrame(x.astype(np.float64)).groupby(index)
    count = bins.size().reindex(range(n_bins), fill_value=0)
    tables = (f().reindex(range(n_bins)).to_numpy() for f in (bins.mean, bins.var))
    return count.to_numpy(), *tables


def loop_cosine_to_anchor(values, anchor):
    a, out = values[anchor], []
    for v in values:
        length = np.sqrt((v**2).sum()) * np.sqrt((a**2).sum())
        out.append((v * a).sum() / length if length > 0 else np.nan)
    return out


def unit_cosine_to_anchor(values, anchor):
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    return (unit @ unit.T)[anchor]


def loop_anomaly_gap(similarity, anchor, many, near):
    neighbours, crowd = [], []
    for b, value in enumerate(similarity):
        distance = abs(b - anchor)
        if not np.isnan(value) and 1 <= distance <= near:
            neighbours.append(value)
        elif not np.isnan(value) and distance > near and many[b]:
            crowd.append(value)
    return sum(neighbours) / len(neighbours) - sum(crowd) / len(crowd)


def sliced_anomaly_gap(similarity, anchor, many, near):
    start, end = max(0, anchor - near), anchor + near + 1
    far = many.copy()
    far[start:end] = False
    neighbours = np.delete(similarity[start:end], anchor - start)
    return np.nanmean(neighbours) - np.nanmean(similarity[far])


def numpy_bin_covariances(features, index, n_bins):
    dim = features.shape[1]
    out = np.full((n_bins, dim, dim), np.nan)
    for b in range(n_bins):
        if (index == b).sum() > 1:
            out[b] = np.cov(features[index == b], rowvar=False)
    return out


def added_bin_covariances(features, index, n_bins):
    dim = features.shape[1]
    n = np.bincount(index, minlength=n_bins)[:, None]
    sums, products = np.zeros((n_bins, dim)), np.zeros((n_bins, dim, dim))
    np.add.at(sums, index, features)
    d = features - (sums / n)[index]
    np.add.at(products, index, d[:, :, None] * d[:, None, :])
    return np.where(n[:, :, None] > 1, products / (n[:, :, None] - 1), np.nan)


def vectors_rank_and_condition(covariance):
    values, _ = np.linalg.eigh(covariance)
    small = values.min() <= 1e-10 * values.max()
    rank = np.count_nonzero(values > 1e-10 * values.max())
    return rank, np.inf if small else values.max() / values.min()


def singular_rank_and_condition(covariance):
    rank = np.linalg.matrix_rank(covariance, rtol=1e-10, hermitian=True)
    full = rank == len(covariance)
    return rank, np.linalg.cond(covariance) if full else float("inf")


def loop_shrink(covariance, count, target, strength):
    out = []
    for c, n, t in zip(covariance, count - 1, target, strict=True):
        out.append((n * c + strength * t) / (n + strength) if n > 0 else t)
    return out


def share_shrink(covariance, count, target, strength):
    n = np.maximum(count - 1, 0)[:, None, None]
    share = strength / (n + strength)
    return (1 - share) * np.nan_to_num(covariance) + share * target


def loop_smoothed_statistics(values, count, window):
    half, out = len(window) // 2, np.zeros(values.shape)
    for b in range(len(values)):
        total = 0.0
        for d in range(-half, half + 1):
            if 0 <= b + d < len(values):
                weight = window[d + half] * count[b + d]
                total += weight
                out[b] += weight * values[b + d]
        if total > 0:
            out[b] /= total
    return out


def matrix_smoothed_statistics(values, count, window):
    half, n = len(window) // 2, len(count)
    distance = np.arange(n)[None, :] - np.arange(n)[:, None] + half
    inside = (distance >= 0) & (distance < len(window))
    weights = np.where(inside, window[np.clip(distance, 0, len(window) - 1)], 0) * count
    total = weights.sum(1, keepdims=True)
    return np.nan_to_num(weights @ values / total)


def loop_calibrate_diagonal(z, index, mean, var, smoothed_mean, smoothed_var):
    rows = []
    for x, b in zip(z, index.tolist(), strict=True):
        ratio = torch.clip(smoothed_var[b] / var[b], 0.1, 10)
        rows.append(ratio**0.5 * (x - mean[b]) + smoothed_mean[b])
    return torch.stack(rows)


def filled_calibrate_diagonal(z, index, mean, var, smoothed_mean, smoothed_var):
    out = torch.empty_like(z)
    for b in index.unique():
        ratio = (smoothed_var[b] / var[b]).clamp(0.1, 10)
        here = index == b
        out[here] = torch.sqrt(ratio) * (z[here] - mean[b]) + smoothed_mean[b]
    return out


def diag_matrix_sqrt(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    values = torch.where(values > 0, values, 0.0)
    return vectors @ torch.diag_embed(values**0.5) @ vectors.transpose(-1, -2)


def svd_matrix_sqrt(matrix):
    u, s, _ = torch.linalg.svd(matrix)
    return (u * s[..., None, :] ** 0.5) @ u.mT


def einsum_calibrate_full(z, index, mean, cov, smoothed_mean, smoothed_cov):
    whiten = torch.linalg.inv(diag_matrix_sqrt(cov))
    transform = torch.einsum("bij,bjk->bik", diag_matrix_sqrt(smoothed_cov), whiten)
    moved = torch.einsum("nij,nj->ni", transform[index], z - mean[index])
    return moved + smoothed_mean[index]


def loop_calibrate_full(z, index, mean, cov, smoothed_mean, smoothed_cov):
    rows = []
    for i, b in enumerate(index):
        white = torch.linalg.solve(svd_matrix_sqrt(cov[b]), z[i] - mean[b])
        rows.append(svd_matrix_sqrt(smoothed_cov[b]) @ white + smoothed_mean[b])
    return torch.stack(rows)


def masked_momentum_update(running, new, known, seen, momentum):
    out = running.clone()
    again, first = seen & known, seen & ~known
    out[again] = momentum * running[again] + (1 - momentum) * new[again]
    out[first] = new[first]
    return out


def lerp_momentum_update(running, new, known, seen, momentum):
    share = torch.where(known, 1 - momentum, 1.0) * seen
    return running + share[:, None] * (torch.nan_to_num(new) - running)


class LessonFDS(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = torch.as_tensor(self.bins.index(labels, "clip"))
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return filled_calibrate_diagonal(z, index, *self.pair)


class SinglePrecisionFDS(EpochEnd):
    def forward(self, z, labels):
        if self.training:
            index = self.bins.index(labels.numpy(), out_of_range="clip")
            with torch.no_grad():
                self.epoch.update(z, index)
            if self.pair is not None:
                mean, var, smoothed_mean, smoothed_var = (
                    table.to(z.dtype)[index] for table in self.pair
                )
                scale = (smoothed_var / var).clamp(0.1, 10).sqrt()
                z = (z - mean).mul(scale).add(smoothed_mean)
        return z


def closed_training_step(model, fds, optimizer, x, y, weights):
    def closure():
        optimizer.zero_grad()
        z = model.features(x)
        z = fds(z, y) if fds is not None else z
        loss = (weights * (model.regressor(z)[:, 0] - y).abs()).mean()
        loss.backward()
        return loss

    return optimizer.step(closure).item()


def cleared_last_training_step(model, fds, optimizer, x, y, weights):
    if fds is None:
        y_hat = model(x)
    else:
        y_hat = model.regressor(fds(model.features(x), y)).flatten()
    loss = weights @ F.l1_loss(y_hat, y, reduction="none") / len(y)
    loss.backward()
    optimizer.step()
    model.zero_grad(set_to_none=False)
    return float(loss)


def column_training_step(model, fds, optimizer, x, y, weights):
    model.train()
    features = model.features(x)
    if fds:
        features = fds(features, y)
    error = torch.abs(y.unsqueeze(1) - model.regressor(features))
    loss = torch.mean(weights.unsqueeze(1) * error)
    for p, gradient in zip(
        model.parameters(),
        torch.autograd.grad(loss, list(model.parameters())),
        strict=True,
    ):
        p.grad = gradient
    optimizer.step()
    return loss.tolist()


def shown_end_of_epoch(model, fds, x_val, y_val):
    with torch.inference_mode():
        y_hat = model.train(False)(x_val)
    model.train(True)
    distance = np.nan
    if fds is not None:
        fds.end_epoch()
        distance = fds.distances()["distance_mean"]
    return {"val_mae": F.l1_loss(y_hat, y_val).item(), "distance": distance}


def loop_end_of_epoch(model, fds, x_val, y_val):
    result = {"distance": float("nan"), "val_mae": 0.0}
    if fds:
        fds.end_epoch()
        bins = [b for b in range(len(fds.active)) if fds.active[b]]
        gaps = [float((fds.mean[b] - fds.smoothed_mean[b]).abs().mean()) for b in bins]
        result["distance"] = sum(gaps) / len(gaps)
    model.eval()
    z = model.features(x_val).detach()
    model.train()
    for row, y in zip(model.regressor(z)[:, 0].tolist(), y_val.tolist(), strict=True):
        result["val_mae"] += abs(row - y) / len(y_val)
    return result


def numpy_end_of_epoch(model, fds, x_val, y_val):
    if fds is None:
        distance = math.nan
    else:
        fds.end_epoch()
        gap = fds.mean.numpy() - fds.smoothed_mean.numpy()
        distance = np.abs(gap[fds.count.numpy() > 0]).mean()
    model.eval()
    error = np.abs(model(x_val).detach().numpy() - y_val.numpy())
    model.train()
    return dict(distance=distance, val_mae=float(np.mean(error)))


def loop_best_epoch(history, score):
    best, lowest = None, float("inf")
    for row in history:
        if row[score] < lowest:
            best, lowest = row["epoch"], row[score]
    if best is None:
        raise ValueError(f"no epoch has a {score}")
    return best


def numpy_best_epoch(history, score):
    return history[np.nanargmin([row[score] for row in history])]["epoch"]


def sorted_best_epoch(history, score):
    pairs = sorted((r[score], r["epoch"]) for r in history if r[score] == r[score])
    if len(pairs) == 0:
        raise ValueError("all NaN")
    return pairs[0][1]


def keyed_best_epoch(history, score):
    best = min(history, key=lambda row: (math.isnan(row[score]), row[score]))
    if math.isnan(best[score]):
        raise ValueError("all NaN")
    return best["epoch"]


def loop_paired_interval(baseline, method):
    d = [float(m - b) for b, m in zip(baseline, method, strict=True)]
    mean = sum(d) / len(d)
    s = math.sqrt(sum((x - mean) ** 2 for x in d) / (len(d) - 1))
    half = stats.t(df=len(d) - 1).ppf(0.975) * s / len(d) ** 0.5
    return [mean, mean - half, mean + half]


def scipy_paired_interval(baseline, method):
    d = method - baseline
    half = stats.sem(d) * stats.t.isf(0.025, d.size - 1)
    return d.mean(), d.mean() - half, d.mean() + half


def negative_paired_interval(baseline, method):
    d = np.subtract(method, baseline)
    ends = np.array([0.025, 0.975])
    low, high = d.mean() + stats.t.ppf(ends, len(d) - 1) * np.sqrt(
        np.var(d, ddof=1) / len(d)
    )
    return float(np.mean(d)), float(low), float(high)


def pair(base, variant, weights=("sqinv", "sqinv")):
    """An answer to exercise 5.5 with these FDS layers and weights."""
    options = [
        {"weights": w, "fds": fds}
        for w, fds in zip(weights, (base, variant), strict=True)
    ]
    return lambda: options


RIGHT = [
    ("bin_index", loop_bin_index),
    ("bin_index", digitize_bin_index),
    ("count_regions", loop_count_regions),
    ("neighbourhood_mass", cumsum_mass),
    ("neighbourhood_mass", convolved_mass),
    ("mae_by_region", loop_mae_by_region),
    ("geometric_mean", power_gm),
    ("pearson_correlation", cov_pearson),
    ("pearson_correlation", lambda a, b: np.corrcoef(a, b)[0, 1]),
    ("window", listed_window),
    ("kde", loop_kde),
    ("smooth", convolved_smooth),
    ("weights", power_weights),
    ("weighted_l1", torch_weighted_l1),
    ("bin_moments", added_bin_moments),
    ("bin_moments", counted_bin_moments),
    ("bin_moments", one_by_one_bin_moments),
    ("bin_moments", pandas_bin_moments),
    ("cosine_to_anchor", loop_cosine_to_anchor),
    ("cosine_to_anchor", unit_cosine_to_anchor),
    ("anomaly_gap", loop_anomaly_gap),
    ("anomaly_gap", sliced_anomaly_gap),
    ("bin_covariances", numpy_bin_covariances),
    ("bin_covariances", added_bin_covariances),
    ("rank_and_condition", vectors_rank_and_condition),
    ("rank_and_condition", singular_rank_and_condition),
    ("shrink", loop_shrink),
    ("shrink", share_shrink),
    ("smoothed_statistics", loop_smoothed_statistics),
    ("smoothed_statistics", matrix_smoothed_statistics),
    ("calibrate_diagonal", loop_calibrate_diagonal),
    ("calibrate_diagonal", filled_calibrate_diagonal),
    ("matrix_sqrt", diag_matrix_sqrt),
    ("matrix_sqrt", svd_matrix_sqrt),
    ("calibrate_full", einsum_calibrate_full),
    ("calibrate_full", loop_calibrate_full),
    ("momentum_update", masked_momentum_update),
    ("momentum_update", lerp_momentum_update),
    ("MyFDS", LessonFDS),
    ("MyFDS", SinglePrecisionFDS),
    ("training_step", closed_training_step),
    ("training_step", cleared_last_training_step),
    ("training_step", column_training_step),
    ("end_of_epoch", shown_end_of_epoch),
    ("end_of_epoch", loop_end_of_epoch),
    ("end_of_epoch", numpy_end_of_epoch),
    ("best_epoch", loop_best_epoch),
    ("best_epoch", numpy_best_epoch),
    ("best_epoch", sorted_best_epoch),
    ("best_epoch", keyed_best_epoch),
    ("paired_interval", loop_paired_interval),
    ("paired_interval", scipy_paired_interval),
    ("paired_interval", negative_paired_interval),
    ("my_ablation", pair(None, None, ("vanilla", "inv+lds"))),
    ("my_ablation", pair({}, {}, ["inv", "inv+lds"])),
    ("my_ablation", pair({"sigma": 2.0}, None)),
    ("my_ablation", pair({"sigma": 5}, {"kernel_size": 5})),
    ("my_ablation", pair({"clip": [0.1, 10]}, {"edges": "reflect"})),
    ("my_ablation", pair({"clip": None}, {})),
    ("my_ablation", pair({"weighting": "uniform"}, {"weighting": "count"})),
    ("my_ablation", pair({"sigma": 2.0}, {"kernel": "triangular"})),
    (
        "my_ablation",
        pair({"covariance": "full"}, {"covariance": "full", "shrinkage": "oas"}),
    ),
    ("my_ablation", pair({"covariance": "low_rank"}, {})),
    ("my_ablation", pair({"momentum": 0.5}, {"momentum": 0})),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_a_right_answer_in_other_words_is_accepted(name, answer, capsys):
    points = EXERCISES[name](answer)
    assert points == EXERCISES[name].points, capsys.readouterr().out


def test_a_slip_at_the_threshold_keeps_the_point_for_counting(capsys):
    def at_least_many(index, n_bins, many, few):
        counts, names = loop_count_regions(index, n_bins, many, few)
        return counts, [
            "many" if n >= many else s for n, s in zip(counts, names, strict=True)
        ]

    assert EXERCISES["count_regions"](at_least_many) == 1
    assert "exactly `many` samples is still medium" in capsys.readouterr().out


# Lesson 3: points for single outputs.


def test_outputs_earn_their_points_alone(capsys):
    def no_variance(batches, n_bins):
        count, mean, _ = added_bin_moments(batches, n_bins)
        return count, mean, None

    assert checks3.bin_moments(no_variance) == 1
    assert "'variance': expected" in capsys.readouterr().out
    right = vectors_rank_and_condition
    assert checks3.rank_and_condition(lambda c: (0, right(c)[1])) == 1
    assert checks3.rank_and_condition(lambda c: (right(c)[0], 0.0)) == 1


def test_a_wrong_number_of_outputs_is_named(capsys):
    assert checks3.bin_moments(lambda *args: added_bin_moments(*args)[1:]) == 0
    assert "the result must be 3 values" in capsys.readouterr().out


def test_float32_sums_of_squares_lose_only_the_last_point(capsys):
    def in_float32(batches, n_bins):
        x, index = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
        bins = [x[index == b] for b in range(n_bins)]
        n = np.array([[len(x)] for x in bins])
        sums = np.array([x.sum(0) for x in bins])
        squares = np.array([(x**2).sum(0) for x in bins])
        return n[:, 0], sums / n, (squares - sums**2 / n) / (n - 1)

    assert checks3.bin_moments(in_float32) == 2
    assert "float32 has too few digits" in capsys.readouterr().out


# Lesson 4: gradients, writing in place, and a class.


def calibrate_in_place(z, index, mean, cov, smoothed_mean, smoothed_cov):
    right = EXERCISES["calibrate_full"].reference
    z[:] = right(z.clone(), index, mean, cov, smoothed_mean, smoothed_cov)
    return z


class InPlaceFDS(EpochEnd):
    def forward(self, z, labels):
        return z.copy_(z + 0.0) if not self.training else self.step(z, labels)

    def step(self, z, labels):
        index = torch.as_tensor(self.bins.index(labels, "clip"))
        self.epoch.update(z.detach(), index)
        if self.pair is not None:
            z.sub_(self.pair[0][index])
            z.mul_((self.pair[3] / self.pair[1]).clamp(0.1, 10).sqrt()[index])
            z.add_(self.pair[2][index])
        return z


def test_features_that_are_written_to_are_found_though_their_values_are_right(capsys):
    assert checks4.calibrate_full(calibrate_in_place) == 2
    assert "changes its input" in capsys.readouterr().out
    assert checks4.MyFDS(InPlaceFDS) == 2
    assert "changes its input" in capsys.readouterr().out


def test_a_missing_gradient_is_named_beside_values_that_are_wrong_too(capsys):
    checks4.calibrate_diagonal(
        lambda z, *others: loop_calibrate_diagonal(z, *others).detach() + z[0, 0] * 0
    )
    out = capsys.readouterr().out
    assert "✗ a gradient reaches z" in out and "'gradient of z': expected" in out


def test_complex_numbers_are_refused(capsys):
    def general_eigenvectors(matrix):
        values, vectors = torch.linalg.eig(matrix)
        return vectors @ torch.diag_embed(values.sqrt()) @ torch.linalg.inv(vectors)

    assert checks4.matrix_sqrt(general_eigenvectors) == 0
    assert "complex numbers" in capsys.readouterr().out


def test_a_class_without_its_forward_is_not_attempted(capsys):
    class Unsolved(EpochEnd):
        def forward(self, z, labels):
            raise NotImplementedError("exercise 4.6")

    assert checks4.MyFDS(Unsolved) == 0
    out = capsys.readouterr().out
    assert "not attempted" in out and "✗" not in out
    layer = checks4.MyFDS.or_library(Unsolved)(2, LabelBins(0, 9, 1), np.ones(3) / 3)
    assert isinstance(layer, FDS)


def test_what_is_no_class_of_layers_gets_a_sentence(capsys):
    checks4.MyFDS(LessonFDS(2, LabelBins(0, 9, 1), np.ones(3) / 3))
    assert "pass the class itself" in capsys.readouterr().out
    checks4.MyFDS(lambda *args: "a layer")
    assert "MyFDS must be a class" in capsys.readouterr().out


def test_a_step_of_a_scenario_is_named(capsys):
    class Doubled(LessonFDS):
        def forward(self, z, labels):
            return super().forward(z, labels) * (1 if self.pair is None else 2)

    checks4.MyFDS(Doubled)
    out = capsys.readouterr().out
    assert "for whole labels, two epochs: 'train, epoch 2, batch 1': expected" in out


def test_what_numpy_cannot_hold_gets_a_sentence(capsys):
    checks4.matrix_sqrt(lambda matrix: matrix.bfloat16())
    assert "not a number or an array of numbers" in capsys.readouterr().out


# Lesson 5: what a training does to its model, and an exercise with many right answers.


def points_and_text(exercise, answer, capsys):
    points = exercise(answer)
    return points, capsys.readouterr().out


def test_a_slip_of_a_step_costs_the_parts_that_it_touches(capsys):
    def kept_tensor(*args):
        return torch.tensor(closed_training_step(*args))

    def nothing_returned(*args):
        closed_training_step(*args)

    def not_cleared(model, fds, optimizer, x, y, weights):
        z = model.features(x) if fds is None else fds(model.features(x), y)
        loss = (weights * (model.regressor(z)[:, 0] - y).abs()).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    def without_fds(model, fds, *others):
        return closed_training_step(model, None, *others)

    for answer, points, expected in (
        (kept_tensor, 2, "return it as a Python float"),
        (nothing_returned, 1, "does it end with a return statement"),
        (not_cleared, 1, "the gradients of the batches add up"),
        (without_fds, 2, "fds plays no part"),
    ):
        earned, out = points_and_text(checks5.training_step, answer, capsys)
        assert earned == points and expected in out, out


def test_a_slip_at_an_epochs_end_costs_the_parts_that_it_touches(capsys):
    def another_key(*args):
        result = shown_end_of_epoch(*args)
        return {"distance": result["distance"], "mae": result["val_mae"]}

    def half_in_eval(model, *others):
        result = shown_end_of_epoch(model, *others)
        model.layers.eval()
        return result

    def gradients_off(model, *others):
        torch.set_grad_enabled(False)
        return shown_end_of_epoch(model, *others)

    def frozen(model, *others):
        model.requires_grad_(False)
        return shown_end_of_epoch(model, *others)

    def nothing_done(*args):
        return {"distance": 0.0, "val_mae": 0.0}

    for answer, points, expected in (
        (another_key, 2, "a dict that holds 'val_mae'"),
        (half_in_eval, 2, "eval() mode in others"),
        (gradients_off, 2, "can't learn: gradients are off"),
        (frozen, 2, "can't learn: gradients are off"),
        (nothing_done, 0, ""),
    ):
        earned, out = points_and_text(checks5.end_of_epoch, answer, capsys)
        assert earned == points and expected in out, out
    assert torch.is_grad_enabled()


def test_a_history_is_shown_by_its_scores(capsys):
    _, out = points_and_text(checks5.best_epoch, lambda history, score: 99, capsys)
    assert "history = epochs 1 to 5, val_few 9.5, 8.5, 9, 7.5, 8" in out


def test_a_history_that_is_not_refused_is_shown(capsys):
    def zero_for_none(history, score):
        try:
            return loop_best_epoch(history, score)
        except ValueError:
            return 0

    earned, out = points_and_text(checks5.best_epoch, zero_for_none, capsys)
    assert earned == 1
    assert "nan, nan, nan, score = 'val_few': this input must be refused" in out


@pytest.mark.parametrize(
    ("answer", "points", "expected"),
    [
        (pair({"kernel_size": 4}, {"kernel_size": 5}), 1, "must be odd"),
        (pair({"kernel_size": 10**12 + 1}, {}), 1, "only 101 bins"),
        (pair({"sigma": "wide"}, {}), 1, "FDS refuses the options of base"),
        (pair({"window": [1.0]}, {}), 1, "unknown option 'window'"),
        (pair({"bins": 3}, {}), 1, "unknown option 'bins'"),
        (pair([], {}), 1, "must be None or a dict"),
        (pair(None, {"sigma": 2.0}, ("inv", "sqinv")), 1, "weights and fds"),
        (
            pair({"sigma": 2}, {"edges": "reflect", "clip": None}),
            1,
            "the two differ in sigma, edges and clip: change one thing",
        ),
        (pair({"momentum": 0.9}, {}), 1, "the two trainings are the same"),
        (pair({"clip": [0.1, 10.0]}, {}), 1, "the two trainings are the same"),
        (lambda: [1, 2], 0, "return two dicts"),
        (lambda: ({}, {}, {}), 0, "return two dicts"),
        (lambda: ({}, {}), 0, 'base has no "weights"'),
    ],
)
def test_the_verdict_on_an_ablation_names_its_settings(
    answer, points, expected, capsys
):
    earned, out = points_and_text(checks5.my_ablation, answer, capsys)
    assert earned == points and expected in out, out
    assert out.count("→") == 1


@pytest.mark.parametrize("name", checks5.__all__)
def test_the_checks_of_trainings_leave_the_global_state_alone(name, capsys):
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    threads = torch.get_num_threads()
    exercise = EXERCISES[name]
    exercise(exercise.reference)
    exercise(lambda *args: 0.5)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert before[2] == np.random.get_state()[1].tolist()
    assert torch.get_num_threads() == threads
