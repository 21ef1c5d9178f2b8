# %% [markdown]
# # Lesson 5 · Full training
#
# You have all the pieces: weights from a smoothed density (lesson 2), feature statistics
# (lesson 3) and the layer that calibrates (lesson 4). In this lesson they work in one
# training loop, which you write. Then comes the harder half: to find out what each piece
# brought, where it brought nothing, and how to say so.
#
# **You will be able to**
#
# - *write* a training step (exercise 5.1) and the end of an epoch (5.2);
# - *choose* the epoch to keep, without looking at the test set (5.3);
# - *read* a table of results: differences, intervals, and what explains them (5.4);
# - *plan* a comparison in which one thing changes (5.5);
# - *conclude*, in your own words, from what the runs show (5.6).
#
# **Before you start.** Lessons 1 to 4. You have trained a network with PyTorch before.
#
# | part | minutes |
# |---|---|
# | 1. One step, one epoch (exercises 5.1, 5.2) | 45 |
# | 2. What to watch while it trains | 22 |
# | 3. Which epoch to keep (exercise 5.3) | 13 |
# | 4. What came out (exercise 5.4) | 45 |
# | 5. Ages that were never seen | 20 |
# | 6. When FDS hurts | 18 |
# | 7. Your own comparison (exercise 5.5) | 17 |
# | 8. Your conclusion (exercise 5.6) | 28 |
# | Quiz and take-away | 7 |
# | **together** | **215** |
#
# Take it in two sittings: parts 1 to 3 (80 minutes), and the rest (135 minutes). If you open
# the notebook anew for the second one, run all cells first: it takes two minutes.

# %%
import numpy as np
import torch
from scipy import stats

import dirlib
from course.lesson5 import (
    AGES, EXTRAPOLATION, INTERPOLATION, WEIGHTS, anomaly_gaps, check, explorers, faces,
    figures, load_history, load_runs, load_statistics, published_results, train_ages,
)

# %% [markdown]
# One picture to begin with: the error of four networks, by how many training images an age
# has. What to look for: which bars fall from left to right in each group, and which rise?

# %%
runs = load_runs("faces")
shown = ["vanilla", "sqinv", "sqinv+lds", "sqinv+lds+fds"]
fig = figures.methods_by_region(runs, shown)

# %% [markdown]
# *Three groups of four bars, a dot per seed. Many-shot: about 6.4 years without weights, a
# little above 7 with them. Medium-shot: four bars of nearly one height, below 11. Few-shot: 22
# without weights, then 18, and 17 with LDS and with both.*
#
# Few-shot, the step from vanilla to SQINV is large, and the next two are small. At the end of
# this lesson you can say how sure you are of each of them.
#
# ## 1. One step, one epoch
#
# With FDS, a training step has one part more than usual:
#
# $$x \xrightarrow{\ f\ } z \xrightarrow{\ \mathrm{FDS}(\cdot,\, y)\ } \tilde z
# \xrightarrow{\ g\ } \hat y, \qquad
# L = \frac{1}{n} \sum_i w_i \, |\hat y_i - y_i|$$
#
# The network $f$ makes the features $z$, FDS the calibrated features $\tilde z$, and the regressor
# $g$, the last layer, the answer $\hat y$. The weights $w_i$ are those of lesson 2. FDS needs the
# labels, so it can only work in training.

# %% [markdown]
# ### Exercise 5.1 · The training step
#
# **What.** Compute the weighted loss of a batch, and improve the network once.
#
# **Why.** Everything that you train repeats this a thousand times. A mistake here gives no
# error message, only a worse network.
#
# *About 20 minutes · 3 points*


# %% grade_id="training_step" role="solution"
def training_step(model, fds, optimizer, x, y, weights):
    """Do one step of training, and return the loss.

    model: has features(x), [N, D], and regressor, which maps [N, D] to [N, 1];
    fds: a layer that calibrates, fds(z, y), or None; optimizer: of the model's
    parameters; x: the batch; y, weights: float tensors [N]; a label may be a fraction.
    The loss is the mean of weights * |prediction - y| over the batch.
    Returns the loss before the step, a Python float.

    Worked number: a model that answers 1.0 for both samples, y [3.0, 2.0] and weights
    [0.5, 1.5] give 1.25.
    """
    ### BEGIN SOLUTION
    z = model.features(x)
    if fds is not None:
        z = fds(z, y)
    y_hat = model.regressor(z).squeeze(-1)
    loss = (weights * (y_hat - y).abs()).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% grade_id="training_step_check" points=3 role="test"
check.training_step(training_step)

# %% [markdown]
# <details><summary>Hint 1</summary>First the forward pass: model.features, then fds where
# there is one, then model.regressor. Look at the shape of each.</details>
# <details><summary>Hint 2</summary>model.regressor gives [N, 1]. Against y, [N], this becomes
# [N, N] without a word: .squeeze(-1) takes the last axis away.</details>
# <details><summary>Hint 3</summary>Three calls make the step: optimizer.zero_grad(),
# loss.backward(), optimizer.step(). loss.item() is a Python float.</details>
# <details><summary>Common mistakes</summary>Gradients of the last batch that stay, without
# zero_grad(); a division by weights.sum() instead of N: a batch with many rare ages then counts
# no more than any other; fds on the prediction instead of the features.</details>
#
# At the end of an epoch, FDS takes the statistics of the epoch into its running ones, and
# smooths them. It is also the moment to judge the network, on **validation** data: images
# that it does not learn from. There are two traps. In `train()`, BatchNorm uses the mean and
# variance of the batch, and takes them into running statistics of its own; in `eval()` it uses
# those. So the mode must be switched, and switched back. And FDS collects whatever passes through
# it in `train()`: validation data must not.

# %% [markdown]
# ### Exercise 5.2 · The end of an epoch
#
# **What.** End FDS's epoch, say how far apart its statistics are, and judge the network.
#
# **Why.** These two numbers, watched over the epochs, tell you how the training goes.
#
# *About 20 minutes · 3 points*


# %% grade_id="end_of_epoch" role="solution"
def end_of_epoch(model, fds, x_val, y_val):
    """Finish an epoch: end it for FDS, and judge the model.

    fds: a dirlib.FDS that has seen the epoch's batches, or None. After its end_epoch(),
    fds.mean and fds.smoothed_mean, [B, D], are the running and the smoothed means, and
    fds.active, bool [B], the bins that have them; x_val: validation inputs, for which
    model(x_val) gives [M]; y_val: float tensor [M].
    Leaves the model in train() mode.
    Returns {"distance": the mean of |fds.mean - fds.smoothed_mean| over all features of
    the bins in fds.active, a float, NaN without fds; "val_mae": the mean absolute error
    of model(x_val) in eval() mode, a float}.
    """
    ### BEGIN SOLUTION
    distance = float("nan")
    if fds is not None:
        fds.end_epoch()
        apart = (fds.mean - fds.smoothed_mean).abs()
        distance = apart[fds.active].mean().item()
    model.eval()
    with torch.no_grad():
        error = (model(x_val) - y_val).abs().mean().item()
    model.train()
    return {"distance": distance, "val_mae": error}
    ### END SOLUTION


# %% grade_id="end_of_epoch_check" points=3 role="test"
check.end_of_epoch(end_of_epoch)

# %% [markdown]
# <details><summary>Hint 1</summary>fds.end_epoch() comes first: only then are the smoothed
# means those of this epoch. fds.active is a mask [B].</details>
# <details><summary>Hint 2</summary>model(x_val) is the whole network without FDS: features and
# regressor. Call model.eval() before, and model.train() after.</details>
# <details><summary>Hint 3</summary>(fds.mean - fds.smoothed_mean).abs()[fds.active].mean()
# .item() is the distance; with torch.no_grad(): saves the memory of the gradients.</details>
# <details><summary>Common mistakes</summary>The model stays in eval(), and the next epoch
# trains with frozen BatchNorm statistics; validation data passes through fds; the distance is
# taken before end_epoch().</details>
#
# Now your two functions train a network: SQINV weights with LDS, and FDS. Three epochs will do
# here (`or_library` takes your function if it is right, and the library's if not). **Predict:**
# does the distance between plain and smoothed means grow or shrink?

# %% tags=["nbval-ignore-output"]
step = check.training_step.or_library(training_step)
finish = check.end_of_epoch.or_library(end_of_epoch)
train, val = faces("train"), faces("val")
samples = dirlib.ImageArray(train.images, train.labels)
y = torch.tensor(train.labels).float()
x_val = dirlib.ImageArray(val.images, val.labels).batch(range(len(val.labels)))
weights = torch.tensor(WEIGHTS["sqinv+lds"](train.labels)).float()
model, fds = dirlib.SmallResNet(output_bias=float(y.mean())), dirlib.FDS(64, AGES)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

# %% tags=["nbval-ignore-output"]
generator = torch.Generator().manual_seed(0)
for epoch in range(3):
    total = 0.0
    for batch in torch.randperm(len(y), generator=generator).split(64):
        u = torch.rand(len(batch), generator=generator)  # which images are mirrored
        x = samples.batch(batch, u)
        total += step(model, fds, optimizer, x, y[batch], weights[batch]) * len(batch)
    seen = finish(model, fds, x_val, torch.tensor(val.labels).float())
    print(f"epoch {epoch + 1}: loss {total / len(y):.2f}", end="")
    print(f", distance {seen['distance']:.3f}, validation MAE {seen['val_mae']:.2f}")

# %% [markdown]
# The loss falls. Write down what the distance did: part 2 looks at it over 15 epochs.
#
# `dirlib.training.fit` is this loop, with a learning rate that rises and falls, a progress bar
# and, if you want, a checkpoint (all it needs to go on, in a file) after each epoch. `train_ages`
# calls it for the faces.
#
# ## 2. What to watch while it trains
#
# Train the same method for 15 epochs. A bar shows the time left: about a minute on two cores.

# %% tags=["nbval-ignore-output"]
history, fds = [], dirlib.FDS(64, AGES)
model = train_ages(WEIGHTS["sqinv+lds"], seed=0, fds=fds, history=history)
last = history[-1]
print(f"loss {history[0]['loss']:.2f} in epoch 1, {last['loss']:.2f} in epoch 15")
test, few = faces("test"), runs.regions.few[runs.y]
error = np.abs(dirlib.predict(model, test.images) - test.labels)
print(f"your run: MAE {error.mean():.1f} years, few-shot {error[few].mean():.1f}")
mae, few_mae = (runs.score("sqinv+lds+fds", r)[0] for r in ("all", "few"))
print(f"recorded, same seed: MAE {mae:.1f}, few-shot {few_mae:.1f}")

# %% [markdown]
# Do your numbers differ from the recorded ones, though the seed is the same? Those were computed
# with one thread. Several threads add numbers in another order, so the last digits differ, and
# over 15 epochs this grows: sometimes to half a year, few-shot. One run is not a result.
#
# The recorded runs kept more of each epoch, for five seeds. Three things are worth watching:
# the training loss, the validation error *by region*, and the distance of the statistics.
# What to look for: do the first two tell the same story?

# %%
watched = {m: load_history(m) for m in ("vanilla", "sqinv", "sqinv+lds+fds")}
panels = {
    "training loss": lambda h: h["loss"],
    "validation, many-shot (years)": lambda h: h["val_many"],
    "validation, few-shot (years)": lambda h: h["val_few"],
}
fig = figures.epochs(watched, panels)

# %% [markdown]
# *Three panels; lines for the means of five seeds, bands for their range. The losses fall from
# the first epoch to the last. Many-shot: vanilla stays near 6.4 years; the other two rise to 8
# within three epochs, come back to about 7, and end 0.6 to 0.9 above vanilla. Few-shot: all fall
# from 36 years; with weights much faster, and after epoch 8 hardly any more.*
#
# No. With weights, the loss goes on falling when the few-shot error has stopped; and while it
# falls, the many-shot error goes up by 1.5 years, and not all the way back: that is the price of
# the weights, and no loss shows it. The loss of vanilla can't be compared with the other two at
# all: its rare ages, with their large errors, count no more than others. The two panels on the
# right can.
#
# And the statistics of FDS? The paper reports that the L1 distance (the mean absolute difference)
# of running and smoothed statistics *shrinks* while the network trains. **Predict:** does it
# here? (Your three epochs above had another learning rate, so their distances differ from these.
# *Spread* is the standard deviation of the means over the ages, *size* the mean variance.)

# %%
with_fds = {m: load_history(m) for m in ("sqinv+fds", "sqinv+lds+fds")}
panels = {
    "distance of means": lambda h: h["distance_mean"],
    "spread of means": lambda h: h["spread_mean"],
    "distance / spread": lambda h: h["distance_mean"] / h["spread_mean"],
    "of variances / size": lambda h: h["distance_variance"] / h["size_variance"],
}
fig = figures.epochs(with_fds, panels)
for name, of in panels.items():
    for m, h in with_fds.items():
        first, last = of(h).groupby(h["epoch"]).mean()[[1, 15]]
        print(f"{name}, {m}: {first:.2f} in epoch 1, {last:.2f} in epoch 15")

# %% [markdown]
# *Four panels. From the second epoch on, distance and spread rise, the spread much more; so their
# quotient falls, from about 0.5 to below 0.25. The distance of the variances, divided by their
# size, falls at first and rises again, to about 0.4.*
#
# No: here the distance doubles. But features have no unit, and while the network learns to tell
# ages apart, the spread of the means over the ages grows five times. **Divided by the spread**,
# the distance of the means more than halves: what calibration moves becomes smaller beside
# what tells the ages apart. (These are running statistics, which lag behind the features that
# grow.) For the variances, the quotient ends near where it began. So watch the quotient of the
# means; a distance alone tells you little.
#
# At inference the layer must be left out, since there is no label (lesson 4). The argument that
# this does no harm: the regressor then meets features that calibration would move only a little.
# **Check it** on your trained model: by how many years does calibration still move the answers
# for training images, and for those of rare ages? (`fds` is in `train()` mode still, so it
# calibrates.)

# %% tags=["nbval-ignore-output"]
z = dirlib.extract_features(model, train.images)
with torch.no_grad():  # two answers, minus each other: the regressor's bias cancels
    moved = (fds(z, train.labels) - z) @ model.regressor.weight[0]
answers, rare = dirlib.predict(model, train.images), runs.regions.few[train.labels]
print(f"moved by {moved.abs().mean():.2f} years on average,", end=" ")
print(f"few-shot ages by {moved[rare].abs().mean():.2f} years")
print(f"the answers have a standard deviation of {answers.std():.1f} years")

# %% [markdown]
# On average it is about a year, beside answers that spread over more than ten: little. For rare
# ages it is four or five years, and that is not little. So the argument holds for the crowd; for
# rare ages only errors on other images can tell, and part 4 has them.
#
# ## 3. Which epoch to keep
#
# The last epoch need not be the best one. You may look at **validation** data to choose,
# as often as you like, and never at the test set: what you choose with a set, you can no
# longer measure with it. And choose by what you care for: the error over all images, or
# that of the rare ages.
#
# ### Exercise 5.3 · Model selection
#
# **What.** Find the epoch with the lowest score in a history.
#
# **Why.** It decides which weights you keep. `fit(select=...)` does it.
#
# *About 8 minutes · 2 points*


# %% grade_id="best_epoch" role="solution"
def best_epoch(history, score):
    """Return the epoch whose score is lowest.

    history: list of dicts, one per epoch, each with "epoch", counted from 1, and
    scores; score: str, the name of one. A NaN is never chosen; of equals the first is.
    A history in which every score is NaN is refused with a ValueError.
    Returns an int.

    Worked number: [{"epoch": 1, "val_few": 9.0}, {"epoch": 2, "val_few": 7.0},
    {"epoch": 3, "val_few": 7.0}] and "val_few" give 2.
    """
    ### BEGIN SOLUTION
    known = [row for row in history if not np.isnan(row[score])]
    if not known:
        raise ValueError(f"every {score} is NaN: no epoch can be chosen")
    return min(known, key=lambda row: row[score])["epoch"]
    ### END SOLUTION


# %% grade_id="best_epoch_check" points=2 role="test"
check.best_epoch(best_epoch)

# %% [markdown]
# <details><summary>Hint 1</summary>First leave out the rows whose score is NaN: NaN is
# neither smaller nor larger than any number, and confuses min().</details>
# <details><summary>Hint 2</summary>min(rows, key=lambda row: row[score]) gives the first of
# the lowest rows.</details>
# <details><summary>Hint 3</summary>Return row["epoch"]: a history may begin later than at
# epoch 1.</details>
# <details><summary>Common mistakes</summary>np.argmin, which chooses NaN, and counts from 0;
# the last of several equals; the training loss, which nearly always falls to the end.</details>
#
# Choose by three scores: the training loss, the validation error of all ages, and that of
# the few-shot ages. **Predict:** how much does the choice gain over the last epoch?

# %%
choose = check.best_epoch.or_library(best_epoch)
for method, table in watched.items():
    for score in ("loss", "val_all", "val_few"):
        found = []
        for seed in range(5):
            rows = table[table.seed == seed].to_dict("records")
            chosen = choose(rows, score)
            gain = rows[-1]["val_few"] - rows[chosen - 1]["val_few"]
            found.append((chosen, gain))
        epochs, gains = np.transpose(found)
        print(f"{method:<14} by {score:<8} epochs {epochs.astype(int)}", end="")
        print(f", few-shot error lower by {np.mean(gains):.2f} years")

# %% [markdown]
# By the training loss you always keep the last epoch. By validation data you keep one between
# 8 and 15, and few-shot ages alone mostly choose the same epoch as all ages do: they are more
# than half of a balanced set, and have the largest errors. The gain looks like 0.3 to 0.7
# years. Don't trust it: it is measured on the very set that chose. The errors jump from epoch
# to epoch, and the lowest of 15 numbers is low partly by chance, *on these images*. To know
# how much remains, measure once on the test set. The tables below keep the last epoch for all
# methods, so none of them profits from such luck.
#
# ## 4. What came out
#
# All methods were trained five times, each time with other training faces and other initial
# weights. Seed 0 of one method and seed 0 of another share their faces, so we compare them
# **pair by pair**: what the seed does to both methods drops out of their difference.
#
# ### Exercise 5.4 · A paired interval
#
# **What.** Take the mean difference of two methods over the seeds, and its 95 % interval.
#
# **Why.** Without the interval you can't tell a gain from chance.
#
# *About 10 minutes · 2 points*


# %% grade_id="paired_interval" role="solution"
def paired_interval(baseline, method):
    """Return the mean difference between two methods, and its 95 % interval.

    baseline, method: float arrays [S], an error per seed, the same seeds; S is 2 or
    more.
    The differences are method - baseline; the interval is mean -+ t * s / sqrt(S), with
    s their standard deviation (divided by S - 1) and t the 0.975 quantile of Student's
    t with S - 1 degrees of freedom.
    Returns (mean, low, high), three floats. Differences that are all equal give
    (mean, mean, mean).

    Worked number: [10.0, 12.0, 14.0] and [9.0, 10.0, 13.0] give
    (-1.333, -2.768, 0.101).
    """
    ### BEGIN SOLUTION
    d = np.asarray(method) - np.asarray(baseline)
    half = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / np.sqrt(len(d))
    return d.mean(), d.mean() - half, d.mean() + half
    ### END SOLUTION


# %% grade_id="paired_interval_check" points=2 role="test"
check.paired_interval(paired_interval)

# %% [markdown]
# <details><summary>Hint 1</summary>One array of differences comes first. Everything else is
# done with it.</details>
# <details><summary>Hint 2</summary>d.std(ddof=1) divides by S - 1; stats.t.ppf(0.975, S - 1)
# is the quantile.</details>
# <details><summary>Hint 3</summary>half = t * s / np.sqrt(S); the interval is mean - half to
# mean + half.</details>
# <details><summary>Common mistakes</summary>1.96, which is for many seeds; 0.95 instead of
# 0.975, since each side has 2.5 %; baseline - method.</details>
#
# Now the table: MAE in years on the test set, means over five seeds. GM is the geometric mean of
# all errors. `full` differs from `fds` in two things, covariances and a window of 31 bins, as
# lesson 4 chose them. Read it by columns: which method is best for whom?

# %%
interval = check.paired_interval.or_library(paired_interval)
methods = ["vanilla", "sqinv", "sqinv+lds", "sqinv+fds", "sqinv+lds+fds"]
print(f"{'':<20}{'all':>7}{'many':>7}{'medium':>8}{'few':>7}{'GM':>7}")
for m in [*methods, "sqinv+lds+fds full", "inv+lds", "inv+lds+fds"]:
    row = [runs.score(m, r).mean() for r in ("all", "many", "medium", "few")]
    row.append(runs.score(m, metric=dirlib.gm).mean())
    print(f"{m:<20}{row[0]:7.2f}{row[1]:7.2f}{row[2]:8.2f}{row[3]:7.2f}{row[4]:7.2f}")

# %% [markdown]
# *Many*: vanilla. *Medium*: SQINV, with LDS or without. *All* and *few*: INV, with LDS alone
# nearly as good as with FDS. *GM*: INV + LDS and `full`. INV's price: its many-shot errors are
# 4 years above vanilla's and 3 above SQINV's, its medium-shot errors 1.4 to 1.9 above both. From
# here on we follow SQINV.
#
# > A **95 % interval**: if we repeated all five runs many times, about 95 of 100 such intervals
# > would hold the true mean difference. If it excludes 0, we say *beyond chance*; if it includes
# > 0, *five seeds can't tell*.
#
# **Predict:** which of these steps are beyond chance?

# %%
steps = [("vanilla", "sqinv"), ("sqinv", "sqinv+lds"), ("sqinv", "sqinv+fds"),
         ("sqinv+lds", "sqinv+lds+fds"), ("sqinv+lds", "sqinv+lds+fds full"),
         ("vanilla", "sqinv+lds+fds")]  # fmt: skip
for region in ("few", "medium", "many"):
    print(f"{region}-shot MAE, in years")
    for before, after in steps:
        a, b = runs.score(before, region), runs.score(after, region)
        mean, low, high = interval(a, b)
        print(f"  {before} to {after}: {mean:.2f} [{low:.2f}, {high:.2f}]", end="")
        print(f", {100 * mean / a.mean():.0f} %, lower on {sum(b < a)} of {len(a)}")
pair = interval(runs.score("sqinv", "few"), runs.score("sqinv+lds", "few"))
print("sqinv to sqinv+lds, few-shot, once more: {:.3f} [{:.3f}, {:.3f}]".format(*pair))

# %% [markdown]
# Few-shot: SQINV's step, 4 years, is far beyond chance. LDS on top of it is lower on all five
# seeds, but its interval just includes 0 (it ends at 0.003): five seeds can't quite tell. FDS on
# SQINV is beyond chance; so is FDS on SQINV + LDS, with a small step for its defaults and 0.77
# years for `full`. **The price.** SQINV raises the many-shot error by 13 %. `full` adds 0.18
# [0.05, 0.31] years to it; for LDS, and for FDS with its defaults, five seeds can't tell. FDS has
# a price for the medium-shot ages: 0.1 to 0.2 years with its defaults, 0.45 with `full`.
#
# Read such a list with care: of 18 intervals at 95 %, about one excludes 0 even where there is
# nothing. And they tell what other training faces and initial weights would change, not what
# other test faces would.
#
# **What re-weighting alone explains.** A paper that compares vanilla with SQINV + LDS + FDS
# shows one large step. How much of it does plain SQINV take?

# %%
for metric, region in ((dirlib.mae, "few"), (dirlib.gm, "all")):
    v, s, b = (runs.score(m, region, metric).mean()
               for m in ("vanilla", "sqinv", "sqinv+lds+fds"))  # fmt: skip
    name = f"{metric.__name__.upper()}, {region}"
    print(f"{name}: {v:.2f} to {b:.2f}, {100 * (b - v) / v:.0f} %", end="")
    print(f"; SQINV alone takes {100 * (v - s) / (v - b):.0f} % of the way")
gm = [runs.score(m, metric=dirlib.gm) for m in ("vanilla", "sqinv+lds+fds")]
print("GM, vanilla to all three: {:.2f} [{:.2f}, {:.2f}]".format(*interval(*gm)))

# %% [markdown]
# Most of it, if it is the first step. This is no reason to leave LDS and FDS out: what they add
# needs no more images, and no time at inference. It is a reason to report the step that is
# theirs.
#
# Beside it, what was published for photographs: from the paper, and from the re-runs that its
# repository lists. These are single runs, without an interval.

# %%
published = published_results()
print(published.to_string(index=False))
few = published[published.source == "paper"].few.to_numpy()
print(f"paper, few-shot: {100 * (few[1] / few[0] - 1):.0f} %")

# %% [markdown]
# The paper's step is 16 %, ours 22 %. None of these rows is SQINV alone, so its share can't be
# computed from them. The three SQINV variants of the re-runs lie within 0.8 (IMDB-WIKI-DIR) and 1
# year (AgeDB-DIR) of each other, few-shot; on AgeDB-DIR SQINV + FDS, without LDS, is best. What
# would other seeds say? On our faces, steps of that size need several seeds.
#
# Now explore the recorded runs yourself: those above, and the two searches on validation data
# (choose a kernel).

# %%
explorer = explorers.recorded_runs()
explorer

# %% [markdown]
# **Question.** Compare sqinv+fds with sqinv, for the kernels 5/2, 15/5 and 31/10 (window of 31
# bins, sigma 10). Which region gains from a wide kernel, and which ones get worse on every seed?

# %%
for kernel in ("5 2", "15 5", "31 10"):
    explorer.set(method="sqinv+fds", against="sqinv", kernel=kernel)
    for region in ("many", "medium", "few"):
        explorer.set(region=region)
        print(kernel, region, explorer.readout["mean difference, 95 % interval"])
explorer.reset()

# %% [markdown]
# <details><summary>Answer</summary>
#
# *Few-shot*: better on all three seeds with 15/5 and 31/10, but the intervals are wide and
# include 0. *Medium-shot*: worse on all three seeds with both, by 0.20 and 0.44 years, and both
# intervals exclude 0. *Many-shot*: worse on all three only with 31/10, by 0.26, with an interval
# that includes 0. With 5/2 three seeds can't tell. Choose single seeds, too: how far do their
# lines lie apart, compared with the two methods?
#
# </details>
#
# **With and without FDS.** The anchor charts of lesson 3, for held-out images and anchor 0. (As
# there, before training these networks answer 0 years.) What to look for: by how much do the
# bars of the crowd fall?

# %%
pair = ("sqinv+lds", "sqinv+lds+fds")
models = {m: load_statistics(m, split="test") for m in pair}
fig = figures.anchor_bars(models, AGES, runs.train_counts, anchor=0)
gaps = [anomaly_gaps(m, "test") for m in pair]
mean, low, high = interval(*gaps)
print(f"anomaly gap: {gaps[0].mean():.2f} without FDS, {gaps[1].mean():.2f} with it")
print(f"difference {mean:.2f} [{low:.2f}, {high:.2f}] over five seeds")

# %% [markdown]
# *Four panels of bars, of seed 0, the anchor red. Both networks keep age 0 close to the first
# years. With FDS the bars of the crowd are lower: by about a quarter for the means, and by half
# for the variances.*
#
# The anomaly gap, the similarity of age 0 to the five next ages minus that to the many-shot ages,
# grows by less than 0.1: a small step, beyond chance. Vanilla had 0.04 (lesson 4), so SQINV and
# LDS together brought most; how much each of them, these two rows can't tell. The balanced
# network had 0.65.
#
# ## 5. Ages that were never seen
#
# Leave some ages out of training: 45 to 55, *inside* (interpolation), and 85 to 100, *at the
# end* (extrapolation). LDS lends weight to ages near the holes. FDS gives bins without samples
# the statistics of their neighbours, as far as the window reaches, though no training image
# uses them. **Predict:** what does a hole inside cost, and what one at the end? (`with them`: the
# same test ages, for networks that had them in training. `seen`: all other ages, to see whether
# the holes harm them. The record calls runs with holes `gaps`; the anomaly gap is another thing.)

# %%
places = {
    "inside": np.isin(runs.y, INTERPOLATION),
    "end": np.isin(runs.y, EXTRAPOLATION),
}
places["seen"] = ~(places["inside"] | places["end"])
holes, gone = load_runs("training"), {}
for m in ("vanilla", "sqinv", "sqinv+lds", "sqinv+lds+fds", "sqinv+lds+fds full"):
    without = (runs if m == "vanilla" else holes).predictions(f"{m}, gaps")
    for place, inside in places.items():
        gone[m, place] = np.abs(without - runs.y)[:, inside].mean(1)
        kept = np.abs(runs.predictions(m) - runs.y)[:, inside].mean()
        print(f"{m:<19} {place:<7} {gone[m, place].mean():5.2f}, with them {kept:5.2f}")

# %%
shown = {name: runs.predictions(f"{name}, gaps") for name in ["vanilla"]}
shown["SQINV + LDS + FDS"] = holes.predictions("sqinv+lds+fds, gaps")
shaded = [("hole inside", INTERPOLATION, "////"), ("at the end", EXTRAPOLATION, "....")]
fig = figures.predictions_over_gaps(runs.y, shown, shaded)

# %% [markdown]
# *Two lines of mean predictions by true age, with bands that hold 8 of 10 predictions, over two
# hatched holes. In the hole inside neither line breaks off, though both dip at 51 (15 faces per
# age). Both leave the dotted diagonal at about 40; from 85 on both are flat, near 57 years for
# vanilla and 63 for the other.*
#
# A hole inside costs 1 to 2 years: a network interpolates well by itself. At the end the errors
# are large even with those ages in training, and 4 to 6 years larger without: no mean answer lies
# far beyond 65. The ages that all networks saw change by at most 0.3 years. **Predict:** where do
# LDS and FDS help, beside what SQINV does?

# %%
both = "sqinv+lds+fds"
for before, after in (
    ("vanilla", both), ("sqinv", both), ("sqinv", "sqinv+lds"), ("sqinv+lds", both),
    ("sqinv+lds", f"{both} full"),
):  # fmt: skip
    for place in ("inside", "end"):
        mean, low, high = interval(gone[before, place], gone[after, place])
        print(f"{before} to {after}, {place}: {mean:.2f} [{low:.2f}, {high:.2f}]")

# %% [markdown]
# **Inside**, five seeds can't tell all three from vanilla. Against SQINV they bring 0.4 years,
# just beyond chance: LDS brings 0.3 of it, and FDS on top of it nothing that five seeds can show.
# **At the end** the error falls by almost 6 years, of 35, about two thirds of it by SQINV. FDS
# brings about one year, `full` more than two; for LDS alone five seeds can't tell. But look at
# the column `with them`: for networks that had these ages in training FDS brings the same (25.07
# to 24.17, and 22.79 with `full`). So FDS makes the answers for very old people higher, whether
# it saw such ages or not. It does not see beyond the hole.
#
# The paper reports for a subset of IMDB-WIKI, against vanilla and in single runs: interpolation
# 16.13, with LDS + FDS 13.71; extrapolation 18.19 and 17.02. There the larger gain is inside.
#
# ## 6. When FDS hurts
#
# "FDS is worse than vanilla": four issues of the published code's repository say so. Here is
# one way to get there. In lesson 4's search, the widest window, 31 bins, did best with SQINV.
# So why not all 101, with a sigma of 50? (We chose it to fail, after a trial on validation
# data. The record calls it `sqinv+fds too wide`; `{"kernel_size": 101, "sigma": 50.0}` repeats
# it in exercise 5.5.) **Predict:** what happens to each region?

# %%
wide = {m: load_history(m) for m in ("sqinv", "sqinv+fds", "sqinv+fds too wide")}
for region in ("all", "many", "medium", "few"):
    base = holes.score("sqinv", region)
    print(
        f"{region:<7}", *(f"{m}: {holes.score(m, region).mean():5.2f} " for m in wide)
    )
    pair = interval(base, holes.score("sqinv+fds too wide", region))
    print("        too wide, minus sqinv: {:.2f} [{:.2f}, {:.2f}]".format(*pair))

# %% [markdown]
# It hurts: the medium-shot error rises by two years and that of all ages by one, both beyond
# chance. For the few-shot ages alone five seeds can't tell. How could you have known, without
# the test set? Look at the epochs. **Predict:** in which panel does the wide window show first?

# %%
panels = {
    "training loss": lambda h: h["loss"],
    "validation, medium-shot (years)": lambda h: h["val_medium"],
    "distance / spread": lambda h: h["distance_mean"] / h["spread_mean"],
}
fig = figures.epochs(wide, panels)

# %% [markdown]
# *Training loss: the wide window leaves the other two at once, and stays between 13 and 14 from
# epoch 5 on, while they fall together to 10. Medium-shot: in epochs 4 and 5 it is still close to
# `sqinv+fds`, from 6 on about two years or more above it. Distance / spread has two lines, since
# SQINV has no FDS: 0.74 at the start and above 0.6 at the end; with 15 bins 0.53 and 0.22.*
#
# **How to diagnose it.** The quotient tells after one epoch, the loss after two or three, the
# validation error after a few more.
#
# 1. *Distance / spread.* In epoch 1, about 0.5 is normal here. Above 0.6 at the end is bad:
#    calibration moves features more than half as far as the ages are apart.
# 2. *Training loss.* Train the same thing without FDS. With 15 bins the two losses are nearly
#    equal; here one stops falling.
# 3. *Errors by region*, on validation data. One region alone can hide the harm.
#
# **Why?** Our explanation, not all of it tested: so wide a window leaves little difference
# between the smoothed means. What tells the ages apart is taken out of the features in training,
# and is back at inference. So the regressor learns a line that is too steep for what it will get.
# The last step can be checked: look at the slope of the answers over the true age, and at the
# errors of three groups of ages (*scatter*: their standard deviation). **Predict:** who profits
# from steeper answers?

# %%
groups = {"0 to 9": (0, 9), "50 to 79": (50, 79), "85 to 100": (85, 100)}
for m in wide:
    answers = holes.predictions(m)
    print(f"{m:<19} slope {np.polyfit(runs.y, answers.mean(0), 1)[0]:.2f}", end="")
    for name, (low, high) in groups.items():
        error = (answers - runs.y)[:, (runs.y >= low) & (runs.y <= high)]
        scatter = error.std(axis=1).mean()
        print(f"; {name}: MAE {np.abs(error).mean():.1f}", end="")
        print(f", scatter {scatter:.1f}", end="")
    print()

# %% [markdown]
# The answers are steeper, and scatter much more. The oldest profit: their answers were far too
# low. From 50 to 79, and for the young, the scatter costs more than the slope brings. It is the
# trade of lesson 4, taken too far. Two more ways that may lead there, not tried here: bins that
# are too wide (a window of 15 bins of 5 years covers 75 years), and labels whose neighbours don't
# look alike.
#
# ## 7. Your own comparison
#
# A comparison tells you something only if **one thing** changes. With two changes you can't
# know which one worked; and every further change that you try makes it likelier that one
# looks good by chance. So: one question, one change, several seeds, validation data.
#
# ### Exercise 5.5 · An ablation of your choice
#
# **What.** Choose two settings that differ in one thing. Write down what you expect first.
#
# **Why.** It is how the settings of FDS were searched in lesson 4: 16 trials, most of them one
# change away from the start. (There, a kernel size and a sigma that grow together counted as one
# change, "a wider window".) The stub lists all options that you may take.
#
# *About 10 minutes · 2 points*


# %% grade_id="my_ablation" role="solution"
def my_ablation():
    """Return the settings of two trainings that differ in one thing.

    Each is a dict: "weights", one of "vanilla", "sqinv", "sqinv+lds", "inv",
    "inv+lds"; "fds", None or a dict of options of dirlib.FDS (kernel_size, sigma,
    kernel, momentum, covariance, weighting, edges, shrinkage, clip).
    One thing: the weights, or whether there is an FDS layer ({} has the defaults), or
    one option of it.
    Returns (base, variant).
    """
    ### BEGIN SOLUTION
    base = {"weights": "sqinv", "fds": {"kernel_size": 31, "sigma": 10.0}}
    variant = {"weights": "sqinv", "fds": base["fds"] | {"covariance": "full"}}
    return base, variant
    ### END SOLUTION


# %% grade_id="my_ablation_check" points=2 role="test"
check.my_ablation(my_ablation)

# %% [markdown]
# <details><summary>Hint 1</summary>Return two dicts, each with the keys "weights" and "fds":
# return base, variant.</details>
# <details><summary>Hint 2</summary>For instance SQINV with FDS, and the same without:
# {"weights": "sqinv", "fds": {}} and {"weights": "sqinv", "fds": None}.</details>
# <details><summary>Hint 3</summary>base | {"weights": "inv"} is a copy of base with other
# weights. An option that you leave out has the default of dirlib.FDS: 15 bins, sigma 5,
# momentum 0.9.</details>
# <details><summary>Common mistakes</summary>Kernel size *and* sigma changed: here that counts as
# two things, so change one; an even kernel size; a comparison with an option that has its
# default value anyway. Vanilla against sqinv+lds is *one* choice of weights, but two steps.
# </details>
#
# Run it: two seeds, five epochs, judged on validation data. It takes about a minute.

# %% tags=["nbval-ignore-output"]
settings = check.my_ablation.or_library(my_ablation)()
few_val, errors = runs.regions.few[val.labels], {"base": [], "variant": []}
for name, chosen in zip(errors, settings, strict=True):
    for seed in (100, 101):
        layer = None if chosen["fds"] is None else dirlib.FDS(64, AGES, **chosen["fds"])
        trained = train_ages(WEIGHTS[chosen["weights"]], seed, fds=layer, epochs=5)
        error = np.abs(dirlib.predict(trained, val.images) - val.labels)
        errors[name].append(error[few_val].mean())
    print(name, chosen, "few-shot MAE:", np.round(errors[name], 2))
pair = interval(*np.array(list(errors.values())))
print("difference and 95 % interval: {:.2f} [{:.2f}, {:.2f}]".format(*pair))

# %% [markdown]
# How wide is your interval? With two seeds, t is 12.7: hardly any difference is beyond chance.
# That is no reason to look at one seed only. It is a reason to say "two seeds can't tell", or to
# take more: ten seeds and 15 epochs are 15 to 20 minutes of work for the command line. Type this
# in a terminal, in the folder of the course. The runs go into the folder `runs`, and the page is
# `runs/report.html`:
#
# ```
# python -m dirlib compare --methods sqinv,sqinv+fds --seeds 10 --first-seed 100 --split val
# python -m dirlib report runs --split val
# ```
#
# Without `--split val` both show the test set, not validation data: use that once, when your
# settings are fixed.
#
# ## 8. Your conclusion

# %% [markdown] grade_id="conclusion" points=4 role="manual"
# ### Exercise 5.6 · What do LDS and FDS bring?
#
# **What.** Write 100 to 200 words for a colleague who wants to predict something rare. Answer
# four questions, a point for each; 1 to 3 with a number from this lesson, or from your own run:
#
# 1. What does re-weighting gain, *and* what is its price?
# 2. What does LDS bring, and what FDS, each against the run without it?
# 3. Where did you see no effect, or harm? One place is enough.
# 4. What would you do first with the colleague's data, and which sign would you watch on
#    validation data?
#
# No check reads this: your teacher does, or you, with the rubric in the solved lesson.
#
# **Why.** Your colleague decides by your words. Few people read the table.
#
# *About 25 minutes · 4 points*
#
# === BEGIN SOLUTION ===
# On the drawn faces, SQINV weights lower the few-shot error from 22.0 to 17.9 years and raise
# the many-shot error from 6.4 to 7.2 years. On top of SQINV, FDS takes another 0.6 years from
# the few-shot error (-0.58 [-0.74, -0.43]). LDS lowers it on all five seeds (-0.49), but five
# seeds can't quite tell it from chance. 85 % of the way from vanilla to all three is
# re-weighting's. For ages left out inside the range, five seeds can't tell all three from vanilla
# (-0.26 [-0.91, 0.39]), and a window over all ages does harm: one year on all ages. With your
# data I would first count the labels per bin, then train vanilla and SQINV on five seeds, and
# compare the errors by region, pair by pair, on validation data. With FDS I would watch its
# distance divided by the spread, and the training loss beside that of a run without it.
# === END SOLUTION ===
#
# === BEGIN MARK SCHEME ===
# One point for each of the four questions; in 1 to 3 with a number of this lesson, or of the
# student's own run, that supports the answer:
#
# 1. Re-weighting: few-shot error down, many-shot error up, both named.
# 2. LDS and FDS: a step of each against the run without it, and not over vanilla only, with an
#    interval or a count of seeds; "not beyond chance" where that is so.
# 3. A case with harm, or one where the seeds show no effect: interpolation against vanilla, the
#    medium-shot price, the window that is too wide, or an ablation of one's own.
# 4. A first step that fits the colleague (look at the label counts, or train with SQINV), and a
#    named sign on validation data that shows whether it works: errors by region, best paired
#    over seeds. What to watch in training may stand beside it.
#
# No point for a claim that the tables don't show, such as "no effect" for "can't tell".
# === END MARK SCHEME ===

# %% [markdown]
# **How to go on.** Nothing here downloads anything.
#
# - *A table of your own*, with any numeric target:
#   `python -m dirlib train --data houses.csv --target price --reweight sqinv --lds --out runs/1`
# - *Photographs*: AgeDB-DIR, IMDB-WIKI-DIR or UTKFace, once you have them. `dirlib/README.md` says
#   where they come from and on which terms. `python -m dirlib check agedb.csv --kind agedb-dir` looks
#   for missing, damaged and mislabelled pictures first. The published split has the same people
#   in training and test; `python -m dirlib split` can keep them apart. They are real people: to
#   guess somebody's age from a photograph is a sensitive use.
# - *A GPU*: the same commands are made to use one, in half precision (numbers of 16 bits); nobody
#   has run them there yet. `--model resnet50 --size 224 --augment crop --epochs 90 --schedule
#   step --lr 1e-3 --batch-size 256` is the paper's training, and `--lds-kernel-size 5 --lds-sigma
#   2 --fds-kernel-size 5 --fds-sigma 2` are its kernels.
#
# ## Quiz
#
# Choose an answer, then open it.
#
# **1. You try 20 settings, and choose the best one on the test set. What is wrong?**
#
# <details><summary>A. Nothing: the test set is there to compare.</summary>No: the best of
# 20 looks better on these images than it is on others.</details>
# <details><summary>B. The winner's test error is lower than it will be on new images.</summary>
# Right: part of it is luck with these images. Choose on validation data, and test once.</details>
# <details><summary>C. 20 settings are too few.</summary>No: more would make it worse.</details>
#
# **2. LDS + FDS + SQINV lowers the few-shot error by 22 % against vanilla. What does FDS
# bring?**
#
# <details><summary>A. 22 %.</summary>No: that is what all three bring together.</details>
# <details><summary>B. A third of it.</summary>No: the three don't bring equal parts.</details>
# <details><summary>C. You can't know from this number.</summary>Right: compare with the same
# weights and LDS, without FDS.</details>
#
# **3. The training loss of a run with FDS stays far above that of the same run without.**
#
# <details><summary>A. Normal: FDS makes training harder.</summary>No: with 15 bins the two
# losses were nearly equal.</details>
# <details><summary>B. The window may be too wide.</summary>Right: look at the distance, divided
# by the spread.</details>
# <details><summary>C. The layer is off.</summary>No: then the two losses would be equal.
# </details>
#
# **4. The 95 % interval of a paired difference over five seeds is [-1.1, 0.2].**
#
# <details><summary>A. The method helps.</summary>The mean is below zero, but so much can come
# from five seeds alone.</details>
# <details><summary>B. The method does nothing.</summary>That isn't shown either: -1.1 is within
# the interval.</details>
# <details><summary>C. Five seeds can't tell.</summary>Right: take more seeds, or say so.
# </details>
#
# ## Take-away
#
# - One step: features, FDS with the labels, regressor, weighted loss. After an epoch: call
#   `end_epoch()`, then judge in `eval()`.
# - Watch errors by region; compare the distance of FDS's statistics with the spread of the
#   means, for features grow.
# - Choose epochs and settings on validation data, by what you care for.
# - Compare pair by pair, one change at a time, with an interval; say what re-weighting alone
#   brings.
# - With SQINV here: the weights bring most, LDS and FDS add a little. At the oldest ages FDS
#   lowers the error by one to two years, whether they were in training or not. A window that is
#   too wide does harm, and shows before the test.
#
# ## Go further
#
# - Yang et al., ICML 2021, arXiv:2102.09554, section 4: the tables of the paper.
# - Relatives of LDS and FDS: Balanced MSE (Ren et al., CVPR 2022), RankSim (Gong et al., ICML
#   2022), ConR (Keramati et al., ICLR 2024), VIR (Wang and Wang, NeurIPS 2023).
# - `python -m course experiment training --seeds 5` trains the recorded runs of this lesson again.
