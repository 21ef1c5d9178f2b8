# %% [markdown]
# # Lesson 4 · Building FDS
#
# In lesson 3, neighbours knew a rare age's feature statistics better than its own few images
# did. Here you build the layer that uses this while a network trains: **feature distribution
# smoothing**, FDS. At the end *your* layer trains a network.
#
# **You will be able to** smooth statistics by the samples of their bins, calibrate features
# with them, and write a layer with a memory that is saved and loaded.
#
# **Before you start.** Lessons 2 (windows) and 3 (statistics of bins), and one
# `torch.nn.Module` that you wrote or read.
#
# | part | minutes |
# |---|---|
# | Opening | 3 |
# | 1. Where FDS sits | 2 |
# | 2. Smoothed statistics | 11 |
# | 3. One bump onto another | 16 |
# | 4. Momentum | 11 |
# | 5. The layer and its memory | 19 |
# | 6. With and without FDS | 6 |
# | Take-away | 2 |
# | **core, together** | **70** |
# | Deep · Open challenge: better settings | 18 |
# | Deep · Age by age | 7 |
# | Deep · What changes in the features | 8 |
# | Deep · Features move together | 13 |
# | Deep · How much can seven samples tell? | 14 |
# | Deep · Shrinkage | 11 |
# | Deep · Roots and re-colouring | 38 |
# | Deep · Four ways to get it wrong | 10 |
#
# You can skip any exercise: the rest of the lesson still runs.

# %%
import numpy as np
import torch

import dirlib
from course.lesson4 import (
    AGES, METHODS, WEIGHTS, EpochEnd, ages_nearer, broken_layers, challenge,
    change_by_age, check, explorers, faces, figures, guess, load_features, load_runs,
    load_statistics, similarity_to_age_0, smoothed_tables, train_ages, with_and_without,
)  # fmt: skip

runs = load_runs("faces")
counts = runs.train_counts
window = dirlib.kernel_window("gaussian", 15, 5.0)

# %% [markdown]
# ## 1. Where FDS sits
#
# In lesson 3, smoothing took away about half of a rare mean's distance to the held-out one. So
# let the network learn from the smoothed statistics: that is FDS. When does it smooth, with
# each batch or once an epoch?

# %%
fig = figures.layer_diagram()

# %% [markdown]
# *Above: FDS stands between backbone and regressor, and is left out at inference. Below: an
# epoch collects statistics; its end smooths them for the next.*
#
# ## 2. Smoothed statistics
#
# The paper smooths means as LDS smooths counts, with a kernel $k$ of the labels' distance:
# $\tilde\mu_b = \sum_{b'} k(y_b, y_{b'})\,\mu_{b'}$. There a mean of two images weighs as much
# as one of four hundred. So let each bin count **by its samples** $N_{b'}$, and divide by what
# lies under the window:
#
# $$\tilde\mu_b = \frac{\sum_{b'} k(y_b, y_{b'})\,N_{b'}\,\mu_{b'}}
# {\sum_{b'} k(y_b, y_{b'})\,N_{b'}}$$

# %% [markdown]
# ### Exercise 4.1 · Smoothed statistics
#
# **What.** Smooth a statistic along the bins, each bin counting by its samples.
#
# **Why.** This is the S in FDS. What happens at the ends, and in a bin with no neighbour?
#
# *About 8 minutes · 2 points*


# %% grade_id="smoothed_statistics" role="solution"
def smoothed_statistics(values, count, window):
    """Smooth the bins' statistics along the bins, each bin counting by its samples.

    values: float array [B, D], 0 in a bin without samples; count: int array [B];
    window: float array [K], symmetric, K odd and at most B.
    Nothing lies beyond the first and the last bin. 0 where no sample lies under the
    window.
    Returns a float array [B, D].

    Worked number: values [[1.0], [4.0], [0.0]], count [1, 2, 0] and window
    [0.25, 0.5, 0.25] give [[2.5], [3.4], [4.0]].
    """
    ### BEGIN SOLUTION
    mass = dirlib.smooth_bins(count, window)[:, None]
    total = dirlib.smooth_bins(count[:, None] * values, window)
    return np.divide(total, mass, out=np.zeros_like(total), where=mass > 0)
    ### END SOLUTION


# %% grade_id="smoothed_statistics_check" points=2 role="test"
check.smoothed_statistics(smoothed_statistics)

# %% [markdown]
# <details><summary>Hint 1</summary>dirlib.smooth_bins(values, window) smooths along the first
# axis, with nothing beyond the ends.</details>
# <details><summary>Hint 2</summary>Smooth count[:, None] * values and count alike, and divide
# the first by the second.</details>
# <details><summary>Hint 3</summary>np.divide(a, b, out=np.zeros_like(a), where=b > 0) divides
# only where it can.</details>
# <details><summary>Common mistakes</summary>Smoothing the values without the counts; dividing
# by the part of the window inside instead of the samples under it; NaN where nothing is
# near.</details>
#
# ## 3. One bump onto another
#
# At one age, the values of a feature form a bump, with a mean and a width. The smoothed
# statistics describe the bump that the neighbours expect. **Calibration** moves the first onto
# the second. **Predict:**

# %%
guess.choice("4.1", "An image lies two standard deviations above its age's mean. After "
             "calibration, how many of the new ones above the new mean?",
             ["fewer than two", "two", "more than two"])  # fmt: skip

# %% [markdown]
# Seven images of a rare age, and an arrow for each: do any arrows cross?

# %%
held_out = load_statistics("vanilla", split="test").mean.numpy()
f = int(held_out.std(0).argmax())  # the feature that varies most with age
z, labels = load_features("vanilla")
z, index = torch.from_numpy(z), torch.from_numpy(AGES.index(labels))
smoother = check.smoothed_statistics.or_library(smoothed_statistics)
tables = smoothed_tables(z, labels, smoother, window)  # mean, var, and both smoothed
rare = 90
bumps = (table[rare, f].item() for table in tables)
name = f"feature {f} of the {counts[rare]} images of age {rare}"
fig = figures.moved_bump(z[index == rare, f], *bumps, name=name)
guess.compare("4.1", "two")

# %% [markdown]
# <details><summary>The picture in words</summary>The wide blue bump becomes a narrower red one,
# further to the right.</details>
#
# No arrows cross: each image keeps its place. With the variance $v_b$, feature by feature:
#
# $$\tilde z = \sqrt{\tilde v_b / v_b} \; (z - \mu_b) + \tilde\mu_b$$
#
# A feature that hardly varies would be stretched too far, so the ratio is clipped to 0.1 to 10.
#
# <details><summary>Fine print</summary>Variances are smoothed like means, but a variance of
# $n$ images counts by its $n - 1$ degrees of freedom: one image says nothing about a
# spread.</details>

# %% [markdown]
# ### Exercise 4.2 · Calibration
#
# **What.** Calibrate a batch of features, each with the statistics of its own bin.
#
# **Why.** The backbone learns *through* this step: the gradient must pass, and the input must
# stay as it is.
#
# *About 10 minutes · 3 points*


# %% grade_id="calibrate_diagonal" role="solution"
def calibrate_diagonal(z, index, mean, var, smoothed_mean, smoothed_var):
    """Return the calibrated features.

    z: float tensor [N, D]; index: int64 tensor [N], the bin of each sample; mean, var,
    smoothed_mean, smoothed_var: float tensors [B, D], var above 0.
    sqrt(r) * (z - mean) + smoothed_mean, with r = smoothed_var / var clipped to
    0.1 ... 10, the statistics of each sample's bin.
    Returns a new tensor [N, D] through which gradients flow to z; z itself is not
    changed.

    Worked number: z [[5.0]], index [0], mean [[3.0]], var [[1.0]],
    smoothed_mean [[4.0]], smoothed_var [[4.0]] give [[8.0]].
    """
    ### BEGIN SOLUTION
    scale = (smoothed_var / var).clamp(0.1, 10).sqrt()
    return scale[index] * (z - mean[index]) + smoothed_mean[index]
    ### END SOLUTION


# %% grade_id="calibrate_diagonal_check" points=3 role="test"
check.calibrate_diagonal(calibrate_diagonal)

# %% [markdown]
# <details><summary>Hint 1</summary>mean[index] is a tensor [N, D]: the mean of each sample's
# bin.</details>
# <details><summary>Hint 2</summary>Clip the ratio first, with .clamp(0.1, 10), and take the
# root afterwards.</details>
# <details><summary>Hint 3</summary>Three steps: z - mean[index], times the root of the ratio,
# plus smoothed_mean[index].</details>
# <details><summary>Common mistakes</summary>z -= ..., which changes the input; .detach(),
# which cuts the gradient; the mean and variance of the batch; clipping the root instead of
# the ratio.</details>
#
# ## 4. Momentum
#
# Features change as the network learns, and means of few images also by chance. So FDS keeps
# **running statistics**. After an epoch the old ones keep the share $\alpha$, the **momentum**:
#
# $$\mu_b \leftarrow \alpha\,\mu_b + (1 - \alpha)\,\mu_b^{\text{this epoch}}$$
#
# Below, a mean moves from 0 to 1 (dashed). Each epoch sees it with noise (dots), much for a rare
# age. **Predict:**

# %%
guess.choice("4.2", "Which momentum follows the rare age best?", ["0", "0.5", "0.9"])

# %%
noise = {"a frequent age": 0.1, "a rare age": 1.5}
fig = figures.momentum_curves(noise, momenta=(0, 0.5, 0.9))
guess.compare("4.2", "0.9")

# %% [markdown]
# <details><summary>The picture in words</summary>Left, 0 stays with the dashed line and 0.9
# lags far behind. Right, 0 jumps with the dots and 0.9 is smooth.</details>
#
# Momentum buys calm and pays with delay: a rare age needs much, a frequent one little. FDS
# takes one $\alpha$ for all, the paper 0.9.

# %% [markdown]
# ### Exercise 4.3 · Running statistics
#
# **What.** Return the running statistics after an epoch.
#
# **Why.** What becomes of a bin seen for the first time, or not seen in this epoch?
#
# *About 6 minutes · 2 points*


# %% grade_id="momentum_update" role="solution"
def momentum_update(running, new, known, seen, momentum):
    """Return the running statistics after an epoch.

    running, new: float tensors [B, D]; known: bool tensor [B], the bins that have
    running statistics; seen: bool tensor [B], the bins with samples in this epoch;
    momentum: float, alpha.
    A bin that is known and seen: alpha * running + (1 - alpha) * new. A bin seen for
    the first time: new. A bin not seen: running, as it is. new holds NaN in bins not
    seen.
    Returns a new tensor [B, D]; running is not changed.

    Worked number: running [[1.0], [0.0]], new [[2.0], [3.0]], known [True, False],
    seen [True, True] and momentum 0.9 give [[1.1], [3.0]].
    """
    ### BEGIN SOLUTION
    mixed = momentum * running + (1 - momentum) * new
    updated = torch.where(known[:, None], mixed, new)
    return torch.where(seen[:, None], updated, running)
    ### END SOLUTION


# %% grade_id="momentum_update_check" points=2 role="test"
check.momentum_update(momentum_update)

# %% [markdown]
# <details><summary>Hint 1</summary>torch.where(condition[:, None], a, b) chooses bin by bin.
# </details>
# <details><summary>Hint 2</summary>First choose between the mixture and new, by known; then
# between that and running, by seen.</details>
# <details><summary>Hint 3</summary>NaN times 0 is NaN: don't multiply by a mask, choose.
# </details>
# <details><summary>Common mistakes</summary>alpha and 1 - alpha exchanged; the first epoch
# mixed with zeros; running *= alpha, which changes the input.</details>
#
# ## 5. The layer and its memory
#
# Look at the diagram again. The layer **collects** each batch and **calibrates** it with the
# **pair**, the plain and the smoothed statistics. The end of the epoch folds what was collected
# into the running statistics and smooths them: the next pair. At inference there is no label,
# so no bin: in `eval()`, $z$ stays as it is.
#
# `EpochEnd` ends the epoch, with your three functions:


# %%
class Base(EpochEnd):
    """The end of an epoch, with your functions: it keeps self.running and self.pair."""

    smooth = staticmethod(smoother)
    calibrate = staticmethod(check.calibrate_diagonal.or_library(calibrate_diagonal))
    update = staticmethod(check.momentum_update.or_library(momentum_update))


# %% [markdown]
# What is left is memory: tomorrow you go on with `load_state_dict`. A colleague's layer is
# right, but its tables are plain attributes, `self.pair = ...`. It sees an epoch, then a new
# one loads its state. **Predict:**

# %%
guess.choice("4.3", "What does the loaded layer do in the next epoch?",
             ["it goes on", "it starts anew", "it raises an error"])  # fmt: skip

# %%
layer, loaded = (broken_layers.PlainTables(64, AGES, window) for _ in range(2))
layer(z, labels)
layer.end_epoch()
loaded.load_state_dict(layer.state_dict())
changes = [(each(z, labels) - z).abs().mean() for each in (layer, loaded)]
print("features move by {:.2f}, after loading by {:.2f}".format(*changes))
guess.compare("4.3", "it starts anew" if changes[1] == 0 else "it goes on")

# %% [markdown]
# No error, and FDS is off. Of a module, PyTorch saves **parameters**, which an optimizer
# learns, and **buffers**, which nobody learns. Statistics are buffers:
# `self.register_buffer("pair", tensor)` makes one, `self.pair`.

# %% [markdown]
# ### Exercise 4.4 · The layer
#
# **What.** Give the layer its two buffers, and write `forward`.
#
# **Why.** You decide what it does before it has seen anything: which means and variances
# change *nothing*?
#
# *About 12 minutes · 4 points*


# %% grade_id="MyFDS" role="solution"
class MyFDS(Base):
    """FDS with variances: MyFDS(feature_dim, bins, window, momentum=0.9).

    Two buffers, floats. running, [3, B, D]: count, mean and variance of each bin, all 0
    at the start. pair, [4, B, D]: mean, variance, smoothed mean and smoothed variance;
    at the start they leave z as it is. (B is bins.n_bins, D is feature_dim.)
    end_epoch(), of the base class, sets both.

    forward(z, labels) returns calibrated features. z: float tensor [N, D]; labels:
    float tensor [N]. In eval(): z as it is. In training: collect every batch, as it
    came, with self.epoch.update(z.detach(), index), and calibrate it with self.pair.
    self.bins.index(labels, "clip") returns the bins, an int array [N]; a label beyond
    the ends counts in the nearest bin. Gradients flow to z; z is not changed.

    Worked number: MyFDS(1, dirlib.LabelBins(0, 2, 1), [1.0]) returns its first batch
    unchanged.
    """

    ### BEGIN SOLUTION
    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(feature_dim, bins, window, momentum)
        zero = torch.zeros(bins.n_bins, feature_dim)
        self.register_buffer("running", torch.stack([zero, zero, zero]))
        self.register_buffer("pair", torch.stack([zero, zero + 1, zero, zero + 1]))

    def forward(self, z, labels):
        if not self.training:
            return z
        index = torch.as_tensor(self.bins.index(labels, "clip"))
        self.epoch.update(z.detach(), index)
        return self.calibrate(z, index, *self.pair)

    ### END SOLUTION
    ### BEGIN STUB
    # def __init__(self, feature_dim, bins, window, momentum=0.9):
    #     super().__init__(feature_dim, bins, window, momentum)
    #     # Register your two buffers here.
    #
    # def forward(self, z, labels):
    #     raise NotImplementedError("not attempted yet: MyFDS")
    ### END STUB


# %% grade_id="MyFDS_check" points=4 role="test"
check.MyFDS(MyFDS)

# %% [markdown]
# <details><summary>Hint 1</summary>self.register_buffer("running", torch.zeros(3,
# bins.n_bins, feature_dim)). For the pair: which variance divided by which gives 1?</details>
# <details><summary>Hint 2</summary>torch.stack([zero, zero + 1, zero, zero + 1]) makes one
# table of four. In forward, in this order: eval, index, collect, calibrate.</details>
# <details><summary>Hint 3</summary>return self.calibrate(z, index, *self.pair), with index =
# torch.as_tensor(self.bins.index(labels, "clip")). self.training says whether the layer
# trains.</details>
# <details><summary>Common mistakes</summary>Plain attributes instead of buffers; collecting the
# calibrated features; int(label) instead of the bins; calibrating in eval().</details>
#
# <details><summary>Fine print</summary>dirlib.FDS adds mixed precision, several processes,
# covariances and shrinkage (see the deep parts), and refuses a saved state that belongs to
# other bins. The gradient of a calibrated sample is that of z times the scale. The statistics
# get none: they are numbers, not part of the graph.</details>
#
# ## 6. With and without FDS
#
# Train with *your* layer (the library's, while a check is open), without weights, so that FDS
# alone makes the difference. It takes about a minute. What do you expect for newborns, and for
# 90-year-olds?

# %% tags=["nbval-ignore-output", "wait-60"]
Layer = check.MyFDS.or_library(MyFDS)
model = train_ages(WEIGHTS["vanilla"], seed=0, fds=Layer(64, AGES, window))
test = faces("test")
yours = dirlib.predict(model, test.images)
print(f"your network: MAE {np.abs(yours - test.labels).mean():.1f} years, ", end="")
print(f"vanilla, same seed: {runs.score('vanilla')[0]:.1f} years")
some = np.array([0, 1, 2, 5, 10, 20, 42, 60, 75, 88, 95])  # one face of each age
shown = {m: runs.predictions(m)[0][some] for m in ("vanilla", "vanilla+fds")}
shown["yours"] = yours[some]
fig = figures.faces_with_guesses(test.images[some], test.labels[some], shown)

# %% [markdown]
# *Your guesses are close to the recorded ones of vanilla + FDS; for the oldest faces all are
# too low.*
#
# And the errors over all test faces, of five recorded seeds? **Predict:**

# %%
groups = ["many-shot ages", "rare young ages", "rare old ages"]
guess.choice("4.4", "Whose error does FDS lower most, without weights?", groups)

# %%
pairs = with_and_without("vanilla") | with_and_without("sqinv+lds")
fig = figures.forest(pairs, xlabel="with FDS minus without: change of the MAE (years)")
gains = [np.subtract(*pairs[f"vanilla: {group}"]).mean() for group in groups]
guess.compare("4.4", groups[int(np.argmax(gains))])

# %% [markdown]
# <details><summary>The picture in words</summary>Vanilla, above: both rare groups lie left of
# 0, many-shot at 0. SQINV + LDS, below: all close to 0.</details>
#
# Without weights, FDS lowers the error of the rare ages, young and old, at next to no cost for
# many-shot ages. The weights of SQINV + LDS pull the rare ages up already, and leave FDS
# little to do.
#
# <details><summary>Why does FDS help at all, if it is switched off at inference?</summary>
#
# Nobody has shown it. One explanation: the smoothed mean of a rare age lies nearer to
# the crowd, so the regressor must learn a steeper line to reach the rare ages from there, and
# the steeper line stays at inference. It sounds good, and the features don't agree: most
# smoothed means lie *farther* from the crowd. What is true of most of them is that they lie
# nearer to the *held-out* mean ("Deep · Age by age" counts both). The network then learns
# from better statistics, at both ends.
#
# </details>
#
# <details><summary>Fine print</summary>The intervals are those of five seeds, which share their
# test faces. The rare young are three ages only, 0 to 2, with 15 test faces each. The settings of
# FDS are the library's defaults; they weren't tuned on these faces.</details>

# %% [markdown]
# ## Deep · Open challenge: better settings
#
# The window (its size and sigma), the momentum and the first epoch decide what FDS does, and the
# best settings differ from data to data. Find some with a low few-shot error **on the
# validation faces**, in six epochs. Before each run, think: what should a smaller momentum
# change in so short a training?

# %% tags=["nbval-ignore-output", "wait-25"]
settings = {"kernel_size": 15, "sigma": 5.0, "momentum": 0.9}
start = 0  # the first epoch with FDS
tuned = train_ages(
    WEIGHTS["sqinv"], fds=dirlib.FDS(64, AGES, **settings), fds_start=start, epochs=6
)
val = faces("val")
wrong = np.abs(dirlib.predict(tuned, val.images) - val.labels)
few = runs.regions.few[val.labels]
challenge.report("4", wrong[few].mean(), to_beat=18.6, unit="years")

# %% [markdown]
# *About 15 minutes · no points.* One seed is a rough judge: settings that differ by a few
# tenths of a year may change places with another one. Try your best with `seed=1`, too.
#
# ## Deep · Age by age
#
# Lesson 3 ended with this picture of one feature's mean. Dots: training images of each age;
# dashed: *held-out* ones; red: the dots, smoothed. At the right end, which is nearer to the
# dashed line?

# %%
plain = load_statistics("vanilla").mean.numpy()
lines = plain[:, f], held_out[:, f], smoother(plain, counts, window)[:, f]
fig = figures.mean_by_age(AGES, counts, *lines, name=f"mean of feature {f}")

# %% [markdown]
# *The dots of rare old ages scatter; the red line runs close to the dashed one.*
#
# Over all features, smoothing takes away about half of the distance *on average*. Is it true of
# each rare age? And are they just pushed towards the *crowd*, the mean of the many-shot ages?
# **Predict:**

# %%
guess.number("4.5", "How many of the 42 rare ages end nearer to their held-out mean?",
             unit="ages", low=0, high=42)  # fmt: skip

# %%
nearer = {goal: ages_nearer(goal, window) for goal in ("held-out mean", "crowd")}
for goal, (young, old) in nearer.items():
    print(f"nearer to the {goal}: {young:.0f} of 3 young, {old:.0f} of 39 old ages")
guess.compare("4.5", round(sum(nearer["held-out mean"])))

# %% [markdown]
# On average over five networks, most rare ages gain, young and old, but not all. And most end
# no nearer to the crowd than before.
#
# Where along the ages does FDS change the error? Here as a running mean over 15 years:

# %%
panels = {f"{base}: with FDS minus without": {f"{base}+fds": change_by_age(base)}
          for base in ("vanilla", "sqinv+lds")}  # fmt: skip
label = "change of the error (years)"
fig = figures.lines_by_age(panels, AGES, counts, ylabel=label, zero=True)

# %% [markdown]
# *Left, vanilla: below 0 at both ends, most of all for the oldest. Right, up and down around 0.*
#
# Without weights, the gain lies at the ends, where images are few. In between it is mostly
# chance: there are 15 test faces of each age.
#
# ## Deep · What changes in the features
#
# Does FDS make other features? Two maps of the training images, each in the two directions
# in which its features vary most; the six images labelled 0 are ringed.

# %% tags=["nbval-ignore-output"]
train = faces("train")
own = dirlib.extract_features(model, train.images)
maps = {"vanilla": z, "vanilla, with your FDS": own}
ages = dict(zip(maps, (labels, train.labels), strict=True))
fig = figures.feature_map(maps, ages, mark=[0])

# %% [markdown]
# *Both clouds run from young to old. Of the six rings, two lie with the young and four among
# the middle ages.*
#
# The maps look much alike: FDS doesn't turn the features into something new. The four rings are
# lesson 3's unknown dates, adults who are still labelled 0. They made its hump: by the training
# statistics, adults look similar to age 0. **Left**, vanilla's statistics: where does the hump
# go? **Right**, held-out images: who lowers the lines, FDS or the weights?

# %%
right = {method: similarity_to_age_0(method, "test") for method in METHODS}
left = {"plain": similarity_to_age_0("vanilla", "train")}
left["smoothed"] = similarity_to_age_0(
    "vanilla", "train", smooth=lambda means: smoother(means, counts, window)
)
left["held-out"] = right["vanilla"]
panels = {"vanilla: its statistics": left, "held-out images": right}
fig = figures.lines_by_age(panels, AGES, counts, ylabel="similarity to age 0", mark=0)

# %% [markdown]
# *Left, the plain line dips at ages 4 to 8 and rises again; the others fall. Right, each
# method lies lower with FDS than without.*
#
# Smoothing gives age 0 back to its neighbours. Held-out images had no hump, and still FDS
# lowers their line, on every seed. So do the weights of SQINV + LDS, and both together most.
# Vanilla against SQINV + LDS + FDS alone would have given FDS all the credit.
#
# So far vanilla's statistics. Those of a network that trains with FDS, do they still show the
# hump, in the mean and in the variance?

# %%
panels = {f"training images, {statistic}": {
              method: similarity_to_age_0(method, "train", statistic)
              for method in METHODS}
          for statistic in ("mean", "variance")}  # fmt: skip
fig = figures.lines_by_age(panels, AGES, counts, ylabel="similarity to age 0", mark=0)

# %% [markdown]
# *Left, vanilla's means rise again for adults. Right, variances jump from age to age.*
#
# In vanilla's means the hump stays, with FDS as without: the labels are as wrong as before.
# Variances scatter more, with FDS as without: a variance needs more images than a mean.
#
# <details><summary>Fine print</summary>Four of the six images labelled 0 show adults: that share
# is our assumption about scraped collections.</details>
#
# ## Deep · Features move together
#
# Features move together: where one is larger, others are too. The **covariance matrix** holds
# all pairs:
#
# $$\Sigma_b = \frac{1}{N_b - 1} \sum_{i \text{ in } b} (z_i - \mu_b)(z_i - \mu_b)^\top$$
#
# ($a\,a^\top$ is the table of all products of two entries of a vector $a$.) Its diagonal holds
# the variances. The paper calibrates with all of it; the published code keeps the diagonal
# only.

# %% [markdown]
# ### Exercise 4.5 · A covariance per bin
#
# **What.** Return the covariance matrix of each bin.
#
# **Why.** With it you can see how much the diagonal leaves out.
#
# *About 8 minutes · 2 points*


# %% grade_id="bin_covariances" role="solution"
def bin_covariances(features, index, n_bins):
    """Return the covariance matrix of the features in each bin.

    features: float array [N, D]; index: int array [N]; n_bins: int.
    Returns a float array [B, D, D], sums divided by count - 1; NaN in a bin with fewer
    than two samples.

    Worked number: with features = np.array([[0.0, 0.0], [2.0, 4.0]])
    bin_covariances(features, np.array([0, 0]), 1) gives [[[2, 4], [4, 8]]].
    """
    ### BEGIN SOLUTION
    dim = features.shape[1]
    out = np.full((n_bins, dim, dim), np.nan)
    for b in range(n_bins):
        mine = features[index == b]
        if len(mine) > 1:
            deviation = mine - mine.mean(axis=0)
            out[b] = deviation.T @ deviation / (len(mine) - 1)
    return out
    ### END SOLUTION


# %% grade_id="bin_covariances_check" points=2 role="test"
check.bin_covariances(bin_covariances)

# %% [markdown]
# <details><summary>Hint 1</summary>Go through the bins; features[index == b] are the
# samples of bin b.</details>
# <details><summary>Hint 2</summary>Subtract the bin's mean; then deviation.T @ deviation
# adds up all products of pairs, [D, D].</details>
# <details><summary>Hint 3</summary>Start from np.full((n_bins, dim, dim), np.nan), and fill
# only bins with two samples or more.</details>
# <details><summary>Common mistakes</summary>np.cov without .T (it wants features in rows);
# the mean of all samples instead of the bin's; dividing by N_b.</details>
#
# How much lies off the diagonal?

# %%
covariances = check.bin_covariances.or_library(bin_covariances)
cov = covariances(z.double().numpy(), index.numpy(), AGES.n_bins)
peak = int(counts.argmax())
active = np.argsort(-np.diag(cov[peak]))[:24]  # the 24 features that vary most


def correlation(matrix):
    spread = np.sqrt(np.diag(matrix)) + 1e-9
    return matrix / np.outer(spread, spread)


shown = {f"age {a}: {counts[a]} images": correlation(cov[a][np.ix_(active, active)])
         for a in (30, peak)}  # fmt: skip
order = "feature, the most varying first"
fig = figures.covariance_images(shown, feature=order, scale="correlation")

# %% [markdown]
# *Correlations of 24 features, purple where positive. Nearly all are, in stripes that both ages
# share.*
#
# Off the diagonal there is a lot, and a calibration by variances ignores it.
#
# ## Deep · How much can seven samples tell?
#
# The **eigenvalues** of a covariance are the variances along the axes of the ellipse that the
# samples fill. Here they are for three ages, largest first. Where does each curve end, and
# why there?

# %%
spectra = {f"age {a}: {counts[a]} images": np.linalg.eigvalsh(cov[a])
           for a in (peak, 60, rare)}  # fmt: skip
fig = figures.spectra(spectra)

# %% [markdown]
# *The curve of the most frequent age falls slowly to the last of the 64; the others fall to 0
# after 32 and after 6 values.*
#
# The deviations of seven samples from their mean add up to 0: only six are free. In all other
# directions the variance is 0, because you haven't seen the faces vary there. The number of
# eigenvalues above 0 is the **rank**; the largest divided by the smallest is the **condition
# number**. Full calibration divides by the root of each eigenvalue: a 0 can't be used, and
# neither can a tiny one.

# %% [markdown]
# ### Exercise 4.6 · Rank and condition
#
# **What.** Return the rank and the condition number of a covariance matrix.
#
# **Why.** Two numbers that say whether you may divide by it. Rounding leaves 1e-17 where 0 should
# be: what counts as zero?
#
# *About 7 minutes · 2 points*


# %% grade_id="rank_and_condition" role="solution"
def rank_and_condition(covariance):
    """Return the rank of a covariance matrix and its condition number.

    covariance: float array [D, D], symmetric. An eigenvalue counts as zero if it is at
    most 1e-10 times the largest.
    Returns the rank, an int, and the largest eigenvalue divided by the smallest, a
    float; infinity when the smallest counts as zero.

    Worked number: rank_and_condition(np.array([[2.0, 0.0], [0.0, 8.0]])) gives
    (2, 4.0); for np.array([[1.0, 1.0], [1.0, 1.0]]) it is (1, np.inf).
    """
    ### BEGIN SOLUTION
    values = np.linalg.eigvalsh(covariance)  # in rising order
    rank = int((values > 1e-10 * values[-1]).sum())
    condition = values[-1] / values[0] if rank == len(values) else np.inf
    return rank, condition
    ### END SOLUTION


# %% grade_id="rank_and_condition_check" points=2 role="test"
check.rank_and_condition(rank_and_condition)

# %% [markdown]
# <details><summary>Hint 1</summary>np.linalg.eigvalsh gives the eigenvalues of a symmetric
# matrix, the smallest first.</details>
# <details><summary>Hint 2</summary>The threshold is relative: 1e-10 times the largest
# eigenvalue.</details>
# <details><summary>Hint 3</summary>When the rank is smaller than D, return np.inf as the
# condition.</details>
# <details><summary>Common mistakes</summary>The size of the matrix as its rank; an absolute
# threshold; the smallest divided by the largest.</details>

# %%
measure = check.rank_and_condition.or_library(rank_and_condition)
for age in (rare, 60, peak):
    rank, condition = measure(cov[age])
    print(f"age {age}: {counts[age]} images, rank {rank}, condition {condition:.0e}")
print(f"ages with more images than features: {(counts > 64).sum()} of {len(counts)}")

# %% [markdown]
# Few ages have more images than there are features. And even the most frequent age varies about
# a hundred thousand times as much in one direction as in another.
#
# ## Deep · Shrinkage
#
# Don't trust a small sample alone: mix its covariance with a **target** that is known better,
# and the more so, the fewer samples there are. In FDS the target $T_b$ is the smoothed
# covariance, from the neighbours.
#
# $$\hat\Sigma_b = \frac{(N_b - 1)\, \Sigma_b + s\, T_b}{(N_b - 1) + s}$$
#
# Think of the **strength** $s$ as a number of imaginary samples that the target is worth.

# %% [markdown]
# ### Exercise 4.7 · Shrinkage by the count
#
# **What.** Return each bin's covariance, pulled towards its target.
#
# **Why.** What should a bin without a covariance get?
#
# *About 6 minutes · 2 points*


# %% grade_id="shrink" role="solution"
def shrink(covariance, count, target, strength):
    """Return each bin's covariance, pulled towards a target.

    covariance: float array [B, D, D], NaN in a bin with fewer than two samples;
    count: int array [B]; target: float array [B, D, D]; strength: float above 0.
    With n = count - 1:
    (n * covariance + strength * target) / (n + strength). A bin with fewer than two
    samples gets the target itself.
    Returns a float array [B, D, D].

    Worked number: with covariance = np.array([[[4.0]]]), target = np.array([[[1.0]]])
    shrink(covariance, np.array([31]), target, 10.0) gives [[[3.25]]].
    """
    ### BEGIN SOLUTION
    n = np.maximum(count - 1, 0)[:, None, None]
    own = np.where(n > 0, covariance, 0.0)
    return (n * own + strength * target) / (n + strength)
    ### END SOLUTION


# %% grade_id="shrink_check" points=2 role="test"
check.shrink(shrink)

# %% [markdown]
# <details><summary>Hint 1</summary>count has shape [B]; (count - 1)[:, None, None] stands
# beside [B, D, D].</details>
# <details><summary>Hint 2</summary>NaN times 0 is NaN: put a 0 in the place of a missing
# covariance first, with np.where.</details>
# <details><summary>Hint 3</summary>n must not be negative: np.maximum(count - 1, 0).</details>
# <details><summary>Common mistakes</summary>count instead of count - 1; the two matrices
# exchanged; empty bins that stay NaN.</details>

# %%
pull = check.shrink.or_library(shrink)
flat, free = np.nan_to_num(cov).reshape(AGES.n_bins, -1), np.maximum(counts - 1, 0)
target = smoother(flat, free, window).reshape(cov.shape)  # your exercise 4.1
shrunk = pull(cov, counts, target, 10.0)
spectra = {"own": cov, "target": target, "shrunk, strength 10": shrunk}
spectra = {f"age {rare}: {k}": np.linalg.eigvalsh(m[rare]) for k, m in spectra.items()}
fig = figures.spectra(spectra)

# %% [markdown]
# *The age's own curve ends after six values; the target's and the shrunk one go on to the last,
# close together.*
#
# Shrunk, the seven images have some variance in every direction: you may divide by it.
#
# ## Deep · Roots and re-colouring
#
# Variances stretch a cloud of points along the axes. Covariances also change how features move
# together. First **whiten**: make the cloud round, with variance 1 in every direction. Then
# **re-colour**: give it the other covariance.
#
# $$\tilde z = \tilde\Sigma_b^{1/2} \, \Sigma_b^{-1/2} \, (z - \mu_b) + \tilde\mu_b$$
#
# Here are two features of the most frequent age; the goal is an age fifteen years later, in
# which they move together more closely. Move *progress* from 0, plain, to 1, white, 2,
# re-coloured, and 3, shifted to the other mean. Then do it with variances: what is still
# wrong at 3?

# %%
pair = [9, 24]
cloud, goal = z[index == peak][:, pair].double(), cov[peak + 15][np.ix_(pair, pair)]
names, mean, smoothed_mean = [f"feature {i}" for i in pair], tables[0], tables[2]
explorer = explorers.recolouring(cloud, mean[peak + 15][pair].numpy(), goal, names)
explorer

# %% [markdown]
# <details><summary>Answer</summary>
#
# With covariances the red ellipse of the points meets the green one, the goal. With variances
# alone it has the right width and height, but it is too round: the correlation stays that of
# the plain cloud, about half of the goal.
#
# </details>
#
# The **root** of a matrix $\Sigma$ is the symmetric matrix whose product with itself is
# $\Sigma$. Take its eigenvalues $\lambda$ and eigenvectors, the columns of $V$, and put
# the roots in the place of the eigenvalues: $\Sigma^{1/2} = V \, \mathrm{diag}(\sqrt\lambda)
# \, V^\top$.

# %% [markdown]
# ### Exercise 4.8 · The matrix square root
#
# **What.** Return the symmetric root of one matrix or of a whole stack.
#
# **Why.** Whitening multiplies with its inverse, re-colouring with itself.
#
# *About 9 minutes · 2 points*


# %% grade_id="matrix_sqrt" role="solution"
def matrix_sqrt(matrix):
    """Return the symmetric square root of symmetric matrices.

    matrix: float64 tensor [..., D, D] without negative eigenvalues. Tiny negative ones,
    from rounding, count as 0.
    Returns a tensor [..., D, D] whose product with itself is `matrix`.

    Worked number: [[4.0, 0.0], [0.0, 9.0]] gives [[2.0, 0.0], [0.0, 3.0]].
    """
    ### BEGIN SOLUTION
    values, vectors = torch.linalg.eigh(matrix)
    root = values.clamp(min=0).sqrt()
    return (vectors * root[..., None, :]) @ vectors.mT
    ### END SOLUTION


# %% grade_id="matrix_sqrt_check" points=2 role="test"
check.matrix_sqrt(matrix_sqrt)

# %% [markdown]
# <details><summary>Hint 1</summary>values, vectors = torch.linalg.eigh(matrix) works on stacks
# as well.</details>
# <details><summary>Hint 2</summary>vectors * root[..., None, :] multiplies each eigenvector,
# a column, by its root.</details>
# <details><summary>Hint 3</summary>Multiply with vectors.mT at the end; .mT transposes the
# last two axes, .T all of them.</details>
# <details><summary>Common mistakes</summary>The root of each entry; Cholesky's factor, a
# triangular root, which isn't symmetric; the root of a tiny negative number, which is NaN.
# </details>

# %% [markdown]
# ### Exercise 4.9 · Full calibration
#
# **What.** Whiten and re-colour a batch with covariances.
#
# **Why.** This is the formula of the paper. We found no public implementation of it.
#
# *About 12 minutes · 3 points*


# %% grade_id="calibrate_full" role="solution"
def calibrate_full(z, index, mean, cov, smoothed_mean, smoothed_cov):
    """Return the features, whitened with their bin's covariance and re-coloured.

    z: float64 tensor [N, D]; index: int64 tensor [N]; mean, smoothed_mean: [B, D];
    cov, smoothed_cov: [B, D, D], all eigenvalues above 0; all float64.
    smoothed_cov^(1/2) cov^(-1/2) (z - mean) + smoothed_mean, with symmetric roots, the
    statistics of each sample's bin.
    Returns a new tensor [N, D]; gradients flow to z.

    Worked number: z [[1.0, 1.0]], mean and smoothed_mean zeros, cov [[4, 0], [0, 1]],
    smoothed_cov [[1, 0], [0, 9]] give [[0.5, 3.0]].
    """
    ### BEGIN SOLUTION
    whiten = torch.linalg.inv(dirlib.matrix_sqrt(cov))
    transform = dirlib.matrix_sqrt(smoothed_cov) @ whiten
    deviation = z - mean[index]
    moved = (transform[index] @ deviation[:, :, None])[:, :, 0]
    return moved + smoothed_mean[index]
    ### END SOLUTION


# %% grade_id="calibrate_full_check" points=3 role="test"
check.calibrate_full(calibrate_full)

# %% [markdown]
# <details><summary>Hint 1</summary>Make one matrix per bin first: the root of smoothed_cov
# times the inverse of the root of cov. dirlib.matrix_sqrt takes roots.</details>
# <details><summary>Hint 2</summary>transform[index] has shape [N, D, D]; it multiplies
# (z - mean[index])[:, :, None], a stack of columns.</details>
# <details><summary>Hint 3</summary>The whitening is done first, so it stands on the right of
# the product.</details>
# <details><summary>Common mistakes</summary>The two factors in the wrong order; the inverse
# of cov without the root; roots that turn the cloud, as Cholesky's or those of a PCA; rows
# times the matrix, which needs its transpose.</details>
#
# Your function on the two features of the explorer, beside a calibration by variances:

# %%
full = check.calibrate_full.or_library(calibrate_full)
by_variances = check.calibrate_diagonal.or_library(calibrate_diagonal)
first, zero = torch.zeros(len(cloud), dtype=torch.int64), torch.zeros(1, 2).double()
own = torch.from_numpy(np.cov(cloud.numpy().T))[None]
start = cloud - cloud.mean(0), first, zero
there = torch.from_numpy(goal)[None]
clouds = {"plain": start[0], "re-coloured": full(*start, own, zero, there)}
own_var, goal_var = (t.diagonal(dim1=1, dim2=2) for t in (own, there))
clouds["variances alone"] = by_variances(*start, own_var, zero, goal_var)
goals = dict.fromkeys(("re-coloured", "variances alone"), goal)
fig = figures.clouds(clouds, limit=2.0, goals=goals, names=names)

# %% [markdown]
# *Re-coloured, the red ellipse covers the dashed green goal; with variances alone it is too
# round.*
#
# Now all 64 features of the seven images of age 90, once with their own covariance, once with
# your shrunk one. What do you expect?


# %%
def calibrated(own):
    """The features of the rare age, calibrated with its covariance, and their moves."""
    mine, at = z[index == rare].double(), 0 * index[index == rare]
    own, goal = (torch.from_numpy(table[[rare]]) for table in (own, target))
    try:
        out = full(mine, at, mean[[rare]], own, smoothed_mean[[rare]], goal)
        return (out - mine).abs().max().item()
    except torch.linalg.LinAlgError:  # on some processors, no inverse at all
        return np.inf


# %%
for name, own in (("its own covariance", cov), ("shrunk", shrunk)):
    rank, move_by = measure(own[rare])[0], calibrated(own)
    print(f"{name}: rank {rank}, usable: {move_by < 10}")

# %% [markdown]
# With its own covariance the formula divides by zeros. Rounding turns them into tiny
# numbers, and features of size 5 into hundreds (or, on some processors, an error). Shrunk, it
# moves each feature by about one. That is why `dirlib.FDS` shrinks by default, with the
# strength 10.
#
# <details><summary>Fine print</summary>A target needs enough images under the window, too: at age
# 79 the fifteen ages have hardly more images than features, and even the shrunk covariance
# can't be used. A wider window is the cure; `covariance="low_rank"` is another, for features as
# long as those of a ResNet-50.</details>
#
# ## Deep · Four ways to get it wrong
#
# First the right one. Is your layer the same as `dirlib.FDS`? Three epochs on real features,
# which grow from epoch to epoch, will tell.

# %%
mine = Layer(64, AGES, window)
theirs = dirlib.FDS(64, AGES, window=window, shrinkage=0.0)
for epoch in range(3):
    shifted = z * (1 + 0.1 * epoch)
    apart = (mine(shifted, labels) - theirs(shifted, labels)).abs().max()
    mine.end_epoch(), theirs.end_epoch()
print(f"the same to four digits: {apart < 1e-3}")

# %% [markdown]
# The layers A to D each make one mistake that is easy to make. Four experiments show what is
# wrong; don't look into the code. All use toy features of ages 0 to 9, whose mean is 5 plus a
# tenth of the age, and a quarter more in epoch 1. Before you open an answer, say which layer
# breaks which rule, and what in its code could do so.


# %%
def toy(epoch=0, ages=range(10), half=0.0):
    """Features [N, 2] and their ages; the features grow from epoch to epoch."""
    y = torch.tensor(list(ages)).repeat(200)
    noise = torch.randn(len(y), 2, generator=torch.Generator().manual_seed(epoch))
    return (5 + y[:, None] / 10 + 0.2 * noise) * (1 + epoch / 4), y + half


def trained(layer, epochs, **options):
    for epoch in range(epochs):
        layer(*toy(epoch, **options))
        layer.end_epoch()
    return layer


LAYERS = {name: getattr(broken_layers, f"Layer{name}") for name in "ABCD"}
one, wide = [1.0], [0.25, 0.5, 0.25]

# %% [markdown]
# **Experiment 1: smooth nothing.** With a window of one bin, smoothed and plain statistics
# are the same. By how much may the output then differ from the input?

# %%
for name, kind in LAYERS.items():
    layer = trained(kind(2, 10, one), epochs=2)
    z2, y2 = toy(1)
    change = (layer(z2.clone(), y2) - z2).abs().max()
    print(f"layer {name}: largest change {change:.2f}")

# %% [markdown]
# <details><summary>Which layer is wrong, and why?</summary>
#
# A. It takes the smoothed half of its pair *before* it updates the statistics, so that its two
# halves come from different epochs. Since features grow here from epoch to epoch, A pulls
# them back each time. The cure: make both halves at one time, from one set of statistics.
#
# </details>
#
# **Experiment 2: what becomes of the input?** What may a layer do to the tensor that it gets?

# %%
for name, kind in LAYERS.items():
    layer, (z2, y2) = trained(kind(2, 10, wide), epochs=1), toy(0)
    kept, verdict = z2.clone(), "works"
    layer(z2, y2)
    try:
        hidden = torch.nn.ReLU()(toy(0)[0].requires_grad_())
        layer(hidden, y2).sum().backward()
    except RuntimeError as error:
        verdict = f"RuntimeError:\n    {str(error).split(':')[0]}"
    same = torch.equal(z2, kept)
    print(f"layer {name}: input as before: {same}; after a ReLU: {verdict}")

# %% [markdown]
# <details><summary>Which layer is wrong, and why?</summary>
#
# B. It writes its result into the features, and then autograd stops: a ReLU keeps its output to
# compute the gradient later, and B has overwritten it. The cure: make a new tensor.
#
# </details>
#
# **Experiment 3: an empty bin.** Now no sample has age 4. The means of ages 2, 3, 5 and 6
# lie between 6.5 and 7.0, so that of age 3 should, too. Which layers break this?

# %%
without_4 = [age for age in range(10) if age != 4]
for name, kind in LAYERS.items():
    layer = trained(kind(2, 10, wide), epochs=2, ages=without_4)
    print(f"layer {name}: smoothed mean of age 3: {layer.smoothed_mean[3, 0]:.1f}")

# %% [markdown]
# <details><summary>Which layer is wrong, and why?</summary>
#
# C: its mean falls to about 5. The empty bin keeps its initial mean 0, and pulls its neighbours
# there. The cure: a bin counts by its samples. (A is low as well, by its own mistake: this
# is the mean of the epoch before.)
#
# </details>
#
# **Experiment 4: ages with months.** Add half a year to each label; the features stay. What
# should change?

# %%
for name, kind in LAYERS.items():
    changes = []
    for half in (0.0, 0.5):
        layer = trained(kind(2, 10, wide), epochs=2, half=half)
        z2, y2 = toy(1, half=half)
        changes.append((layer(z2.clone(), y2) - z2).abs().mean().item())
    same = abs(changes[0] - changes[1]) < 1e-3
    print(f"layer {name}: moves features: {changes[1] > 0}; the same as before: {same}")

# %% [markdown]
# <details><summary>Which layer is wrong, and why?</summary>
#
# D switches itself off, and no error says so. It looks for samples with `label == bin`, and 4.5
# equals no whole number. The cure: compute the bin with `bins.index`.
#
# </details>
#
# Each experiment is a rule: a window of one bin changes nothing; the input stays as it is;
# smoothed means lie between the means around them; the same bins give the same result. Such
# rules are the tests of `dirlib.FDS`.
#
# <details><summary>Fine print: do these mistakes happen?</summary>A's order is that of the
# published code, where momentum makes it smaller: with the published 0.9 a tenth of the shift
# is left. B's writing into the features is in it too, and three issues of its repository are
# about the error that you saw. C and D are ours alone: we don't say that the published code
# makes them in the settings of its papers.</details>

# %% [markdown]
# ## Take-away
#
# - While a network trains, FDS replaces a rare age's own statistics by what its neighbours
#   know: nearer to the truth on average.
# - Calibration moves a bump; each sample keeps its place within it.
# - What a layer must remember is a buffer, or it is gone, and no error tells you.
# - Without weights FDS lowers the error of rare ages; on top of SQINV + LDS little is left.
#   Compare with and without FDS, one change at a time.
#
# **Quiz.** Choose an answer, then open it.
#
# *1. Why is FDS switched off at inference?*
#
# <details><summary>A. It would be too slow.</summary>No: it costs little.</details>
# <details><summary>B. It needs the label to know the bin, and there is none.</summary>Right.
# </details>
# <details><summary>C. It has learnt nothing by then.</summary>No: it has running
# statistics. What it lacks is the label.</details>
#
# *2. You smooth with a window of one bin. What does a right layer do?*
#
# <details><summary>A. Nothing: it returns what it gets.</summary>Right: both halves of the pair
# are equal. This is a test worth having.</details>
# <details><summary>B. It makes all variances 1.</summary>No: what is divided by a deviation is
# multiplied by the same one.</details>
# <details><summary>C. It depends on the momentum.</summary>No: whatever the running statistics
# are, both halves of the pair are equal.</details>
#
# **Read on.** Yang et al., ICML 2021, arXiv:2102.09554, section 3.2.
