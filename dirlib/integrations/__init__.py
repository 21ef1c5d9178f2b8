"""FDS in trainings that a framework runs: one callback each; `sklearn`: an estimator.

Each module needs its framework, and nothing else imports it: `lightning` needs
Lightning, `transformers` needs Transformers, `skorch` needs skorch.
"""

from dirlib.fds.layer import FDS


def end_epoch(model):
    """Call ``end_epoch()`` of each :class:`dirlib.FDS` layer of a model.

    A ValueError says that the model holds no such layer.
    """
    layers = [module for module in model.modules() if isinstance(module, FDS)]
    if not layers:
        raise ValueError(
            f"{type(model).__name__} holds no dirlib.FDS layer: make the layer an "
            f"attribute of the model, or leave this callback out"
        )
    for layer in layers:
        layer.end_epoch()
