"""What a table's scores are judged by: a constant, a line and boosted trees."""

import math

import numpy as np
import pandas as pd

from dirlib.bins import shot_regions
from dirlib.metrics import region_errors
from dirlib.metrics.regions import region_samples
from dirlib.trainer.data import load_data
from dirlib.trainer.folder import REGIONS, runs_by_method

SCORES = (*REGIONS, "RMSE", "R2", "bias")
FEWEST = 10  # samples, from which on an error says something


def all_scores(y, y_hat, bins, regions):
    """Return the errors by region, RMSE, R2 and the bias, the mean of y_hat - y.

    A dict with the keys of `SCORES`, and None for what can't be computed: a region
    without samples, or R2 of equal labels.
    """
    error = np.asarray(y_hat, float) - np.asarray(y, float)
    spread = np.asarray(y, float).var()
    r2 = 1 - np.square(error).mean() / spread if spread > 0 else math.nan
    scores = region_errors(y, y_hat, bins, regions)
    scores |= {"RMSE": np.square(error).mean() ** 0.5, "R2": r2, "bias": error.mean()}
    return {n: None if math.isnan(v) else float(f"{v:.6g}") for n, v in scores.items()}


def region_sizes(y, bins, regions):
    """Return how many samples each region has, a dict of int."""
    samples = region_samples(y, bins, regions, "clip")
    return {name: int(samples[name].sum()) for name in ("all", "many", "medium", "few")}


def sizes_text(sizes, split):
    """Return the samples of each region as text, with a warning where they are few."""
    text = f"{split} samples: " + ", ".join(f"{r} {n:,}" for r, n in sizes.items())
    small = [region for region, n in sizes.items() if 0 < n < FEWEST]
    if small:
        text += f"; fewer than {FEWEST} say little: {', '.join(small)}"
    return text


def models_table(runs, settings, split):
    """Compare the runs on a table, which share one split, with scikit-learn's models.

    Returns a DataFrame with the columns `SCORES` and a row per method, the mean over
    its seeds, and per model; and the samples of each region.
    """
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    models = {"mean": DummyRegressor(), "median": DummyRegressor(strategy="median")}
    models |= {"linear (ridge)": Ridge()}
    models["boosted trees"] = HistGradientBoostingRegressor(random_state=0)
    data = load_data(settings)
    samples, regions = getattr(data, split), shot_regions(data.train_counts)
    rows = {}
    for method, of_method in runs_by_method(runs).items():
        by_seed = pd.DataFrame([run.scores[split] for run in of_method])
        rows[method] = by_seed.astype(float).mean()
    for name, model in models.items():
        model.fit(data.train.x.numpy(), data.train.labels)
        y_hat = model.predict(samples.x.numpy())
        rows[name] = all_scores(samples.labels, y_hat, data.bins, regions)
    table = pd.DataFrame(rows).T
    sizes = region_sizes(samples.labels, data.bins, regions)
    return table.reindex(columns=list(SCORES)).astype(float), sizes
