# %% [markdown]
# # Lesson 2 · Kernel density estimation and LDS
#
# Lesson 1 left a puzzle: ages with equally few images had very different errors. So count
# with the neighbours, and turn the result into weights: **label distribution smoothing**, LDS.
# At the end your own LDS trains a network. Who gains?
#
# <details><summary>What you need, and what you will be able to do</summary>
#
# You need [lesson 1](../01_imbalance/01_imbalance.ipynb): bins, shot regions, neighbours.
#
# You will be able to *turn* a bump into a window (exercise 2.1), *smooth* counts (2.2),
# *derive* weights and say what they cost (2.3), *write* a weighted loss (2.4), and *judge*
# LDS against plain re-weighting.
#
# </details>
#
# | part | minutes |
# |---|---|
# | Opening | 4 |
# | 1. From a bump to a window | 12 |
# | 2. The density that a network feels | 12 |
# | 3. From density to weights | 10 |
# | 4. Tuning the kernel | 6 |
# | 5. A loss with weights | 9 |
# | 6. Your LDS trains a network | 9 |
# | Take-away | 1 |
# | **core, together** | **63** |
# | Deep · Open challenge: weights of your own | 11 |
# | Deep · A rival that knows no neighbours | 9 |
# | Deep · KDE by hand | 13 |
# | Deep · Wrong labels | 3 |
# | Deep · What the published code does differently | 8 |
# | Deep · A comb of labels | 3 |
# | Deep · Quiz | 1 |

# %%
import numpy as np
import torch

import dirlib
from course.lesson2 import (
    AGES, challenge, check, explorers, faces, figures, guess, label_counts, load_runs,
    train_ages,
)  # fmt: skip

# %% [markdown]
# Blue shows how many training images each age has. Red is the error of a network, *upside
# down*: high where the network is good. In which panel does red follow blue?

# %%
runs = load_runs("faces")
counts = runs.train_counts
error = runs.error_by_age("vanilla").mean(0)
teaser = dirlib.smooth_bins(counts, dirlib.kernel_window("gaussian", 9, 3.0))
panels = {"counts": counts, "counts, smoothed": teaser}
fig = figures.density_and_error(AGES, panels, error)

# %% [markdown]
# Between 20 and 60 the counts jump from age to age, and the network hardly notices. What it
# feels looks more like the right panel. That alone proves little: a smooth error would look
# like this, whatever its cause.
#
# <details><summary>The picture in words</summary>On the left the blue steps jump up and down;
# on the right they are smooth, and fall from 40 to 80 as the red line does. Beyond 80, at 87
# for example, red jumps with blue: where neighbours have few images to lend, an age's own
# images count.</details>
#
# ## 1. From a bump to a window
#
# An image of age 30 teaches more about age 33 than about 60. So put a small **bump** on each
# label: it spreads what the image teaches over the ages nearby. Here are six labels. Where
# will their bumps add up to most?

# %%
few_labels = [27, 30, 31, 44, 46, 46]
fig = figures.bumps(few_labels, sigma=2.0, grid=np.linspace(18, 56, 400))

# %% [markdown]
# The red line is high where labels are many *or close together*. This is **kernel density
# estimation**, KDE.
#
# <details><summary>The picture in words</summary>Six thin blue bumps, two of them on the label
# 46. A thick red line adds them up: a hill around 30 and a higher one around 45.</details>
#
# On bins of a year a bump becomes a short list of numbers, a **window**. Its length, the
# *size*, is odd, so that it has a middle. The paper asks for a **symmetric kernel**: only the
# distance $d = |y - y'|$ counts, so age 30 teaches 33 as much as 33 teaches 30.
#
# ### Exercise 2.1 · A window from any bump
#
# **What.** Turn a bump, a function of the distance, into a window. Keep the bump's
# proportions, and make the window sum to 1.
#
# **Why.** A window that sums to 1 moves images to other bins, and neither makes nor loses any.
#
# *About 5 minutes · 3 points · core*


# %% grade_id="window" role="solution"
def window(bump, size):
    """Return the window of a bump.

    bump: a function that takes an array of distances in bins, each 0 or more, and
    returns the height at each; size: odd int, in bins.
    Returns a float array [size] that sums to 1, with the distance 0 in its middle.

    Worked number: window(lambda d: 2.0 - d, 3) gives [0.25, 0.5, 0.25].
    """
    ### BEGIN SOLUTION
    h = size // 2
    d = np.abs(np.arange(-h, h + 1))
    k = bump(d)
    return k / k.sum()
    ### END SOLUTION


# %% grade_id="window_check" points=3 role="test"
check.window(window)

# %% [markdown]
# <details><summary>Hint 1</summary>Make the distances first: for size 5 they are
# 2, 1, 0, 1, 2.</details>
# <details><summary>Hint 2</summary>With h = size // 2, np.abs(np.arange(-h, h + 1)) makes
# them.</details>
# <details><summary>Hint 3</summary>Call bump once, with all distances, and divide by the
# sum.</details>
# <details><summary>Common mistakes</summary>Differences instead of distances; dividing by
# the maximum; leaving the last place out.</details>
#
# Here are the paper's three bumps. Which of them trusts the nearest neighbours most?

# %%
window = check.window.or_library(window)
my_window = window(lambda d: np.exp(-(d**2) / (2 * 3.0**2)), 9)  # Gaussian, sigma 3
three = {
    "gaussian": my_window,
    "laplace": window(lambda d: np.exp(-d / 3.0), 9),
    "triangular": window(lambda d: 1 - d / 5, 9),
}
fig = figures.windows(three)

# %% [markdown]
# The Laplace window: it has the sharpest peak. In the library `my_window` is
# `dirlib.kernel_window("gaussian", 9, 3.0)`.
#
# ## 2. The density that a network feels
#
# Lay the window over the counts, bin after bin; multiply, and add up. This is equation 1 of
# the paper, on bins:
#
# $$\tilde p_b = \sum_{d=-h}^{h} k_d \, p_{b+d}$$
#
# $p$ is the **empirical** density, or the counts; $\tilde p$ is the **effective** density,
# with the neighbours.
#
# At both ends the window reaches beyond the edge. There `"zero"` counts nothing;
# `"renormalize"` scales the part inside up to the sum 1.
#
# ### Exercise 2.2 · Smoothing along bins
#
# **What.** Smooth the values with the window, for the edges `"zero"` and `"renormalize"`.
#
# **Why.** Many rare labels live at the edges, so what you assume there decides their weights.
#
# *About 9 minutes · 2 points · core*


# %% grade_id="smooth" role="solution"
def smooth(values, kernel, edges):
    """Smooth values along the bins.

    values: array [B], of floats or of counts (int); kernel: a window, float array [K],
    symmetric with sum 1, K odd and at most B;
    edges: "zero" or "renormalize". Returns a float array [B].

    Worked number: with values [3, 0, 0, 0] and kernel [0.25, 0.5, 0.25], "zero" gives
    [1.5, 0.75, 0, 0] and "renormalize" [2, 0.75, 0, 0].
    """
    ### BEGIN SOLUTION
    h = len(kernel) // 2
    padded = np.pad(values, h)
    inside = np.pad(np.ones(len(values)), h)
    smoothed, share = np.zeros(len(values)), np.zeros(len(values))
    for d, k in enumerate(kernel):
        smoothed += k * padded[d : d + len(values)]
        share += k * inside[d : d + len(values)]
    return smoothed / share if edges == "renormalize" else smoothed
    ### END SOLUTION


# %% grade_id="smooth_check" points=2 role="test"
check.smooth(smooth)

# %% [markdown]
# <details><summary>Hint 1</summary>np.pad(values, h) puts h zeros on both sides; then the
# window fits everywhere, and bin b is (padded[b : b + len(kernel)] * kernel).sum().
# </details>
# <details><summary>Hint 2</summary>Smooth an array of ones in the same way: it shows how
# much of the window lies inside at each bin.</details>
# <details><summary>Hint 3</summary>For "renormalize" divide the smoothed values by the
# smoothed ones.</details>
# <details><summary>Common mistakes</summary>np.roll, which goes round in a circle;
# np.convolve with mode="valid", which drops bins; one factor for all bins;
# np.zeros_like(values), which holds only whole numbers when values does.</details>
#
# ## 3. From density to weights
#
# A rare sample should count more in the *loss*. Two schemes are common:
#
# - **INV**, "inverse": $w_i \propto 1 / \tilde p(y_i)$
# - **SQINV**, "square-root inverse", the gentle one: $w_i \propto 1 / \sqrt{\tilde p(y_i)}$
#
# $\propto$ means "in proportion to". Over the *training samples* the weights get the mean 1, so
# that the loss keeps its size.
#
# ### Exercise 2.3 · Weights
#
# **What.** Return one weight per sample, with mean 1 over the samples.
#
# **Why.** This is LDS, the whole method: count, smooth, invert.
#
# *About 5 minutes · 2 points · core*


# %% grade_id="weights" role="solution"
def weights(density, index, scheme):
    """Return the weight of each sample.

    density: float array [B], the smoothed density or counts of each bin;
    index: int array [N], the bin of each sample; scheme: "inverse" or "sqrt_inverse".
    Returns a float array [N] with mean 1.

    Worked number: density [1, 2, 4], index [0, 2, 2, 2] and "inverse"
    give [2.286, 0.571, 0.571, 0.571].
    """
    ### BEGIN SOLUTION
    p = density[index]
    w = 1 / p if scheme == "inverse" else 1 / np.sqrt(p)
    return w / w.mean()
    ### END SOLUTION


# %% grade_id="weights_check" points=2 role="test"
check.weights(weights)

# %% [markdown]
# <details><summary>Hint 1</summary>density[index] looks up the density of every sample at
# once.</details>
# <details><summary>Hint 2</summary>1 / p is INV, 1 / np.sqrt(p) is SQINV.</details>
# <details><summary>Hint 3</summary>Divide by the mean over the samples.</details>
# <details><summary>Common mistakes</summary>Scaling by the mean over the bins, which
# counts an empty bin like a full one; weights that sum to 1; one weight per bin.</details>
#
# Weights have a price: when few samples carry the loss, its gradient is noisy. The
# **effective sample size** $(\sum w)^2 / \sum w^2$ says how many samples of equal weight
# would be worth as much. Does smoothing raise it? See the legend.

# %%
smooth = check.smooth.or_library(smooth)
felt = smooth(counts, my_window, "zero")
densities = {"counts": counts, "smoothed": felt}
schemes = {"INV": "inverse", "SQINV": "sqrt_inverse"}
fig = figures.weights_by_bin(AGES, counts, densities, schemes)

# %% [markdown]
# INV is costly: all its samples are worth fewer than 1,000 of equal weight. LDS makes both
# schemes cheaper, because a rare age beside common ones no longer counts as rare.
#
# <details><summary>The picture in words</summary>The grey line, weights from plain counts,
# jumps from age to age; the red one, with LDS, runs smoothly through it. On the logarithmic
# axes INV spans a wider range than SQINV.</details>
#
# ## 4. Tuning the kernel
#
# Now move all of this, with the mouse or with the Tab and arrow keys. Begin at size 1, without
# smoothing, and widen the window. What do the three numbers do? Where would you stop?

# %%
explorer = explorers.kernel_tuning(AGES, counts, error)
explorer

# %% [markdown]
# <details><summary>Answer</summary>
#
# The first steps bring most: from size 1 to 9 the correlation comes clearly closer to -1,
# and the effective sample size grows by about half. From there on little changes. But the
# correlation proves little: that of an error without neighbours gains as much, as a deep part
# shows. The largest weight belongs to age 100. Set *beyond the edges* to "renormalize", and it
# falls, because the last ages no longer look rarer than they are. So no number in this picture
# chooses for you. What counts is which kernel *trains* best, on validation data and never on
# the test set.
#
# </details>
#
# ## 5. A loss with weights
#
# Each error gets its weight: $L = \frac{1}{N} \sum_i w_i \, |y_i - \hat y_i|$.
# Networks often return a column [4, 1]; labels are a row [4].

# %%
guess.choice("2.1", "The shape of [4, 1] minus [4]?", ["an error", "[4]", "[4, 4]"])

# %%
column, row = torch.zeros(4, 1), torch.tensor([0.0, 1.0, 2.0, 3.0])
guess.compare("2.1", str(list((column - row).shape)))

# %% [markdown]
# PyTorch repeats both until every prediction meets every label: **broadcasting**.
#
# ### Exercise 2.4 · The weighted L1 loss
#
# **What.** Return the weighted loss; raise a `ValueError` unless all shapes are equal.
#
# **Why.** This bug gives no error message.
#
# *About 5 minutes · 2 points · core*


# %% grade_id="weighted_l1" role="solution"
def weighted_l1(y_hat, y, w):
    """Return (1/N) * sum of w_i * |y_i - y_hat_i|.

    y_hat, y, w: float tensors [N], all of one shape; other shapes: ValueError.
    Returns a scalar tensor that gradients flow through, back to y_hat.

    Worked number: y_hat = [1, 2], y = [2, 4], w = [0.5, 1.5] give 1.75.
    """
    ### BEGIN SOLUTION
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError(f"shapes differ: {y_hat.shape}, {y.shape}, {w.shape}")
    return (w * (y - y_hat).abs()).mean()
    ### END SOLUTION


# %% grade_id="weighted_l1_check" points=2 role="test"
check.weighted_l1(weighted_l1)

# %% [markdown]
# <details><summary>Hint 1</summary>Compare y_hat.shape, y.shape and w.shape first.
# </details>
# <details><summary>Hint 2</summary>raise ValueError("...") stops the function with a
# message; put the shapes into it.</details>
# <details><summary>Hint 3</summary>Multiply each absolute error by its weight, and take
# the mean at the very end.</details>
# <details><summary>Common mistakes</summary>Dividing by the sum of the batch's weights;
# .item() or NumPy, which cut the gradient; the mean before the weights.</details>
#
# ## 6. Your LDS trains a network
#
# Put it together: `my_lds` counts, smooths and inverts with *your* functions, and your loss
# trains for about a minute.

# %%
weights = check.weights.or_library(weights)
weighted_l1 = check.weighted_l1.or_library(weighted_l1)


def my_lds(labels):
    """LDS, from labels to weights, by your functions."""
    bin_of = AGES.index(labels)
    felt = smooth(AGES.counts(labels), my_window, "zero")
    return weights(felt, bin_of, "sqrt_inverse")


# %% tags=["nbval-ignore-output", "wait-50"]
model = train_ages(my_lds, seed=0, loss=weighted_l1)
test = faces("test")
yours = dirlib.predict(model, test.images)

# %% [markdown]
# Its rivals are recorded, five seeds each: `vanilla` has no weights, `sqinv` weights from
# plain counts, and `sqinv+lds` is what you built.

# %%
guess.choice(
    "2.2",
    "Where does the few-shot error fall most?",
    ["from vanilla to SQINV", "from SQINV to SQINV + LDS", "both about the same"],
)

# %% tags=["nbval-ignore-output"]
shown = ["vanilla", "sqinv", "sqinv+lds"]
fig = figures.who_gains(runs, shown, yours)
guess.compare("2.2", "from vanilla to SQINV")

# %% [markdown]
# The oldest gain about ten years. The crowd pays about one. Most of this comes from the weights
# as such: SQINV and SQINV + LDS lie close together.
#
# <details><summary>The picture in words</summary>Left, the error by age, over ten years each;
# vanilla's rises most steeply. Right, the few-shot error, a mark per seed and a bar for their
# mean.</details>
#
# Which of these ten rare faces does your network guess older than vanilla does?

# %% tags=["nbval-ignore-output"]
ages = [0, 1, 2, 63, 68, 74, 80, 86, 93, 100]
some = [np.flatnonzero(test.labels == age)[0] for age in ages]
before = runs.predictions("vanilla")[0]
shown = {"vanilla": before[some], "yours": yours[some]}
fig = figures.faces_with_guesses(test.images[some], test.labels[some], shown)

# %% [markdown]
# On average over the oldest, SQINV + LDS guesses higher than vanilla, and still too young.
#
# What does *LDS* itself add? Compare it with its **control**, the same weights without it, seed
# by seed. Left of 0 LDS is better.

# %%
pairs = {
    f"{region}-shot: {base.upper()} + LDS minus {base.upper()}": (
        runs.score(base, region),
        runs.score(f"{base}+lds", region),
    )
    for region in ("few", "many")
    for base in ("sqinv", "inv")
}
fig = figures.forest(pairs)

# %% [markdown]
# These steps are tenths of a year, beside the years of re-weighting. Where a 95 % interval
# crosses 0, five seeds can't tell LDS from no effect. A comparison with vanilla alone would
# have credited LDS with everything.
#
# ## Deep · Open challenge: weights of your own
#
# The deep parts go further; nothing else needs them. This one has no single right answer.
# Invent a bump, choose size, edges and scheme, or find another way from labels to weights.
# Your loss trains for five epochs. The score is the mean error on *validation* faces, ten of
# each age. The number to beat is what `my_lds` reaches in as many epochs. Leave the test faces
# out of it.
#
# *About 8 minutes · no points · deep*


# %% tags=["nbval-ignore-output", "wait-20"]
def my_choice(labels):
    """From labels to weights with mean 1: change whatever you like."""
    bin_of = AGES.index(labels)
    felt = smooth(AGES.counts(labels), window(lambda d: np.exp(-d / 2), 5), "zero")
    return weights(felt, bin_of, "sqrt_inverse")


val = faces("val")
short = train_ages(my_choice, seed=0, loss=weighted_l1, epochs=5)
miss = np.abs(dirlib.predict(short, val.images) - val.labels)
challenge.report("2", miss.mean(), to_beat=13.5, unit="years")

# %% [markdown]
# ## Deep · A rival that knows no neighbours
#
# Does the error follow what you smoothed? With plain counts, Pearson's correlation is about
# -0.5.

# %%
guess.number("2.3", "With smoothed counts, the correlation is", low=-1, high=0)

# %%
panels = {
    "counts": (counts, error, "images per age", "error (years)"),
    "smoothed": (felt, error, "smoothed images per age", "error (years)"),
}
fig = figures.density_against_error(panels)
guess.compare("2.3", dirlib.pearson(felt, error))

# %% [markdown]
# On every seed the error follows the smoothed counts better. Does that show that ages teach
# each other? **No!** Here is a rival: an error that is exactly the distance from age 37, and
# knows nothing of counts. Does smoothing bring it closer to -1, too?
#
# <details><summary>The picture in words</summary>Two clouds, one point per age, with different
# scales below. Smoothing draws the cloud together.</details>

# %%
rival = np.abs(np.arange(AGES.n_bins) - 37.0)
panels = {
    "counts": (counts, rival, "images per age", "distance from 37 (years)"),
    "smoothed": (felt, rival, "smoothed images per age", "distance from 37 (years)"),
}
fig = figures.density_against_error(panels)
for name, of_error in (("the network", error), ("the rival", rival)):
    r = [dirlib.pearson(density, of_error) for density in (counts, felt)]
    print(f"{name}: Pearson {r[0]:.2f} with counts, {r[1]:.2f} with smoothed counts")

# %% [markdown]
# Smoothing brings the rival closer to -1 by as much as the network, although the rival
# knows no neighbour. So a higher correlation shows that the error is smooth, and no more.
#
# That is why we trained again, with some images taken away. Age 55 has 16 images of its own,
# and about 370 within five years. Age 42 has 450, and more than 1,100 around it.

# %%
guess.choice(
    "2.4",
    "What hurts the error at age 55 more?",
    ["losing its own 16 images", "losing the images of its neighbours"],
)

# %%
lost = {"age {}": "its own images", "the neighbours of {}": "its neighbours"}
changes = {}
for age in (55, 42):
    whole = runs.error_by_age("vanilla")[:, age]
    for what, name in lost.items():
        without = runs.error_by_age(f"vanilla, without {what.format(age)}")[:, age]
        changes[f"age {age} without {name}"] = (whole, without)
fig = figures.forest(changes, xlabel="change of the error at that age (years)")
guess.compare("2.4", "losing the images of its neighbours")

# %% [markdown]
# Age 55 hardly misses its own images; losing its neighbours costs it more. Age 42 has hundreds
# of its own, and gets worse without neighbours, too. The place of each age is the same in all
# runs, so a rival that knows only places can't explain this. Neighbours teach.
#
# <details><summary>Fine print: what this can and can't tell</summary>
#
# It can tell that the neighbours' images matter at these two ages. It can't tell *how
# much* an image of a neighbour is worth, because the neighbours have many more images than
# the age itself. It says nothing of the oldest ages, whose neighbours have few images to lend.
# Each point rests on 15 test faces per seed.
#
# What about lesson 1's patterns, whose classes are strangers to each other? There smoothing
# makes the correlation weaker. So smoothing isn't a trick that always helps. But strangers
# have no distance from a crowd either, so the rival survives that test.
#
# </details>
#
# ## Deep · KDE by hand
#
# In part 1 bumps were added up. As a formula, with a Gaussian bump of width $\sigma$ on each
# of $N$ labels $y_i$:
#
# $$\hat p(y') = \frac{1}{N} \sum_{i=1}^{N} \frac{1}{\sqrt{2 \pi} \sigma}
# e^{-(y' - y_i)^2 / (2 \sigma^2)}$$
#
# Each bump has the area 1, and so has their mean: that makes $\hat p$ a density.
#
# ### Exercise 2.5 · KDE by hand
#
# **What.** Return $\hat p$ at every point of a grid.
#
# **Why.** LDS is a KDE on bins. Once you have written one, you know what $\sigma$ means.
#
# *About 6 minutes · 2 points · deep*


# %% grade_id="kde" role="solution"
def kde(grid, labels, sigma):
    """Return a Gaussian kernel density estimate.

    grid: float array [G]; labels: float array [N], N can be 1; sigma: float; all in
    label units.
    Returns a float array [G], in 1 / label unit.

    Worked number: kde(np.array([30.0]), np.array([30.0]), 1.0) gives [0.3989].
    """
    ### BEGIN SOLUTION
    u = (grid[:, None] - labels[None, :]) / sigma
    bumps = np.exp(-(u**2) / 2) / (np.sqrt(2 * np.pi) * sigma)
    return bumps.mean(axis=1)
    ### END SOLUTION


# %% grade_id="kde_check" points=2 role="test"
check.kde(kde)

# %% [markdown]
# <details><summary>Hint 1</summary>You need every difference of a grid point and a label:
# an array [G, N].</details>
# <details><summary>Hint 2</summary>grid[:, None] - labels[None, :] makes it.</details>
# <details><summary>Hint 3</summary>Take the mean over the labels, axis 1.</details>
# <details><summary>Common mistakes</summary>A sum instead of the mean; a bump whose
# area isn't 1; the mean over the wrong axis; np.unique, which drops equal labels.</details>
#
# Now your KDE of the 5,000 training labels, with bumps of three widths. Which would you
# trust?

# %%
kde = check.kde.or_library(kde)
years, all_ages = np.linspace(0, 101, 203), np.repeat(AGES.centers, counts)
curves = {f"sigma = {s} years": kde(years, all_ages, s) for s in (0.5, 3.0, 12.0)}
fig = figures.densities(AGES, counts, years, curves)

# %% [markdown]
# The width says who counts as a neighbour. If it is too narrow, you are back at the counts. If
# it is too wide, everybody is everybody's neighbour.
#
# <details><summary>The picture in words</summary>Three panels over the same pale bars, the
# share of each age. With 0.5 years the red line jumps as the bars do; with 3 years it keeps
# their hills; with 12 years one wide hill is left.</details>
#
# ### scipy's bandwidth
#
# The width of the bumps is also called the **bandwidth**. scipy has a KDE too, and its
# parameter for the bandwidth is `bw_method`. **Predict:** if you give it 3.0, do you get
# bumps of 3 years?

# %%
from scipy.stats import gaussian_kde

std = all_ages.std(ddof=1)  # as scipy computes it
curves = {
    "yours, 3 years": kde(years, all_ages, 3.0),
    "bw_method=3.0": gaussian_kde(all_ages, 3.0)(years),
    "bw_method=3.0 / std": gaussian_kde(all_ages, 3.0 / std)(years),
}
fig = figures.densities(AGES, counts, years, curves)

# %% [markdown]
# No: the second panel is flat. scipy multiplies `bw_method` by the standard deviation of the
# labels, so 3.0 means bumps of almost half the label range. Divide by the standard deviation,
# and scipy agrees with you.
#
# ## Deep · Wrong labels
#
# Does LDS help against wrong labels? As in sets collected from the web, 5 % of our training
# faces carry a wrong label. Take an age with three images, one of them wrong. Without
# smoothing the mistake gets a large weight; with LDS only if the neighbours are rare, too. So
# without wrong labels the gain should shrink. We trained again with all labels right. Did it?

# %%
gains = {}
for base in ("sqinv", "inv"):
    for kind, ending in (("some labels wrong", ""), ("all right", ", right labels")):
        both = [runs.score(m + ending, "few") for m in (base, f"{base}+lds")]
        gains[f"{base.upper()} + LDS minus {base.upper()}, {kind}"] = both
fig = figures.forest(gains, xlabel="difference in few-shot error (years)")

# %% [markdown]
# Over INV, which trusts a rare label most, LDS brings next to nothing when all labels are right:
# there the story fits. Over SQINV its step hardly changes, and five seeds can't tell. A story that
# sounds right still has to be tested, here with more seeds.
#
# ## Deep · What the published code does differently
#
# The paper's code and the paper's formula aren't the same method. To see what each
# difference does, we run both on the labels of AgeDB-DIR with the code's own settings: a
# Gaussian window of size 5 and $\sigma = 2$, and one bin per year from 0 to 120.
#
# **The window.** The code puts a 1 between four zeros, and filters these five numbers with
# scipy. What should fall outside is mirrored back in. What does that do to the window?

# %%
from scipy.ndimage import convolve1d, gaussian_filter1d

theirs = gaussian_filter1d(np.array([0.0, 0.0, 1.0, 0.0, 0.0]), sigma=2)
exact = dirlib.kernel_window("gaussian", 5, 2.0)
fig = figures.windows({"published code": theirs, "Gaussian, cut at 5 bins": exact})

# %% [markdown]
# The published window is almost flat, while the Gaussian falls to less than two thirds of its
# middle.
#
# **The order, and the clip.** With SQINV the code takes the root of the counts *before* it
# smooths them. With INV it first **clips** the counts: each one below 5 becomes 5, and each
# one above 1,000 becomes 1,000. Its smoothed counts then lose their decimals.


# %%
def published(counts, scheme):
    """The smoothed table of the published code, in our words."""
    table = np.zeros(121, int)
    table[: len(counts)] = counts
    inverse = scheme == "inverse"
    table = np.clip(table, 5, 1000) if inverse else np.sqrt(table)
    return convolve1d(table, theirs / theirs.max(), mode="constant")


# %%
agedb = label_counts("agedb-dir")
bin_of_image = agedb.bins.index(agedb.labels)
for scheme in ("sqrt_inverse", "inverse"):
    by_window = {"Gaussian": exact, "published window": theirs}
    found = {k: dirlib.smooth_bins(agedb.counts, w) for k, w in by_window.items()}
    w = {k: dirlib.density_weights(p[bin_of_image], scheme) for k, p in found.items()}
    table = published(agedb.counts, scheme)[bin_of_image]  # its root is taken already
    w["published code"] = dirlib.density_weights(table, "inverse")
    for name, each in w.items():
        worth, span = dirlib.effective_sample_size(each), each.max() / each.min()
        print(f"{scheme:<12} {name:<16} worth {worth:6,.0f}, max/min {span:4.1f}")

# %% [markdown]
# The flatter window changes almost nothing here. The order does: with the root first, the
# weights of SQINV spread half as wide again, and fewer samples carry the loss. For INV the
# clip does the opposite: no age is rarer than five images, so the weights are far tamer than
# the formula's. Neither is wrong, but they are different methods, and a report should say
# which one it ran. (The published window is divided by its maximum, and not by its sum. That
# changes nothing, because the weights are scaled to the mean 1.)
#
# ## Deep · A comb of labels
#
# STS-B-DIR asks how similar two sentences are, on a scale from 0 to 5. In its training set a
# single pair lies in [2.9, 3.0), beside 357 in the next bin. Round scores are more common, so
# the counts look like a comb. **Predict:** which weight does INV give to the lonely pair?

# %%
comb = label_counts("sts-b-dir")
bare = dirlib.density_weights(comb.counts[comb.bins.index(comb.labels)], "inverse")
lds = dirlib.lds_weights(comb.labels, comb.bins, "gaussian", 5, 2.0, "inverse")
for name, each in (("no smoothing", bare), ("LDS", lds)):
    worth = dirlib.effective_sample_size(each)
    print(f"{name:<12} largest {each.max():5.1f}, worth {worth:5,.0f} of {len(each):,}")

# %% [markdown]
# The lonely pair gets the weight of about a hundred ordinary ones, though it differs by a tenth
# of a point from hundreds of others. LDS counts the full bin beside it, and no weight is large.
#
# ## Deep · Quiz
#
# Choose an answer, then open it.
#
# **1. An age has 2 images and its neighbours have 200 each. What does LDS do to its INV
# weight?**
#
# <details><summary>A. It raises it, because the age is rare.</summary>No. INV without LDS
# does so. LDS sees the neighbours.</details>
# <details><summary>B. Nothing, as 2 images are 2 images.</summary>No: LDS counts 2 images
# plus a share of the 200 on each side.</details>
# <details><summary>C. It lowers it a great deal.</summary>Right: the effective density
# there is high, since the network learns this age from its neighbours.</details>
#
# **2. Your few-shot error falls by 5 years with LDS against vanilla. What do you run
# next?**
#
# <details><summary>A. Nothing: LDS works.</summary>No. You don't know how much of it plain
# re-weighting brings.</details>
# <details><summary>B. The same weights without smoothing, several seeds of each.</summary>
# Right: then the difference belongs to LDS, and the seeds say whether it is real.</details>
# <details><summary>C. Other kernels, until the test error is lowest.</summary>No: that is
# tuning on the test set. Use validation data.</details>
#
# ## Take-away
#
# - LDS counts, smooths and inverts. A bump says who counts as a neighbour.
# - That smoothed counts follow the error shows only that the error is smooth. Neighbours do
#   teach: in lesson 1 age 42 got worse without them.
# - The effective sample size tells the price of weights. Smoothing lowers that price.
# - Judge LDS against the same weights without smoothing, in pairs, over seeds.
#
# <details><summary>Go further</summary>
#
# Yang et al., ICML 2021, arXiv:2102.09554, section 3.1, is the paper's own account. Steininger
# et al., "Density-based weighting for imbalanced regression", Machine Learning, 2021, take
# weights from a KDE without bins. For a table of your own, `dirlib.lds_weights` gives
# scikit-learn its `sample_weight`.
#
# </details>
