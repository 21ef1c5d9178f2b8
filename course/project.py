"""A study of one's own table in a folder: its data, its runs, its test set, its report.

The library trains and compares; here is what makes of it a study that somebody else can
check. The test rows are put aside before anything is looked at. The library wants test
rows in each run: it gets the validation rows a second time, so that no file beside
`sealed/` knows anything of the test set.
"""

import html
import json
from pathlib import Path

import numpy as np
import pandas as pd

from course.held_out import HeldOut, digest_of
from dirlib.datasets.tables.csv_file import read_frame
from dirlib.files import write_atomically, write_csv, write_json
from dirlib.trainer.baselines import models_table
from dirlib.trainer.comparison import compare
from dirlib.trainer.data import load_data
from dirlib.trainer.folder import find_runs, read_predictions, runs_by_method
from dirlib.trainer.methods import parse_method
from dirlib.trainer.prediction import load_run
from dirlib.trainer.report import write_report
from dirlib.trainer.run import check_options, make_judge

RUN_FILES = ("settings.json", "scores.json", "predictions.csv", "network.pt")
EPOCHS = 20
SHOWN = ("all", "many", "medium", "few", "GM", "tail_5", "tail_1", "bias")


class Project:
    """One study. Its methods read and write its folder, nothing else.

    Attributes
    ----------
    folder : Path
    about : dict
        What `project.json` says: the table, the target, how it was split.
    held_out : HeldOut
        The test rows.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.runs, self.work = self.folder / "runs", self.folder / "work.csv"
        self.held_out = HeldOut(self.folder / "sealed")
        text = (self.folder / "project.json").read_text(encoding="utf-8")
        self.about = json.loads(text)

    def __repr__(self):
        rows = ", ".join(f"{n:,} {name}" for name, n in self.about["rows"].items())
        notes = [
            f"{Path(self.about['data']).name}, target {self.target!r}: {rows} rows"
        ]
        notes += self.about["notes"]
        return "\n".join(notes)

    @property
    def target(self):
        return self.about["target"]

    def options(self):
        """What all runs share, for :func:`dirlib.trainer.comparison.compare`."""
        options = {"data": str(self.work), "target": self.target, "epochs": EPOCHS}
        return options | self.about["bins"]

    def data(self):
        """The training and validation rows, and their bins, a RunData."""
        return load_data(check_options(self.options()))

    def judge(self):
        """The shot regions and the tails by which the runs are judged, a Judge."""
        return make_judge(check_options(self.options()), self.data())

    def choose_bins(self, width=None):
        """Settle the width of the bins, in label units; by itself the library does.

        Returns the bins, and a sentence on them. A ValueError says that runs have been
        trained with other bins.
        """
        bins = {} if width is None else {"bin_width": float(width)}
        if bins != self.about["bins"]:
            if any(self.runs.rglob("settings.json")):
                raise ValueError(
                    "runs have been trained with other bins: keep these bins, or begin "
                    "anew in another folder"
                )
            check_options(self.options() | bins)
            self.about["bins"] = bins
            write_json(self.folder / "project.json", self.about)
        data = self.data()
        return data.bins, data.about

    def baselines(self):
        """Validation errors of constants, a line and boosted trees, a DataFrame."""
        table = models_table([], check_options(self.options()), "val")
        return table[list(SHOWN)]

    def train(self, methods, seeds):
        """Train each method on each seed, and return their validation errors.

        Finished runs are kept, so call it again with one method more. The table has a
        row for each method, the mean over its seeds, and for each baseline.
        """
        comparison = compare(
            self.runs, list(methods), list(seeds), split="val", **self.options()
        )
        if comparison.failed:
            raise ValueError("; ".join(comparison.failed))
        return comparison.models[list(SHOWN)]

    def errors(self, score="all"):
        """Return the validation errors of each method, a dict of [S], by seed.

        `score` is "all", a region such as "few", or a tail such as "tail_5".
        """
        found = {}
        for method, runs in self._by_method().items():
            errors = [run.scores["val"].get(score) for run in runs]
            if None in errors:
                raise ValueError(
                    f"there is no validation error {score!r}: no validation row lies "
                    f"there, or it is no score. Choose from {', '.join(SHOWN[:-1])}"
                )
            found[method] = np.array(errors, dtype=float)
        return found

    def steps(self, score="all"):
        """Return each step between two methods, for `course.figures.forest`.

        A dict of "METHOD minus METHOD" to the errors of both, [S] each: a method minus
        the one before it that differs from it in one thing; else minus the first.
        """
        errors, found, before = self.errors(score), {}, []
        for method in errors:
            near = [m for m in before if _one_part_apart(m, method)]
            if before:
                base = (near or before)[-1 if near else 0]
                found[f"{method} minus {base}"] = errors[base], errors[method]
            before.append(method)
        return found

    def validation(self, method):
        """The validation rows of a method with its errors, the largest first.

        The columns `prediction`, the mean over the seeds, and `error`, prediction minus
        label, stand beside those of the table.
        """
        frame, _ = read_frame(self.work)
        frame = frame[frame["split"] == "val"].drop(columns="split")
        frame = frame.reset_index(drop=True)
        frames = [read_predictions(run, "val") for run in self._runs_of(method)]
        predicted = np.mean([f["prediction"].to_numpy() for f in frames], axis=0)
        frame["prediction"] = predicted
        frame["error"] = predicted - frame[self.target]
        order = frame["error"].abs().sort_values(ascending=False, kind="stable").index
        return frame.loc[order].reset_index(drop=True)

    def open_test(self, choice):
        """Use the test set: the chosen method, vanilla and the baselines, once.

        The use is written down before anything is computed. The same choice with the
        same runs gives the same table again, and is no further use.

        Returns
        -------
        DataFrame
            A row for each, with the errors of the test rows; the mean over the seeds
            of the networks.
        """
        methods = self._by_method()
        if choice not in methods:
            raise ValueError(
                f"there is no finished run of {choice!r}: choose from "
                f"{', '.join(methods)}"
            )
        runs, results = self.digests(), self.held_out.folder / "results.csv"
        uses = self.held_out.uses()
        last = uses[-1] if uses else {}
        known = (last.get("choice"), last.get("runs")) == (choice, runs)
        if known and results.exists():
            return pd.read_csv(results, index_col="model")
        rows = self.held_out.rows if known else self.held_out.use(choice, runs)
        table = self._judged(rows, list(dict.fromkeys([choice, *list(methods)[:1]])))
        write_csv(results, table.reset_index())
        return table

    def digests(self):
        """The digest of each finished run, by the name of its folder."""
        runs, _ = find_runs(self.runs)
        return {
            run.folder.relative_to(self.runs).as_posix(): digest_of(
                *(run.folder / name for name in RUN_FILES)
            )
            for run in runs
        }

    def chosen(self):
        """The method for which the test set was opened last, or None."""
        uses = self.held_out.uses()
        return uses[-1]["choice"] if uses else None

    def predict(self, rows, method=None):
        """Predict new rows, a DataFrame or the path of a file, by the chosen method.

        The mean over its seeds, [N], in label units.
        """
        runs = self._runs_of(method or self.chosen() or "vanilla")
        return np.mean([load_run(run.folder).predict(rows) for run in runs], axis=0)

    def report(self, conclusion):
        """Write the library's page on the runs, with the conclusion, `report.html`."""
        path = write_report(self.runs, self.folder / "report.html", split="val")
        said = [html.escape(part) for part in str(conclusion).strip().split("\n\n")]
        parts = ["<h2>Conclusion</h2>", *(f"<p>{part}</p>" for part in said)]
        results = self.held_out.folder / "results.csv"
        if results.exists():
            table = pd.read_csv(results, index_col="model")
            n = len(self.held_out.uses())
            parts += [
                "<h2>The test set</h2>",
                f"<p>Opened {n} time{'s' * (n > 1)}; last for the choice "
                f"{html.escape(str(self.chosen()))}.</p>",
                f'<div class="wide" tabindex="0">{_as_html(table)}</div>',
            ]
        page = path.read_text(encoding="utf-8")
        before, heading, after = page.partition("<h2>Errors</h2>")
        write_atomically(path, before + "\n".join(parts) + "\n" + heading + after)
        return path

    def example_rows(self, n=3):
        """Return some validation rows without labels, to change and to predict."""
        frame, _ = read_frame(self.work)
        frame = frame[frame["split"] == "val"].drop(columns=["split", self.target])
        return frame.head(n).reset_index(drop=True)

    def _by_method(self):
        runs = find_runs(self.runs)[0] if self.runs.is_dir() else []
        if not runs:
            raise ValueError("nothing is trained yet: call project.train(...) first")
        return runs_by_method(runs)

    def _runs_of(self, method):
        methods = self._by_method()
        if method not in methods:
            raise ValueError(
                f"there is no finished run of {method!r}: choose from "
                f"{', '.join(methods)}"
            )
        return methods[method]

    def _judged(self, rows, methods):
        """The errors of the test rows: of methods, constants, a line and trees."""
        from sklearn.dummy import DummyRegressor
        from sklearn.ensemble import HistGradientBoostingRegressor
        from sklearn.linear_model import Ridge

        data, judge = self.data(), self.judge()
        frame, _ = read_frame(rows, data.columns.text_columns)
        x, y = data.columns.transform(frame), frame[self.target].to_numpy(float)
        scores = {}
        for method in methods:
            of_seeds = [
                judge.scores(y, load_run(run.folder).predict(frame))
                for run in self._runs_of(method)
            ]
            scores[method] = pd.DataFrame(of_seeds).astype(float).mean().to_dict()
        models = {"mean": DummyRegressor(), "median": DummyRegressor(strategy="median")}
        models["linear (ridge)"] = Ridge()
        models["boosted trees"] = HistGradientBoostingRegressor(random_state=0)
        for name, model in models.items():
            model.fit(data.train.x.numpy(), data.train.labels)
            scores[name] = judge.scores(y, model.predict(x))
        table = pd.DataFrame(scores).T.reindex(columns=list(SHOWN)).astype(float)
        return table.rename_axis("model")


def _one_part_apart(one, other):
    # Other settings stand behind a comma, see `dirlib.trainer.folder.find_runs`.
    one, other = (parse_method(name.split(",")[0]) for name in (one, other))
    return sum(one[name] != other[name] for name in one) == 1


def _as_html(table):
    return table.map("{:.4g}".format).to_html(border=0)
