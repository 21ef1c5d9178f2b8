# %% [markdown]
# # Lesson 3 · Feature statistics and the age-0 anomaly
#
# LDS corrects the *labels'* distribution, in the loss. This lesson looks one layer deeper,
# at the **features** that a network computes before it answers. You take their statistics
# for each age, compare every age with age 0, and find something odd. Then you test what
# causes it, and meet the covariances that lesson 4 needs.
#
# **You will be able to**
#
# - *compute* the mean and the variance of features in each bin, in one pass (exercise 3.1);
# - *compare* bins by cosine similarity (3.2), and *measure* the anomaly with one number
#   (3.3);
# - *test* an explanation with controls instead of believing it;
# - *compute* a covariance per bin (3.4), and *diagnose* when it can't be inverted (3.5);
# - *shrink* a covariance, so that it can (3.6).
#
# **Before you start.** Lessons 1 and 2, above all shot regions and windows. You need the
# variance of a list of numbers, and the product and the transpose of matrices. Eigenvalues
# are recalled where they come up.
#
# | part | minutes |
# |---|---|
# | Introduction, 1. From predictions to features | 12 |
# | 2. The statistics of each bin (exercise 3.1) | 33 |
# | 3. Similarity to an anchor (exercises 3.2, 3.3) | 27 |
# | 4. Testing the explanation | 17 |
# | 5. From variance to covariance (exercises 3.4, 3.5) | 28 |
# | 6. Shrinkage (exercise 3.6) | 17 |
# | Quiz and take-away | 6 |
# | **together** | **140** |
#
# After part 4 is a good place for a break. The blocks marked *optional* are not counted: you
# can leave them out. Each ends at the next heading.

# %%
import numpy as np
import torch

import dirlib
from course.lesson3 import (
    AGES, anomaly_gaps, check, explorers, figures, load_features, load_runs,
    load_statistics,
)

runs = load_runs("features")
counts = runs.train_counts
regions = dirlib.shot_regions(counts)

# %% [markdown]
# One picture to begin with. Two networks of the same kind were trained, one on the
# imbalanced faces, one on as many faces with all ages equally often. Each bar says how
# similar the features of an age are to those of age 0 (the red bar). What to look for: which
# network keeps age 0 apart from ages that look quite different? And which of the two, A or
# B, do you think was trained on the imbalanced faces?

# %%
models = {
    "network A": load_statistics("vanilla", split="test"),
    "network B": load_statistics("balanced", split="test"),
}
fig = figures.anchor_bars(models, AGES, counts, anchor=0)

# %% [markdown]
# *Two rows of two panels, over the shot regions of the imbalanced faces in purple, yellow and
# pink. Upper row, network A: all bars are high, as if every age looked like age 0. Lower row,
# network B: bars near 1 for the first years of life only, then they fall steeply.*
#
# ## 1. From predictions to features
#
# A network for regression has two parts, $\hat y = g(z)$ and $z = f(x)$. The large part $f$,
# the **backbone**, turns an image $x$ into a list of $D$ numbers, the **feature vector** $z$.
# The small part $g$, the **regressor**, is one linear layer: it turns $z$ into an age. So all
# that the network knows about an image when it answers is in $z$.
#
# Here $D = 64$. The recorded features below are those of all 5,000 training images,
# computed once by a network that was trained on them without weights: `vanilla`, as in
# lesson 2, but with another start (see below).

# %%
z, labels = load_features("vanilla")
index = AGES.index(labels)
print("features", z.shape, "labels", labels.shape)
print(f"between {z.min():.1f} and {z.max():.1f}")

# %% [markdown]
# The features end in a ReLU and a mean over the picture, so none is negative. The networks
# of this lesson answer about 0 years before they are trained. (In lessons 1 and 2 they
# started at the mean age, which saves time. Part 4 shows what difference it makes.)
#
# ## 2. The statistics of each bin
#
# For each bin $b$ with $N_b$ samples, the paper takes the mean $\mu_b$ and, feature by
# feature, the variance:
#
# $$\mu_b = \frac{1}{N_b} \sum_{i \text{ in } b} z_i, \qquad
# v_b = \frac{1}{N_b - 1} \sum_{i \text{ in } b} (z_i - \mu_b)^2$$
#
# The published code makes one more pass over all training images for this, each epoch. You
# can do without: features come in batches anyway while the network trains. If you add up the
# right sums, the statistics are there when the epoch ends.

# %% [markdown]
# ### Exercise 3.1 · Bin statistics in one pass
#
# **What.** Return count, mean and variance of each bin, from batches that you go through
# once. Give NaN where nothing can be computed. (The library stores a mean of 0 there, beside
# the count of 0 that tells it apart.)
#
# **Why.** The samples of one age are spread over many batches, and you can't keep them all.
#
# *About 20 minutes · 3 points*


# %% grade_id="bin_moments" role="solution"
def bin_moments(batches, n_bins):
    """Return the samples, the mean and the variance of the features in each bin.

    batches: list of (features, index), features a float array [n, D], index an int
    array [n] with the bin of each sample; every batch is used once.
    Returns count [B] int, mean [B, D] float64 and variance [B, D] float64, divided by
    count - 1. NaN where they can't be computed: the mean of an empty bin, the variance
    of a bin with fewer than two samples.

    Worked number: with two = np.array([[1.0], [3.0]]), np.array([0, 0])
    and one = np.array([[5.0]]), np.array([0])
    bin_moments([two, one], 1) gives [3], [[3.0]] and [[4.0]].
    """
    ### BEGIN SOLUTION
    dim = np.shape(batches[0][0])[1]
    count = np.zeros(n_bins, int)
    total, squares = np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        features = np.asarray(features, dtype=np.float64)
        np.add.at(count, index, 1)
        np.add.at(total, index, features)
        np.add.at(squares, index, features**2)
    n = count[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n
        variance = (squares - n * mean**2) / (n - 1)
    return count, mean, np.where(n > 1, variance, np.nan)
    ### END SOLUTION


# %% grade_id="bin_moments_check" points=3 role="test"
check.bin_moments(bin_moments)

# %% [markdown]
# <details><summary>Hint 1</summary>Keep three arrays: how many samples, [B]; the sum of z and
# the sum of z**2 of each bin, [B, D]. With n = count[:, None], the variance is
# (sum of z**2 - n * mean**2) / (n - 1).</details>
# <details><summary>Hint 2</summary>total[index] += features adds only one of the samples that
# share a bin. np.add.at(total, index, features) adds them all.</details>
# <details><summary>Hint 3</summary>Sums of many float32 squares lose digits: begin with
# features.astype(np.float64). At the end, np.where(n > 1, variance, np.nan).</details>
# <details><summary>Common mistakes</summary>The mean of the batches' means; dividing by N_b
# instead of N_b - 1; zeros for empty bins; float32 sums.</details>
#
# From here on the lesson uses the library's version, `dirlib.BinStatistics`. It keeps
# sums of *deviations* instead of squares, which stays accurate even in float32 for features
# far from 0, and two halves can be merged. **Predict:** from one age to the next, how many
# times as far does the mean *vector* jump among few-shot ages as among many-shot ages? And
# for **held-out** images, which are those of the balanced test set, 15 of each age?

# %%
stats = dirlib.BinStatistics(AGES.n_bins, feature_dim=64)
for zb, ib in zip(np.array_split(z, 20), np.array_split(index, 20), strict=True):
    stats.update(torch.from_numpy(zb), ib)
held_out = load_statistics("vanilla", split="test")
sets = {"training": stats, "held-out": held_out}
sets["right labels, training"] = load_statistics("right labels")
for name, found in sets.items():
    jump = np.linalg.norm(np.diff(found.mean.numpy(), axis=0), axis=1)
    for region in ("many", "few"):
        inside = getattr(regions, region)
        both = inside[1:] & inside[:-1]  # two ages of this region side by side
        print(f"{name}, {region}-shot: {jump[both].mean():.1f}")

# %%
feature = int(np.argmax(held_out.mean.numpy().std(0)))
dots, line = stats.mean.numpy()[:, feature], held_out.mean.numpy()[:, feature]
panels = {f"mean of feature {feature}": (dots, line)}
names = ("training", "held-out")
fig = figures.smoothed_lines(AGES, counts, panels, names=names)
tiny = (counts[regions.few] <= 5).sum()
print(f"few-shot ages with 5 images or fewer: {tiny} of {regions.few.sum()}")

# %% [markdown]
# *One feature's mean by age. Dots for the training images, larger where an age has more of
# them; a red line for held-out images. Among many-shot ages the dots form a line, among
# few-shot ages they scatter widely.*
#
# For training images the jumps of few-shot ages are more than ten times as large; for
# held-out images, 15 of every age, they are hardly larger. So faces don't change that much
# from one year to the next. A mean over so few images is mostly chance: more than half of
# the few-shot ages have 5 or fewer. Wrong labels (lesson 2) add a little: a network trained
# with right ones only has jumps of 3.1 instead of 3.6. Chance is also the main reason why
# many-shot ages jump further in held-out images, 0.9, than in training images, 0.3: these
# are means over 15 images, those over more than 100.
#
# ## 3. Similarity to an anchor
#
# Are the features of age 0 more like those of age 1, or like those of age 30? To compare
# whole vectors, the paper takes one age as the **anchor** and computes the **cosine
# similarity** of every other age's mean to the anchor's mean (and the same for the
# variances):
#
# $$\cos(\mu_a, \mu_b) = \frac{\mu_a \cdot \mu_b}{\lVert \mu_a \rVert \, \lVert \mu_b
# \rVert}$$
#
# ($\lVert \mu \rVert$ is the length of a vector, the root of its sum of squares.) The cosine
# is 1 where two vectors point the same way, whatever their lengths, and 0 where they share
# nothing.

# %% [markdown]
# ### Exercise 3.2 · Cosine similarity to an anchor
#
# **What.** Return the similarity of each bin's vector to that of the anchor.
#
# **Why.** One bar per age: this is how the paper shows what a network mixes up.
#
# *About 6 minutes · 2 points*


# %% grade_id="cosine_to_anchor" role="solution"
def cosine_to_anchor(values, anchor):
    """Return the cosine similarity of each bin's vector to the anchor's.

    values: float array [B, D], a bin without a statistic is NaN in all its entries;
    anchor: int, a bin.
    Returns a float array [B]; 1 at the anchor, NaN where values are NaN or all zero.

    Worked number: with values = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
    cosine_to_anchor(values, 0) gives [1, 0.7071, 0].
    """
    ### BEGIN SOLUTION
    length = np.linalg.norm(values, axis=1)
    length = np.where(length == 0, np.nan, length)
    return values @ values[anchor] / (length * length[anchor])
    ### END SOLUTION


# %% grade_id="cosine_to_anchor_check" points=2 role="test"
check.cosine_to_anchor(cosine_to_anchor)

# %% [markdown]
# <details><summary>Hint 1</summary>values @ values[anchor] gives all dot products at once.
# </details>
# <details><summary>Hint 2</summary>np.linalg.norm(values, axis=1) gives all lengths; divide
# by the bin's own length and by the anchor's.</details>
# <details><summary>Hint 3</summary>Set lengths of 0 to NaN before you divide:
# np.where(length == 0, np.nan, length).</details>
# <details><summary>Common mistakes</summary>Dividing by one of the two lengths only;
# subtracting the mean first (that is Pearson's correlation); NaN turned into 0.</details>
#
# **Predict:** the anchor is age 0, which has 5 training images; the next four ages have 2
# or 3 each. For training images of the network without weights: where are the bars high,
# and where low? How far down do they go? (The library's `dirlib.cosine_to_anchor`, below,
# takes the statistics themselves, where yours takes their means.)

# %%
models = {"training": stats, "held-out": held_out}
fig = figures.anchor_bars(models, AGES, counts, anchor=0)
for name in ("vanilla", "balanced"):
    recorded = load_statistics(name, split="test")
    bars = dirlib.cosine_to_anchor(recorded, 0)[[1, 5, 30, 60, 100]]
    print(f"{name}, held-out, ages 1, 5, 30, 60, 100:", bars.round(2))

# %% [markdown]
# *Two rows, training and held-out features. All bars of the means are high, 0.65 and more.
# For the variance of the training features some of the nearest bars are the lowest.*
#
# One would expect bars that fall with the distance, because a baby looks more like a child
# than like an adult of 60. They do fall, but from 1.00 to 0.81 only; those of the balanced
# network fall to 0.18. (So network A at the beginning was `vanilla`.) An age of 30 is nearly
# as similar to age 0 as age 5 is. With 5 images of age 0, the network has learnt hardly any
# features of its own for babies. It uses those of the **crowd**, the many-shot ages.
#
# The paper reports the same of photographs: without FDS (feature distribution smoothing, the
# topic of lesson 4), age 0 was similar to ages 40 to 80. We call this **the age-0 anomaly**:
# age 0 is about as similar to the crowd as to its own neighbours. The number for it is the
# **anomaly gap**. Careful with its sign: a *large* gap is what we want. A gap near 0, or
# below, *is* the anomaly.

# %% [markdown]
# ### Exercise 3.3 · The anomaly gap
#
# **What.** Return the mean similarity to the neighbours, minus the mean similarity to the
# crowd.
#
# **Why.** Five pictures are hard to compare; five numbers are not.
#
# *About 8 minutes · 2 points*


# %% grade_id="anomaly_gap" role="solution"
def anomaly_gap(similarity, anchor, many, near):
    """Return the mean similarity to the neighbours minus that to the crowd.

    similarity: float array [B], NaN where unknown; anchor: int; many: bool array [B],
    the many-shot bins; near: int, in bins.
    Neighbours: bins at a distance of 1 to `near` from the anchor. Crowd: many-shot bins
    farther away than `near`. NaN bins are left out.
    Returns a float.

    Worked number: with similarity = np.array([1.0, 0.9, 0.7, 0.8, 0.6])
    and many = np.array([False, False, False, True, True])
    anomaly_gap(similarity, 0, many, 2) gives 0.1.
    """
    ### BEGIN SOLUTION
    distance = np.abs(np.arange(len(similarity)) - anchor)
    neighbours = (distance > 0) & (distance <= near)
    crowd = many & (distance > near)
    return np.nanmean(similarity[neighbours]) - np.nanmean(similarity[crowd])
    ### END SOLUTION


# %% grade_id="anomaly_gap_check" points=2 role="test"
check.anomaly_gap(anomaly_gap)

# %% [markdown]
# <details><summary>Hint 1</summary>Begin with the distance of every bin from the anchor.
# </details>
# <details><summary>Hint 2</summary>Two masks: one for the neighbours, without the anchor
# itself; one for the many-shot bins that lie farther away.</details>
# <details><summary>Hint 3</summary>np.nanmean leaves NaN out.</details>
# <details><summary>Common mistakes</summary>Counting the anchor among its own neighbours;
# neighbours on one side only; many-shot bins near the anchor counted as crowd.</details>
#
# **Predict:** is the gap of the imbalanced network above 0, below 0 or about 0? And that of
# the balanced one? Then put your two functions together. (`or_library` takes your function if
# it is right, and the library's if it isn't.)

# %%
cosine = check.cosine_to_anchor.or_library(cosine_to_anchor)
gap = check.anomaly_gap.or_library(anomaly_gap)
similarity = cosine(held_out.mean.numpy(), 0)
print(f"gap of age 0, held-out: {gap(similarity, 0, regions.many, 5):.2f}")

# %% [markdown]
# That was seed 0, as in all figures with bars. Five seeds of each network were recorded, and
# `anomaly_gaps` gives the gap of each seed, with `near` = 5 years. What to look for: does any
# seed of the imbalanced network reach the balanced one?

# %%
for statistic in ("mean", "variance"):
    for method in ("vanilla", "balanced"):
        for split in ("train", "test"):
            by_seed = anomaly_gaps(method, split, statistic=statistic)
            print(f"{statistic:<8} {method:<8} {split:<5}", by_seed.round(2))

# %% [markdown]
# Look at the means first. The balanced network sees the first years as a group of their
# own: its gap is large on every seed. That of the imbalanced network is close to 0, on
# training and on held-out images. A negative gap says that the crowd is even nearer than
# the neighbours. For the means it is never clearly negative (the lowest is -0.01). For the
# variances of the imbalanced network's training images it is negative on every seed. (For
# those of the balanced network it is, too, on three seeds: variances of training images are
# not a reliable guide. Held-out images tell the two networks apart on every seed, by means
# and by variances.)
#
# ## 4. Testing the explanation
#
# So far we have told a story: *too few samples, so the network takes over what it knows from
# the crowd*. A story can fit and still be wrong. Other causes could do the same: wrong
# labels, or the way the network was set up. So change one thing at a time:
#
# - `balanced`: as many faces, all ages equally often. If the story is right, the anomaly
#   must go.
# - `more of age 0`: 150 images of age 0 instead of 5, and the other 4,995 as they were.
# - `right labels`: no wrong label.
# - `from the mean`: the untrained network answers the mean age instead of 0.
#
# **Predict:** which of them give age 0 a clearly positive gap?

# %%
CONTROLS = ("vanilla", "balanced", "more of age 0", "right labels", "from the mean")
for method in CONTROLS:
    train, test = anomaly_gaps(method, "train"), anomaly_gaps(method, "test")
    print(f"{method:<14} training {train.mean():5.2f}  held-out {test.mean():5.2f}")
fig = figures.paired_bars(
    CONTROLS,
    [anomaly_gaps(m, "test") for m in CONTROLS],
    ylabel="anomaly gap of age 0, held-out",
)

# %% [markdown]
# *Five columns of five dots, one dot per seed; a red line marks their mean. Two columns are
# high, `balanced` and `more of age 0`; the other three stay near 0.*
#
# The number of images is the main cause: give the network 150 images of age 0 instead of 5,
# and the anomaly goes, as it does with balanced data. Right labels, or a start at the mean,
# double the gap, but a double of 0.04 is still small (0.09 and 0.08). The story has passed
# its test; it might have failed it.
#
# **The other side of it.** Take age 30 as the anchor. **Predict:** where do the two networks
# differ?

# %%
models = {m: load_statistics(m, split="test") for m in ("vanilla", "balanced")}
fig = figures.anchor_bars(models, AGES, counts, anchor=30)
for method, recorded in models.items():
    zero = dirlib.cosine_to_anchor(recorded, 30)[0]
    old = dirlib.cosine_to_anchor(recorded, 80)[30:].min()
    print(f"{method}: similarity of age 0 to age 30 {zero:.2f}")
    print(f"  similarity of ages 30 to 100 to age 80: {old:.2f} or more")
    for anchor in (0, 30, 80):
        images = int(load_statistics(method).count[anchor])
        gap = anomaly_gaps(method, "test", anchor).mean()
        length = recorded.mean[anchor].norm()
        print(f"  anchor {anchor}: {images} images, gap {gap:.2f}, length {length:.1f}")

# %% [markdown]
# *Two rows. To the right of age 12 or so they hardly differ; at the left end the bars of
# vanilla stay high, those of balanced fall.*
#
# (The images are the training images of that age, the length is that of the mean vector.)
# `vanilla` says that babies look like 30-year-olds, `balanced` says they don't. The gap at 30
# doesn't notice: it asks about its own anchor only, and there the crowd *is* the
# neighbourhood. And why is the gap small at 80, in the balanced network as well? From age 30
# on, all means point nearly the same way (0.96 or more), and it is their *length* that grows
# with the age. The cosine can't see lengths. Ask of every measure what it can't see.
#
# *Optional:* compare more anchors and models.

# %%
explorer = explorers.anchors(
    {
        method: {
            "held-out images": load_statistics(method, split="test"),
            "training images": load_statistics(method, split="train"),
        }
        for method in CONTROLS
    },
    AGES,
    counts,
)
explorer

# %% [markdown]
# *Bars as before: red the anchor, blue the other ages, over the shot regions. The line below
# the picture gives the anomaly gap, and the two means it is made of.*
#
# **Question.** Take the model `vanilla` and move the anchor slowly from 0 to 100, once
# for held-out and once for training images. Where do single bars stand out, and in
# which of the two? Then switch to `balanced`: up to which anchor is its gap above 0.3?

# %%
for model in ("vanilla", "balanced"):
    print(f"{model:<9}", end="")
    for anchor in (0, 3, 5, 6, 9, 12, 20, 50):
        explorer.set(model=model, anchor=anchor)
        print(f"  {anchor}: {explorer.readout['anomaly gap']:.2f}", end="")
    print()
explorer.reset()

# %% [markdown]
# <details><summary>Answer</summary>
#
# Among training images, few-shot ages stand out, up or down: their means are mostly chance.
# Among held-out images, 15 per age, the bars are smooth. The gap of `balanced` falls fast: it
# is 0.68 at anchor 0 and 0.40 at 3; the last anchor with a gap above 0.3 is 5, with 0.37. From
# 12 on the two models have about the same gap, though not the same picture.
#
# </details>
#
# ## 5. From variance to covariance
#
# The variance looks at each feature alone. But features move *together*: when an image
# makes one of them larger, it makes others larger too. The **covariance** of two
# features says so, and the covariance matrix holds all pairs:
#
# $$\Sigma_b = \frac{1}{N_b - 1} \sum_{i \text{ in } b} (z_i - \mu_b)(z_i - \mu_b)^\top$$
#
# ($a\,a^\top$ is the table of all products of two entries of a vector $a$: row $j$, column
# $k$ holds $a_j a_k$.) Its diagonal holds the variances. The paper writes FDS with
# $\Sigma_b$, "to reflect also the relationship between the various feature elements"; its
# code uses the diagonal only.

# %% [markdown]
# ### Exercise 3.4 · A covariance per bin
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

# %%
full = dirlib.bin_statistics(torch.from_numpy(z), labels, AGES, covariance="full")
cov = full.covariance().numpy()
peak, rare = int(counts.argmax()), 79
active = np.argsort(-np.diag(cov[peak]))[:24]  # the 24 features that vary most


def correlation(matrix):
    matrix = matrix[np.ix_(active, active)]
    spread = np.sqrt(np.diag(matrix)) + 1e-9
    return matrix / np.outer(spread, spread)


shown = {f"age {a}: {counts[a]} images": correlation(cov[a]) for a in (peak, rare)}
order = "feature, the most varying first"
fig = figures.covariance_images(shown, feature=order, scale="correlation")

# %% [markdown]
# *Two squares of 24 by 24 correlations, purple where positive, brown where negative, the darker
# the stronger. All are purple. On the left a pattern of stronger and weaker blocks; on the
# right nearly all are as dark as can be. The 24 features are in the order of their variance
# at age 42.*
#
# Off the diagonal there is a lot: features rise and fall together. A calibration by
# variances alone treats them as if they had nothing to do with each other. On the right the
# relation looks even stronger. **Predict:** is that chance, because 12 images are so few?
# Draw 12 of the images of age 42, again and again, and see how strong it looks then.


# %%
def together(matrix):
    return np.abs(correlation(matrix)[~np.eye(24, dtype=bool)]).mean()


at_peak, rng = z[index == peak].astype(float), np.random.default_rng(0)
draws = [together(np.cov(rng.choice(at_peak, 12, replace=False).T)) for _ in range(200)]
print(f"age {peak}, all images: mean absolute correlation {together(cov[peak]):.2f}")
print(f"age {peak}, 12 of them: {np.mean(draws):.2f}, at most {max(draws):.2f}")
print(f"age {rare}, 12 images: {together(cov[rare]):.2f}")

# %% [markdown]
# No: twelve images of age 42 give about the same as all of them, and none of the 200 draws
# reaches 0.98. So the small number of images is not the reason: the features of age 79 vary
# mostly along *one* direction. What looks like chance need not be chance; test it.
#
# **How much can four samples tell?** The **eigenvalues** of a covariance are the variances
# along its own axes, the axes of the ellipse that the samples fill. Its **rank** is the
# number of eigenvalues that aren't 0. Its **condition number** is the largest divided by
# the smallest; its root says how much longer the ellipse is than wide. FDS will divide by the
# root of each eigenvalue (lesson 4 calls it **whitening**), so an eigenvalue of 0 can't be
# used.
#
# **Predict:** how large can the rank of a 64 x 64 covariance of four samples be at most?

# %% [markdown]
# ### Exercise 3.5 · Rank and condition
#
# **What.** Return the rank and the condition number of a covariance matrix.
#
# **Why.** Two numbers that say whether you may whiten with it.
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
# eigenvalue. Rounding leaves tiny numbers where 0 should be.</details>
# <details><summary>Hint 3</summary>When the rank is smaller than D, return np.inf as the
# condition.</details>
# <details><summary>Common mistakes</summary>The size of the matrix as its rank; an absolute
# threshold; the smallest divided by the largest.</details>

# %%
measure = check.rank_and_condition.or_library(rank_and_condition)
for age in (80, rare, 60, peak):
    rank, condition = measure(cov[age])
    images = f"age {age}: {counts[age]:3d} images"
    print(f"{images}, rank {rank:2d} of 64, condition number {condition:,.0f}")
print(f"root of the last one: {condition**0.5:.0f}")
enough = (counts > 64).sum()
print(f"ages with more images than features: {enough} of {len(counts)}")

# %% [markdown]
# Two images give rank 1, twelve give 11, and only 20 of the 101 ages have more images than
# there are features. Four samples have four deviations, and those add up to 0, so only
# three of them are free: the rank is at most $N_b - 1$. In all other directions the variance
# is 0. Not because the faces don't vary there, but because you haven't seen it yet. Three of
# the four have an infinite condition number. Even age 42, with 478 images, has 200,000: its
# widest direction is 450 times as wide as its narrowest.
#
# ## 6. Shrinkage
#
# There is a well-known cure: don't trust a small sample alone. Mix its covariance with a
# **target** that is known better, and the more so, the fewer samples there are:
#
# $$\hat\Sigma_b = \frac{(N_b - 1)\, \Sigma_b + s\, T_b}{(N_b - 1) + s}$$
#
# The **strength** $s$ counts like samples: the target weighs as much as $s$ of them. In FDS
# the target $T_b$ will be the smoothed covariance, from the neighbours.

# %% [markdown]
# ### Exercise 3.6 · Shrinkage by the count
#
# **What.** Return each bin's covariance, pulled towards its target.
#
# **Why.** It makes every covariance usable, and leaves those of the many-shot bins nearly
# as they are.
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
#
# How much should you shrink? Test it where the truth is known. Take four images of an age,
# shrink their covariance towards the mean covariance of the five ages on each side, and
# compare it with that of all *other* images of the age. **Predict:** which strength comes
# nearest to the truth, 0, 10, 100, or the target alone? Is it the same at age 42, in the
# middle of the crowd, and at age 16, at its edge?


# %%
def distances(age, strengths):
    """Relative distance from the age's other images, mean of 200 draws of four."""
    near = [a for a in range(age - 5, age + 6) if a != age]
    target = np.average(cov[near], axis=0, weights=counts[near] - 1)
    mine, rng = z[index == age].astype(float), np.random.default_rng(0)
    mixed = [mine[rng.permutation(len(mine))] for _ in range(200)]
    four = np.array([np.cov(x[:4].T) for x in mixed])
    truth = np.array([np.cov(x[4:].T) for x in mixed])
    for s in strengths:
        off = (3 * four + s * target) / (3 + s) - truth
        size = np.linalg.norm([off, truth], axis=(-2, -1))
        yield (size[0] / size[1]).mean()


# %%
strengths = [0, 1, 3, 10, 30, 100, 1e9]  # the last one is the target alone
print("strength ", *(f"{s:6.0f}" for s in strengths[:-1]), "target")
for age in (peak, 16):
    found = distances(age, strengths)
    print(f"age {age} ({counts[age]:3d})", *(f"{d:6.2f}" for d in found))
for n in (4, 478):
    print(f"strength 10, {n} images: weight of the target {10 / (n - 1 + 10):.0%}")

# %% [markdown]
# At 42 the target alone is as good as any: the ten ages around it hold more than a thousand
# images, and their features vary in the same way. FDS is built on this: *neighbours know*. At
# 16 the neighbours differ more: the target alone stays at 0.30, and none of the strengths
# comes nearer than 0.29. `dirlib.FDS` takes 10 unless you say otherwise. With four images the
# target then has 77 % of the weight, with 478 images 2 %. That is careful: here 30 or more is
# better. (The distance depends mostly on the few directions in which features vary most. It
# hardly sees the small eigenvalues, which shrinkage makes usable.)
#
# **Optional: strengths from the data.** Ledoit and Wolf (2004) and OAS (oracle approximating
# shrinkage; Chen et al., 2010) compute the strength from the samples themselves; scikit-learn
# has both. Their target is round: the identity times the mean variance. (Their covariances
# are divided by $N$, where ours are divided by $N - 1$.)

# %%
from sklearn.covariance import ledoit_wolf, oas

rng, size = np.random.default_rng(0), np.linalg.norm(cov[peak])
samples = [rng.choice(at_peak, 4, replace=False) for _ in range(200)]
for name, method in (("Ledoit-Wolf", ledoit_wolf), ("OAS", oas)):
    found = [method(x) for x in samples]
    off = np.mean([np.linalg.norm(matrix - cov[peak]) for matrix, _ in found]) / size
    weight = np.mean([weight for _, weight in found])
    print(f"{name:<11}: weight of the target {weight:.2f}, distance {off:.2f}")

# %% [markdown]
# Both come nearer to the truth than four images alone, and stay far from what the neighbours
# reach. A round target doesn't know in which directions faces vary. A good target is worth
# more than a good strength.
#
# In `dirlib.FDS` you choose the strength: `shrinkage=10.0` counts like ten samples.
#
# ### Back to the eigenvalues
#
# They are the reason for it all. Here your own function shrinks.

# %%
near = [a for a in range(peak - 5, peak + 6) if a != peak]
target = np.average(cov[near], axis=0, weights=counts[near] - 1)
four = np.cov(np.random.default_rng(0).choice(at_peak, 4, replace=False).T)
pull = check.shrink.or_library(shrink)
shrunk = pull(four[None], np.array([4]), target[None], 10.0)[0]
found = {"all images": cov[peak], "four images": four, "four images, shrunk": shrunk}
for name, matrix in found.items():
    print(f"{name:<19} condition {measure(matrix)[1]:,.0f}")
fig = figures.spectra({k: np.linalg.eigvalsh(m) for k, m in found.items()})

# %% [markdown]
# *Eigenvalues on a logarithmic axis, largest first. All images: a line that falls steadily.
# Four images: three values, then 0. Shrunk: close to the first line.*
#
# Four images have variance in three directions only. Shrunk, they have some in all 64, so
# that you may divide by it: the condition number is about that of all 478 images.

# %% [markdown]
# ## Quiz
#
# Choose an answer, then open it.
#
# **1. At anchor 0 the bars of the means are high for every age. What does that say?**
#
# <details><summary>A. The network predicts 0 years for everyone.</summary>No: the cosine
# ignores lengths. Two vectors of one direction can give different predictions.</details>
# <details><summary>B. In the direction of its features, the network doesn't keep age 0 apart
# from other ages.</summary>Right. That is what a high cosine says, and no more.</details>
# <details><summary>C. Age 0 has too many images.</summary>No: it has 5.</details>
#
# **2. Which control tells you that the imbalance, and not the faces, causes the anomaly?**
#
# <details><summary>A. More seeds of the same training.</summary>No: they show that it isn't
# chance, but not its cause.</details>
# <details><summary>B. As many faces, all ages equally often.</summary>Right: only the counts
# differ.</details>
# <details><summary>C. A larger network.</summary>No: the counts stay as they are, so you learn
# nothing about their part.</details>
#
# **3. A bin has 10 samples of 64 features. What is the rank of its covariance at most?**
#
# <details><summary>A. 64</summary>No: that is its size.</details>
# <details><summary>B. 10</summary>No: the ten deviations add up to 0, so one of them follows
# from the others.</details>
# <details><summary>C. 9</summary>Right: N_b - 1.</details>
#
# **4. You shrink with strength 10. A bin with 500 samples changes**
#
# <details><summary>A. little: the target's weight is about 2 %.</summary>Right: 10 / 509.
# </details>
# <details><summary>B. as much as every other bin.</summary>No: the weight of the target falls
# with the count.</details>
# <details><summary>C. not at all.</summary>No: a little.</details>

# %% [markdown]
# ## Take-away
#
# - All that a network knows when it answers is in the features. Their mean and variance per
#   bin can be computed in one pass.
# - With imbalanced training, rare young ages share the features of the crowd. The controls
#   show that missing images are the cause.
# - One number, the anomaly gap, makes it comparable over seeds.
# - The covariance of $N_b$ samples has a rank of at most $N_b - 1$. Shrink it before you
#   divide by it.
#
# ## Go further
#
# - Yang et al., ICML 2021, arXiv:2102.09554, section 3.2: feature statistics, and the
#   paper's figure of the anomaly.
# - O. Ledoit and M. Wolf, "A well-conditioned estimator for large-dimensional covariance
#   matrices", Journal of Multivariate Analysis, 2004.
# - `BinStatistics` takes features of any network: try it on your own, with
#   `figures.anchor_bars`.
