"""The tables that the explorers of the page compute with, from the recorded runs."""

import json

import numpy as np

from course.records.read import load_runs


def kernel_data() -> dict[str, list[float]]:
    """The training images and the error of each age, as lesson 2 explores them."""
    runs = load_runs("faces")
    error = runs.error_by_age("vanilla").mean(0)
    return {"counts": np.asarray(runs.train_counts).tolist(), "error": error.tolist()}


def colours_data(seed=0) -> dict[str, list[list[float]]]:
    """Points of mean 0 and covariance 1, which the page gives a covariance."""
    points = np.random.default_rng(seed).normal(size=(150, 2))
    factor = np.linalg.cholesky(np.cov(points.T))
    return {"points": ((points - points.mean(0)) @ np.linalg.inv(factor).T).tolist()}


def data_files() -> dict[str, str]:
    """Scripts, by name: a page that is opened as a file may not fetch JSON."""

    def script(name, table):
        rounded = json.loads(
            json.dumps(table), parse_float=lambda x: round(float(x), 6)
        )
        return f"const {name} = {json.dumps(rounded)};\n"

    return {
        "kernel-data.js": script("KERNEL", kernel_data()),
        "colours-data.js": script("COLOURS", colours_data()),
    }
