"""What a table's scores are judged by: constants, a line and boosted trees."""

from dataclasses import replace

import pandas as pd

from dirlib.trainer.data import load_data
from dirlib.trainer.folder import runs_by_method
from dirlib.trainer.run import make_judge
from dirlib.trainer.scores import SCORES
from dirlib.trainer.settings import make_weights, to_labels, to_network
from dirlib.trainer.summary import interval


def models_table(runs, settings, split):
    """Compare the runs on a table, which share one split, with scikit-learn's models.

    Each model is fitted without weights and with those of `sqinv+lds`, on training rows
    alone; the line and the trees learn the transformed target, if it is. Returns a
    DataFrame with the columns `SCORES`, and a row per method, the mean over its seeds,
    and per model. SCORE_low and SCORE_high are the 95 % interval over the seeds, NaN
    for one seed and for the models, which have none.
    """
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    models = {"mean": DummyRegressor(), "median": DummyRegressor(strategy="median")}
    models |= {"linear (ridge)": Ridge()}
    models["boosted trees"] = HistGradientBoostingRegressor(random_state=0)
    data = load_data(settings)
    samples, judge = getattr(data, split), make_judge(settings, data)
    y = data.train.labels
    weighted = replace(settings, reweight="sqinv", lds=True)
    weights = {"": None, ", sqinv+lds": make_weights(weighted, y, data.bins)}
    rows = {}
    for method, of_method in runs_by_method(runs).items():
        by_seed = pd.DataFrame([run.scores[split] for run in of_method])
        for name, values in by_seed.reindex(columns=list(SCORES)).astype(float).items():
            ends = zip(("", "_low", "_high"), interval(values.dropna()), strict=True)
            rows.setdefault(method, {}).update({name + end: v for end, v in ends})
    for name, model in models.items():
        constant = isinstance(model, DummyRegressor)
        units = replace(settings, target_transform="none") if constant else settings
        for suffix, w in weights.items():
            model.fit(data.train.x.numpy(), to_network(units, y), sample_weight=w)
            y_hat = to_labels(units, model.predict(samples.x.numpy()))
            rows[name + suffix] = judge.scores(samples.labels, y_hat)
    columns = [*SCORES, *(f"{n}{end}" for n in SCORES for end in ("_low", "_high"))]
    return pd.DataFrame(rows).T.reindex(columns=columns).astype(float)
