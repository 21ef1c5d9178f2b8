"""A network, an optimizer and an FDS layer that note what is done with them."""

import contextlib
import functools
import numbers

import torch
from torch import nn

from dirlib.bins import LabelBins
from dirlib.fds.layer import FDS

FEATURES = 2
_empty = functools.partial(torch.zeros, dtype=torch.float64)


class Notes:
    """What a network notes: its copies note it in the same place."""

    last_call = "is not called"

    def __deepcopy__(self, memo):
        return self


class Network(nn.Module):
    """Three inputs, two features, one prediction per sample; notes its last call.

    The features come out of a BatchNorm layer or of a tanh. With `answers`, every
    prediction is that number. All is float64: in float32 a weight that a step brings
    near 0 would hang on the processor's last bits.
    """

    def __init__(self, normalised=False, answers=None):
        super().__init__()
        linear = functools.partial(nn.utils.skip_init, nn.Linear)
        self.layers = nn.Sequential(
            linear(3, FEATURES, bias=not normalised),
            nn.BatchNorm1d(FEATURES) if normalised else nn.Tanh(),
        )
        self.regressor = linear(FEATURES, 1)
        generator = torch.Generator().manual_seed(5)
        for p in self.parameters():
            nn.init.uniform_(p, 0.2, 1.0, generator=generator)
        if answers is not None:
            nn.init.zeros_(self.regressor.weight)
            nn.init.constant_(self.regressor.bias, answers)
        self.double()
        self.notes = Notes()

    def features(self, x):
        self.notes.last_call = f"predicts in {mode(self)}"
        return self.layers(x)

    def forward(self, x):
        return predict(self, None, x, None)

    def weights(self):
        """All parameters in one vector."""
        return torch.cat([p.detach().flatten() for p in self.parameters()])


def predict(model, fds, x, y):
    """What a model predicts, [N]; its features go through `fds` unless that is None."""
    z = model.features(x)
    return model.regressor(z if fds is None else fds(z, y)).squeeze(-1)


class NotingSGD(torch.optim.SGD):
    """SGD that notes when it steps, and whether there is a gradient then."""

    def __init__(self, parameters):
        self.events, self.held = [], list(parameters)
        super().__init__(self.held, lr=0.1, momentum=0.5)
        for p in self.held:
            p.register_post_accumulate_grad_hook(
                lambda _: self.events.append("backward")
            )

    def step(self, closure=None):
        value = super().step(closure)
        some = any(p.grad is not None and p.grad.any() for p in self.held)
        self.events.append("step" if some else "empty step")
        return value

    def last_step(self):
        """Say how it stepped since the last question."""
        events, self.events = self.events, []
        steps = [i for i, event in enumerate(events) if "step" in event]
        if len(steps) != 1:
            return f"{len(steps)} times" if steps else "never"
        before, after = events[: steps[0]], events[steps[0] + 1 :]
        if after and not before:
            return "before backward()"
        if events[steps[0]] == "step":
            return "with a gradient"
        return "after its gradient is cleared" if before else "without a gradient"


class NotingFDS(FDS):
    """FDS after `epochs`: notes what it gets, refuses what can't be the features."""

    def __init__(self, epochs):
        super().__init__(FEATURES, LabelBins(0, 10, 1), kernel_size=5, sigma=1.5)
        for i, batches in enumerate(epochs):
            if i:
                self.end_epoch()
            for z, labels in batches:
                super().forward(z, labels)
        self.got_features, self.got_labels = _empty(0, FEATURES), _empty(0)

    def forward(self, z, labels):
        if z.ndim == 1 and getattr(labels, "ndim", 1) == 2:
            raise ValueError("fds takes the features first, and then the labels")
        if z.ndim != 2 or z.shape[1] != FEATURES:
            raise ValueError("fds got something that isn't the features z")
        result = super().forward(z, labels)
        labels = torch.as_tensor(labels).detach()
        self.got_features = torch.cat([self.got_features, z.detach()])
        self.got_labels = torch.cat([self.got_labels, labels])
        return result


def fds_after(epochs):
    """Return a layer that has seen these epochs, each a list of batches, or None."""
    return None if epochs is None else NotingFDS(epochs)


@contextlib.contextmanager
def one_thread():
    """Two threads wait for each other longer than such small batches take."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def call(answer, model, fds, *others):
    """Call an answer: its value, and whether it leaves gradients on.

    Its two ways to use a layer that is None get one error.
    """
    try:
        with torch.enable_grad():  # whatever the answer leaves behind is undone here
            value = answer(model, fds, *others)
            return value, torch.is_grad_enabled()
    except (AttributeError, TypeError) as error:
        if fds is None and "NoneType" in str(error):
            raise TypeError("fds is None here") from error
        raise


def mode(module):
    """Say which mode a module and its parts are in."""
    training = {m.training for m in module.modules()}
    if len(training) == 2:
        return "train() mode in parts, eval() mode in others"
    return "train() mode" if training.pop() else "eval() mode"


def kind(value):
    """Say what a value is, for people."""
    if isinstance(value, numbers.Real):  # NumPy's numbers are as good
        return "a Python float"
    if isinstance(value, torch.Tensor) and value.requires_grad:
        return "a tensor with its graph"
    return f"of the type {type(value).__name__}"


def uniform(generator, low, high, *shape):
    """Random numbers between two limits."""
    return (low + (high - low) * torch.rand(shape, generator=generator)).double()
