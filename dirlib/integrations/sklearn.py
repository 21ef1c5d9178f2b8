"""The network for tables as an estimator of scikit-learn."""

from dataclasses import fields
from numbers import Integral

import numpy as np
import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from dirlib.automatic_bins import choose_bins
from dirlib.metrics import mae
from dirlib.trainer.settings import (
    Settings,
    make_fds,
    make_loss,
    make_network,
    make_weights,
)
from dirlib.training import Rows, fit, predict, processes


class DIRRegressor(RegressorMixin, BaseEstimator):
    """A :class:`dirlib.MLP` with LDS and FDS; its score is R2, whatever the bins.

    It wants inputs of mean 0 and variance 1: put a ``StandardScaler`` in front.

    Parameters
    ----------
    reweight, lds, lds_kernel_size, lds_sigma, fds, fds_kernel_size, fds_sigma, loss, \
epochs, batch_size
        As in :class:`dirlib.trainer.settings.Settings`: `lds` needs a `reweight` of
        "sqinv" or "inv", `fds` is "none", "diagonal", "full" or "low_rank".
    bins : LabelBins, optional
        Of the labels. Without it, :func:`dirlib.choose_bins` chooses them on the `y` of
        each `fit`, where they are needed, so that folds may have other ones.
    lr : float
        The learning rate: the peak of one cycle; with `patience`, constant.
    patience : int, optional
        Ends the training when so many epochs bring no lower mean absolute error on
        validation rows, a `validation_fraction` of all, and keeps the best weights.
    random_state : int, RandomState or None
        Fixes initial weights, the order of the rows, and the validation rows.

    Attributes
    ----------
    model_, bins_, history_
        The network, LabelBins or None, and what :func:`dirlib.fit` returned.
    """

    def __init__(
        self, *, reweight="none", lds=False, lds_kernel_size=9, lds_sigma=3.0,
        fds="none", fds_kernel_size=15, fds_sigma=5.0, bins=None, loss="l1",
        epochs=100, lr=3e-3, batch_size=64, patience=None, validation_fraction=0.1,
        random_state=None,
    ):  # fmt: skip
        self.reweight = reweight
        self.lds = lds
        self.lds_kernel_size = lds_kernel_size
        self.lds_sigma = lds_sigma
        self.fds = fds
        self.fds_kernel_size = fds_kernel_size
        self.fds_sigma = fds_sigma
        self.bins = bins
        self.loss = loss
        self.epochs = epochs
        self.lr = lr
        self.batch_size = batch_size
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(self, X, y):
        """Train a new network on X, [N, F], and labels y, [N].

        Raises
        ------
        ValueError
            If a parameter is out of its range, or X or y can't be what they must.
        """
        options = {"dtype": np.float32, "y_numeric": True, "force_writeable": True}
        X, y = validate_data(self, X, y, **options)
        y, seed = y.astype(np.float64), self.random_state
        if not isinstance(seed, Integral):
            seed = check_random_state(seed).randint(2**31 - 1)
        of_run = {option.name for option in fields(Settings)} - {"bins"}
        given = {n: v for n, v in self.get_params().items() if n in of_run}
        given |= {"target": "y", "select": "all", "seed": seed}
        given["schedule"] = "onecycle" if self.patience is None else "constant"
        # A search over an array gives numpy's numbers.
        plain = {
            n: v.item() if isinstance(v, np.generic) else v for n, v in given.items()
        }
        settings, validation = Settings(**plain), {}
        if settings.patience is not None:
            X, X_val, y, y_val = train_test_split(
                X, y, test_size=self.validation_fraction, random_state=settings.seed
            )
            val = Rows(X_val, y_val)
            validation = {
                "validate": lambda model: {"val_all": mae(y_val, predict(model, val))},
                "select": "val_all",
            }
        self.bins_ = self.bins
        needed = "inv" in settings.reweight or settings.loss == "balanced_mse"
        if self.bins is None and (needed or settings.fds != "none"):
            self.bins_, _ = choose_bins(y)
        samples = Rows(X, y)
        model = make_network(settings, samples).to(processes.best_device())
        names = ("epochs", "lr", "batch_size", "patience", "schedule", "seed")
        self.history_ = fit(
            model,
            samples,
            weights=make_weights(settings, y, self.bins_),
            fds=make_fds(settings, model, self.bins_),
            loss=make_loss(settings, y, self.bins_),
            progress=False,
            **{name: getattr(settings, name) for name in names},
            **validation,
        )
        # In float64 the prediction of a row doesn't depend on the rows beside it.
        self.model_ = model.cpu().double().eval()
        return self

    @torch.no_grad()
    def predict(self, X):
        """Return the predicted labels of X, [N, F], float64, [N]."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        parts = torch.from_numpy(np.array(X)).split(10_000)
        return torch.cat([self.model_(x) for x in parts]).numpy()
