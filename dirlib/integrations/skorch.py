"""FDS in a training by skorch, with the methods of a scikit-learn estimator."""

from skorch.callbacks import Callback

from dirlib.integrations import end_epoch


class FDSCallback(Callback):
    """Ends the epoch of each FDS layer of the module, after each epoch.

    The module's ``forward(x, labels=None)`` gets the labels from the inputs,
    ``net.fit({"x": x, "labels": y}, y)``, and passes them on: ``fds(z, labels)``. A
    prediction needs none: ``net.predict({"x": x})``.

    Examples
    --------
    >>> net = NeuralNetRegressor(Model, callbacks=[FDSCallback()])  # doctest: +SKIP
    """

    def on_epoch_end(self, net, **kwargs):
        end_epoch(net.module_)
