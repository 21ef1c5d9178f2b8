"""The real table of `data/`: what it holds, and that its features predict its tail."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from course.records.read import data_dir
from dirlib.datasets.tables.table import read_table

COLUMNS = (
    "season mnth day hr holiday weekday workingday weathersit temp atemp hum windspeed "
    "bikers"
)


@pytest.fixture(scope="module")
def path():
    return data_dir() / "bikes.csv"


def test_the_file_is_the_one_that_the_readme_describes(path):
    readme = (data_dir() / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(path.read_bytes()).hexdigest() in readme
    assert path.stat().st_size < 500_000
    table = pd.read_csv(path)
    assert list(table) == COLUMNS.split() and len(table) == 8645
    assert not table.isna().any(axis=None)
    assert all(f"`{name}`" in readme for name in table)
    y = table["bikers"]
    assert (y.min(), y.median(), y.max()) == (1, 109, 651)


def test_the_target_is_skewed_with_a_long_tail(path):
    y = pd.read_csv(path)["bikers"]
    assert y.skew() > 1 and y.quantile(0.99) > 5 * y.median()


def test_boosted_trees_predict_it(path):
    table = read_table(path, "bikers")
    train, test = table.train, table.test
    trees = HistGradientBoostingRegressor(random_state=0)
    trees.fit(np.asarray(train.x), train.labels)
    assert trees.score(np.asarray(test.x), test.labels) > 0.9
