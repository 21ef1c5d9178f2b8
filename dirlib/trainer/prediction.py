"""Predict with the network that a run left in its folder."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from dirlib.files import write_atomically, write_json
from dirlib.trainer.settings import make_network, settings_from, to_labels
from dirlib.training import Rows, predict, processes
from dirlib.training.checkpoints import load_checkpoint, write_state

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")


class TrainedRun:
    """The network of a finished run, in eval mode, with what it needs to read new data.

    `columns`, a ColumnEncoder, says how a table becomes numbers; None for pictures.
    """

    def __init__(self, settings, model, columns):
        self.settings, self.model, self.columns = settings, model, columns

    def predict(self, data, workers=0):
        """Predict the label of each row of a table, or of each picture.

        Parameters
        ----------
        data : DataFrame or path-like; or sequence of path-like, or ndarray
            Of a table: rows, or a CSV file of rows, with the columns that the network
            was trained with, in any order, beside any others. Cells may be empty, and
            text may be new. Of pictures: a folder, with what it holds at any depth;
            files; or pixels, uint8, [N, H, W, 3], in the size of the settings.
        workers : int
            Processes that read pictures ahead.

        Returns
        -------
        ndarray of shape [N], float32
            In label units; for the pictures of a folder, in the order of their paths.

        Raises
        ------
        ValueError
            For a missing column, text where numbers were, or an unreadable picture.
        """
        return self._predicted(data, workers)[1]

    def predict_to(self, out, data, workers=0):
        """Write a CSV file of the predictions, with the row or the file of each."""
        names, y_hat = self._predicted(data, workers)
        table = pd.DataFrame({**names, "prediction": y_hat})
        text = table.to_csv(index=False, lineterminator="\n")
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, text.encode(errors="surrogateescape"))
        return len(y_hat)

    def _predicted(self, data, workers):
        """What tells the samples apart, a dict of one column, and the predictions."""
        if self.columns is not None:
            samples = self._rows(data)
            names = {"row": range(1, len(samples) + 1)}
        elif isinstance(data, np.ndarray) and data.ndim == 4:
            samples, names = data, {"row": range(1, len(data) + 1)}
        else:
            from dirlib.datasets.photos import ImageFiles

            files = picture_files(data)
            samples = ImageFiles(files, np.zeros(len(files)), self.settings.size)
            names = {"file": samples.paths}
        if len(samples) == 0:
            return names, np.empty(0, np.float32)
        y_hat = predict(self.model, samples, workers=workers)
        return names, to_labels(self.settings, y_hat)

    def _rows(self, data):
        if isinstance(data, pd.DataFrame):
            return Rows(self.columns.transform(data), np.zeros(len(data)))
        if not isinstance(data, str | os.PathLike):
            raise ValueError(
                f"the network was trained with a table: give it a DataFrame or the "
                f"path of one CSV file, but got {type(data).__name__}"
            )
        from dirlib.datasets.tables.csv_file import read_frame

        frame, _ = read_frame(Path(data), self.columns.text_columns)
        try:
            return self._rows(frame)
        except ValueError as error:
            raise ValueError(f"{data}: {error}") from error


def picture_files(paths):
    """Return the files of one path or several; a folder stands for its pictures."""
    paths = [paths] if isinstance(paths, str | os.PathLike) else paths
    files = []
    for path in map(Path, paths):
        if not path.is_dir():
            files.append(path)  # whether it can be read is seen when it is read
            continue
        found = [p for p in path.rglob("*") if p.suffix.lower() in PICTURES]
        if not found:
            kinds = ", ".join(PICTURES)
            raise ValueError(f"the folder {path} has no picture ({kinds})")
        files += sorted(found)
    return files


def save_network(folder, model, columns):
    """Write what :func:`load_run` reads beside the settings."""
    state = {name: value.cpu() for name, value in model.state_dict().items()}
    write_state(folder / "network.pt", state)
    if columns is not None:
        write_json(folder / "columns.json", asdict(columns))


def load_run(folder):
    """Load the network of a finished run, to predict with it.

    Nothing in the folder is run: it holds numbers and text alone.

    Parameters
    ----------
    folder : path-like
        That of `python -m dirlib train`, or of one run of `compare`.

    Returns
    -------
    TrainedRun
        Its method `predict` takes a DataFrame, or pictures.

    Raises
    ------
    ValueError
        If there is no finished run, or it was made by a version that left no network.
    """
    folder = Path(folder)
    settings = _plain(folder, "settings.json", settings_from)
    if not (folder / "scores.json").exists():
        raise ValueError(
            f"the run in {folder} is not finished: end it by the command that began "
            f"it, with --resume"
        )
    network, columns, n_inputs = folder / "network.pt", None, 1
    if not network.exists():
        raise ValueError(
            f"the run in {folder} has no {network.name}, as it was made by an earlier "
            f"version: train it anew, in another folder"
        )
    if settings.target is not None:
        from dirlib.datasets.tables.columns import ColumnEncoder

        columns = _plain(folder, "columns.json", lambda d: ColumnEncoder(**d))
        n_inputs = len(columns.feature_names)
    # Its labels are of no matter: where the outputs start is saved with the weights.
    model = make_network(settings, Rows(np.zeros((1, n_inputs)), [0.0]))
    try:
        model.load_state_dict(load_checkpoint(network))
    except RuntimeError as error:
        raise ValueError(f"{network} is of another network: train anew") from error
    # As in the training, so that no digit differs.
    model = model.to(processes.best_device(), memory_format=torch.channels_last)
    return TrainedRun(settings, model.eval(), columns)


def _plain(folder, name, make):
    """Read a JSON file of the folder, and make something of its dict."""
    try:
        return make(json.loads((folder / name).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ValueError(
            f"there is no run in {folder} (no {name}): name one that 'train' left"
        ) from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{folder / name} is damaged ({error}): train anew") from error
