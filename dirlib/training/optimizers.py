"""Optimizers and learning-rate schedules by name, for `dirlib.training.fit`."""

import math
from functools import partial

from torch.optim import SGD, Adam, lr_scheduler

from dirlib.arguments import check_choice

OPTIMIZERS = {"adam": Adam, "sgd": partial(SGD, momentum=0.9, weight_decay=1e-4)}
# Each is stepped once per batch, `steps` times in all.
SCHEDULES = {
    "onecycle": lambda optimizer, lr, steps: lr_scheduler.OneCycleLR(
        optimizer, max_lr=lr, total_steps=steps
    ),
    # Times 0.1 at epochs 60 and 80 of 90, as Yang et al. (2021) do.
    "step": lambda optimizer, lr, steps: lr_scheduler.MultiStepLR(
        optimizer, [math.ceil(steps * 2 / 3), math.ceil(steps * 8 / 9)]
    ),
    "cosine": lambda optimizer, lr, steps: lr_scheduler.CosineAnnealingLR(
        optimizer, steps
    ),
    "constant": lambda optimizer, lr, steps: lr_scheduler.LambdaLR(
        optimizer, lambda step: 1.0
    ),
}


def make_optimizer(name, schedule, parameters, lr, steps):
    """Return an optimizer of parameters, and its schedule over so many steps (batches).

    "adam", or "sgd" with momentum 0.9 and weight decay 1e-4. The learning rate goes
    through one cycle ("onecycle") up to `lr`, which is above 0, and down; is `lr` times
    0.1 after 2/3 and after 8/9 of the steps ("step"); falls to 0 along a cosine
    ("cosine"); or stays `lr` ("constant").
    """
    check_choice("optimizer", name, OPTIMIZERS)
    check_choice("schedule", schedule, SCHEDULES)
    if not 0 < lr < float("inf"):
        raise ValueError(f"lr must be finite and above 0, but got {lr}")
    optimizer = OPTIMIZERS[name](list(parameters), lr=lr)
    return optimizer, SCHEDULES[schedule](optimizer, lr, steps)
