"""Losses for regression, each with a weight per sample.

`prediction`, `target` and `weights` have the same shape, and nothing broadcasts: from
shapes [N] and [N, 1] comes [N, N], every prediction meets every label, and training
goes wrong without a word. Targets and weights may be arrays, as `dirlib.lds_weights`
gives them: they are brought to the prediction's device and dtype.

"mean" divides by N, the number of elements, and not by the sum of the weights. They are
expected to have mean 1 over the *training set*, as `dirlib.lds_weights` makes them, so
that the mean over a batch estimates the weighted loss of the set without bias. Divided
by the sum in the batch, a rare label would count less beside others, and the weight of
a batch of one sample would have no effect.

The loss has the dtype of the prediction, but float32 where that is a half precision:
between 64 and 128, bfloat16 steps by half a year of age.

Of the values only weights on the CPU are checked, and not in `torch.compile`: on a GPU
the look would make each step wait. A NaN in the prediction gives a NaN loss. Under
`torch.func.vmap` you apply the weights yourself.
"""

from dirlib.losses.balanced import BalancedMSE, balanced_mse_loss
from dirlib.losses.weighted import focal_r_loss, huber_loss, l1_loss, mse_loss

__all__ = [
    "BalancedMSE", "balanced_mse_loss", "focal_r_loss", "huber_loss", "l1_loss",
    "mse_loss",
]  # fmt: skip
