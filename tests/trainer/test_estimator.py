"""The estimator for scikit-learn: its own rules, and ours."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import dirlib
from dirlib.integrations.sklearn import DIRRegressor

BINS = dirlib.LabelBins(-100, 2000, 20)


def houses(n=200, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"area": rng.lognormal(4, 0.5, n)})
    frame["city"] = rng.choice(["Rome", "Oslo"], n)
    return frame, 3.5 * frame["area"] + 50 * (frame["city"] == "Rome")


def pipeline(**options):
    parts = [("n", StandardScaler(), ["area"]), ("c", OneHotEncoder(), ["city"])]
    columns = ColumnTransformer(parts, sparse_threshold=0)
    return make_pipeline(columns, DIRRegressor(random_state=0, **options))


def numbers(n=150, seed=0):
    x = np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)
    return x, np.exp(x[:, 0] + 1).astype(float)


@pytest.mark.parametrize("options", [{}, {"patience": 20}], ids=["plain", "patience"])
def test_scikit_learn_checks_it(options):
    check_estimator(DIRRegressor(**options), expected_failed_checks={})


def test_a_search_over_lds_and_fds_with_columns_of_pandas():
    search = GridSearchCV(
        pipeline(reweight="sqinv", bins=BINS, epochs=3),
        {
            "dirregressor__lds": [False, True],
            "dirregressor__fds": ["none", "diagonal"],
            "dirregressor__epochs": np.array([2, 3]),
        },
        cv=2,
        n_jobs=2,
        error_score="raise",
    )
    frame, price = houses()
    search.fit(frame, price)
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores)) == 8 and np.isfinite(scores).all()
    best = pipeline(bins=BINS, reweight="sqinv").set_params(**search.best_params_)
    y_hat = best.fit(frame, price).predict(frame)
    np.testing.assert_allclose(y_hat, search.predict(frame), rtol=1e-3)


def test_it_learns_and_the_score_does_not_depend_on_the_bins():
    frame, price = houses()
    assert cross_val_score(pipeline(), frame, price, cv=3).min() > 0.9
    scores = [
        pipeline(bins=bins, epochs=2).fit(frame, price).score(frame, price)
        for bins in (None, BINS, dirlib.LabelBins(0, 3000, 1000))
    ]
    assert len(set(scores)) == 1


def test_it_is_the_network_and_the_loop_of_the_trainer():
    x, y = numbers()
    model = dirlib.MLP(3, output_mean=y.mean(), output_scale=y.std(), seed=7)
    weights = dirlib.lds_weights(y, BINS, kernel_size=9, sigma=3.0)
    dirlib.fit(
        model, dirlib.Rows(x, y), weights=weights, epochs=4, seed=7, progress=False
    )
    options = {"reweight": "sqinv", "lds": True, "bins": BINS, "epochs": 4}
    ours = DIRRegressor(random_state=7, **options).fit(x, y)
    np.testing.assert_allclose(
        ours.predict(x), dirlib.predict(model, dirlib.Rows(x, y)), rtol=1e-4
    )
    assert ours.bins_ is BINS


def test_bins_are_chosen_once_where_they_are_needed():
    x, y = numbers()
    assert DIRRegressor(epochs=1).fit(x, y).bins_ is None
    fitted = DIRRegressor(epochs=1, fds="diagonal").fit(x, y)
    assert fitted.bins_ == dirlib.choose_bins(y)[0] and fitted.bins is None


def test_the_random_state_fixes_all_of_it():
    x, y = numbers()
    one = DIRRegressor(epochs=3, patience=2, random_state=5)
    first, again = (clone(one).fit(x, y).predict(x) for _ in range(2))
    assert np.array_equal(first, again)
    other = clone(one).set_params(random_state=np.random.RandomState(6)).fit(x, y)
    assert not np.array_equal(first, other.predict(x))
    one.fit(x, y)
    for copied in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert np.array_equal(copied.predict(x), first)


def test_patience_ends_the_training_and_keeps_the_best_epoch():
    x, y = numbers(400)
    fitted = DIRRegressor(epochs=500, patience=3, lr=0.05, random_state=0).fit(x, y)
    errors = [row["val_all"] for row in fitted.history_]
    assert len(errors) < 500 and int(np.argmin(errors)) == len(errors) - 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lds": True}, "lds needs weights, but reweight is 'none'"),
        ({"fds": "yes"}, "fds must be one of none, diagonal"),
        ({"epochs": 0}, "epochs must be a whole number from 1"),
        ({"patience": 0}, "patience must be a whole number from 1"),
        ({"reweight": "inv", "bins": dirlib.LabelBins(0, 2, 1)}, "labels"),
    ],
)
def test_parameters_that_cant_be_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        DIRRegressor(**options).fit(*numbers())
