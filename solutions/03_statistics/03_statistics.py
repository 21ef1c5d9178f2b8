# %% [markdown]
# # Lesson 3 · Feature statistics and the age-0 anomaly
#
# What does imbalance do *inside* a network? You meet statistics of its **features** that can't
# be true, and track down the cause.
#
# <details><summary>You will be able to</summary>
#
# *compute* the mean and the variance of each age's features in one pass (exercise 3.1),
# *compare* ages by the cosine (3.2), *measure* an anomaly with one number (3.3), *test* an
# explanation with controls, and *tell* how much of a small sample's mean is chance (3.4).
# You need lessons 1 and 2, above all shot regions and windows. You can skip any exercise: the
# rest of the lesson still runs.
#
# </details>
#
# | part | minutes |
# |---|---|
# | Opening | 1 |
# | 1. A map of the features | 2 |
# | 2. The statistics of each age | 22 |
# | 3. The cosine | 9 |
# | 4. Age 30, and age 0 | 16 |
# | 5. Two suspects | 5 |
# | 6. Chance, and what neighbours know | 14 |
# | Take-away | 1 |
# | **core, together** | **70** |
# | Deep · Open challenge: the best guess about a rare age | 19 |
# | Deep · Smoothing and the margin | 2 |
# | Deep · Five networks, curve by curve | 4 |
# | Deep · What few images do on their own | 3 |
# | Deep · Every anchor | 8 |
# | Deep · Quiz | 1 |

# %%
import numpy as np

import dirlib
from course.lesson3 import (
    AGES, NETWORKS, by_seed, challenge, check, explorers, faces, figures, guess,
    heldout_distance, load_features, load_runs, load_statistics,
)  # fmt: skip

# %% [markdown]
# ## 1. A map of the features
#
# On nine unseen faces, where is `vanilla` far off? It guesses in two steps. The **backbone**
# turns an image into 64 numbers, the **feature vector** $z$; the **regressor**, one linear layer,
# turns $z$ into an age.
#
# The map shows the two directions in which $z$ varies most, a dot for each training image. Do
# neighbouring ages lie together?

# %%
runs, test = load_runs("faces"), faces("test")
some = np.array([0, 2, 5, 12, 20, 30, 45, 60, 85])  # one of each age comes first
guesses = {"vanilla": runs.predictions("vanilla")[0][some]}
fig = figures.faces_with_guesses(test.images[some], test.labels[some], guesses)
z, labels = load_features("vanilla")
fig = figures.feature_map(z, labels)

# %% [markdown]
# <details><summary>The pictures in words</summary>Nine drawn faces from 0 to 85 years, each
# with its true age above and the guess below. A cloud of dots, coloured by age. The colours
# run along it in order, from the young to the old; the middle ages are crowded, the ends are
# thin.</details>
#
# They do: **what the network knows about an age should be close to what it knows about its
# neighbours.**
#
# ## 2. The statistics of each age
#
# For each bin $b$ (here: each age), take the mean $\mu_b$ of its $N_b$ feature vectors and,
# feature by feature, their variance $v_b$:
#
# $$\mu_b = \frac{1}{N_b} \sum_{i=1}^{N_b} z_i, \qquad
# v_b = \frac{1}{N_b-1} \sum_{i=1}^{N_b} (z_i-\mu_b)^2$$
#
# ### Exercise 3.1 · Statistics in one pass
#
# **What.** Return count, mean and variance of each bin, from batches that come only once, as in
# training.
#
# **Why.** The published code goes over all training images once more for this, in every epoch.
#
# *About 18 minutes · 3 points*


# %% grade_id="bin_moments" role="solution"
def bin_moments(batches, n_bins, dim):
    """Return the samples, the mean and the variance of the features in each bin.

    batches: gives pairs (features, index) in a for loop, once; it has no length and
    no batches[0]. features is a float array [n, dim], index an int array [n] with the
    bin of each sample. All of them together are too many to keep.
    Returns count [B] int, mean [B, dim] float64 and variance [B, dim] float64, divided
    by count - 1. NaN where they can't be computed: the mean of an empty bin, the
    variance of a bin with fewer than two samples.

    Worked number: with two = (np.array([[1.0], [3.0]]), np.array([0, 0]))
    and one = (np.array([[5.0]]), np.array([0]))
    bin_moments(iter([two, one]), 1, 1) gives [3], [[3.0]] and [[4.0]].
    """
    ### BEGIN SOLUTION
    count = np.zeros(n_bins, int)
    total, squares = np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        features = features.astype(np.float64)
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
# <details><summary>Hint 1</summary>Which sums are enough? The squared deviations can be had
# without the mean: their sum is (sum of z**2) - n * mean**2.</details>
# <details><summary>Hint 2</summary>Keep three arrays: the samples, [B]; the sum of z and the
# sum of z**2 of each bin, [B, dim]. total[index] += features adds only one of the samples
# that share a bin; np.add.at(total, index, features) adds them all.</details>
# <details><summary>Hint 3</summary>Sums of many float32 squares lose digits: begin with
# features.astype(np.float64). At the end, np.where(n > 1, variance, np.nan) with n =
# count[:, None].</details>
#
# Each dot is your mean of one feature, for one age; dashed: **held-out** images, which the
# network has never seen. Where do dots scatter?

# %%
moments = check.bin_moments.or_library(bin_moments)
index, counts = AGES.index(labels), runs.train_counts
stream = zip(np.array_split(z, 40), np.array_split(index, 40), strict=True)
count, mean, variance = moments(stream, AGES.n_bins, 64)
held_out = load_statistics("vanilla", split="test")
truth = held_out.mean.numpy()
f = int(truth.std(0).argmax())  # the feature that changes most with the age
fig = figures.mean_by_age(AGES, counts, mean[:, f], truth[:, f])

# %% [markdown]
# <details><summary>The picture in words</summary>One feature's mean by age; dots are larger
# where images are many. In the crowded middle, the training dots lie on the dashed held-out
# line. At both ends, where ages have few images, they scatter around it.</details>
#
# Where images are few. Part 6 comes back to this.
#
# <details><summary>Fine print</summary>
#
# Held-out means are taken over 15 images of each age. `dirlib.BinStatistics` does what your
# function does, with sums of *deviations*, which stay accurate for features far from 0. The
# features here are recorded, of one network (seed 0); in lesson 4 your layer takes the
# statistics while it trains.
#
# </details>
#
# ## 3. The cosine
#
# Do two means point the same way? The **cosine** of their angle tells. Does it matter how long
# the arrows are?

# %%
fig = figures.two_arrows()

# %% [markdown]
# <details><summary>The picture in words</summary>Three panels with a red and a blue arrow
# each, from the same point. Same direction: cosine 1, although the blue arrow is longer. A bit
# apart: a cosine in between. At right angles: cosine 0.</details>
#
# No: it is 1 for the same direction, 0 at a right angle, whatever the lengths
# $\lVert\mu\rVert$. The paper compares all bins with one, the **anchor** $b_0$:
#
# $$\cos(\mu_{b_0}, \mu_b) = \frac{\mu_{b_0}\cdot\mu_b}{\lVert\mu_{b_0}\rVert\,\lVert\mu_b\rVert}$$
#
# ### Exercise 3.2 · Similarity to an anchor
#
# **What.** Return the cosine of each bin's vector and the anchor's.
#
# **Why.** With these cosines the paper found the anomaly.
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
#
# ## 4. Age 30, and age 0
#
# The paper starts with the anchor **30**.

# %%
question = "Training images: which age is more similar to age 30, age 0 or age 6?"
guess.choice("3.1", question, ["age 0", "age 6", "equally similar"])

# %%
cosine = check.cosine_to_anchor.or_library(cosine_to_anchor)
to_30, training = cosine(mean, 30), load_statistics("vanilla")
guess.compare("3.1", "age 0" if to_30[0] > to_30[6] else "age 6")
fig = figures.anchor_bars({"training images": training}, AGES, counts, anchor=30)

# %% [markdown]
# <details><summary>The picture in words</summary>Two panels of bars, for the mean and the
# variance. All around 30 the bars are at the top. To the left, among the first years, some
# bars stick out: age 0 reaches the top again.</details>
#
# Ages within a few years of 30 have nearly the same mean and variance. That is the paper's
# argument for smoothing: one may borrow from neighbours. But bars should fall with the distance,
# and by its mean, age 0 is as similar to age 30 as a teenager is! In the paper's photographs,
# ages 0 to 6 came out unexpectedly close, too.
#
# Do newborns look like adults to the network? Now the anchor is age **0**. Sketch the bars that
# you expect, for training and held-out images.

# %%
both = {"training": load_statistics("vanilla"), "held-out": held_out}
fig = figures.anchor_bars(both, AGES, counts, anchor=0)

# %% [markdown]
# <details><summary>The picture in words</summary>Two rows. Training: the bars drop among small
# children and then stand at the top again from 17 to 60, above all in the mean. Held-out: the
# bars of the mean start at the top and fall with the distance.</details>
#
# There is the **hump**: by the training means, age 0 is less similar to children of 4 to 8 than
# to adults. That can't be! Held-out similarity falls with the distance. So the hump is in the
# *statistics* of the training images, not in the network.
#
# To judge five networks, boil the chart down to one number, the **neighbour margin**: how much
# more similar an anchor is to its neighbours than to the **crowd**, the many-shot ages farther
# away. Large is healthy; 0 or less is the **anomaly**.
#
# ### Exercise 3.3 · The neighbour margin
#
# **What.** Return the mean similarity to the neighbours, minus that to the crowd.
#
# **Why.** This number finds the cause.
#
# *About 8 minutes · 2 points*


# %% grade_id="neighbour_margin" role="solution"
def neighbour_margin(similarity, anchor, many, near):
    """Return the mean similarity to the neighbours minus that to the crowd.

    similarity: float array [B], NaN where unknown; anchor: int; many: bool array [B],
    the many-shot bins; near: int, in bins.
    Neighbours: bins at a distance of 1 to `near` from the anchor. Crowd: many-shot bins
    farther away than `near`. NaN bins are left out.
    Returns a float.

    Worked number: with similarity = np.array([1.0, 0.9, 0.7, 0.8, 0.6])
    and many = np.array([False, False, False, True, True])
    neighbour_margin(similarity, 0, many, 2) gives 0.1.
    """
    ### BEGIN SOLUTION
    distance = np.abs(np.arange(len(similarity)) - anchor)
    neighbours = (distance > 0) & (distance <= near)
    crowd = many & (distance > near)
    return np.nanmean(similarity[neighbours]) - np.nanmean(similarity[crowd])
    ### END SOLUTION


# %% grade_id="neighbour_margin_check" points=2 role="test"
check.neighbour_margin(neighbour_margin)

# %% [markdown]
# <details><summary>Hint 1</summary>Begin with the distance of every bin from the anchor.
# </details>
# <details><summary>Hint 2</summary>Two masks: one for the neighbours, without the anchor
# itself; one for the many-shot bins that lie farther away.</details>
# <details><summary>Hint 3</summary>np.nanmean leaves NaN out.</details>
#
# ## 5. Two suspects
#
# **The paper suspects too few images:** the newborns' bin inherits from the ages with the most
# data. **A second suspect** hides among the six images labelled 0. Who are they, and where on
# the map?

# %%
train = faces("train")
six = np.flatnonzero(train.labels == 0)
told = {"its label": train.labels[six]}
fig = figures.faces_with_guesses(train.images[six], train.ages[six], told)
fig = figures.feature_map(z, labels, mark=[0])

# %% [markdown]
# <details><summary>The pictures in words</summary>Six faces with the label 0. Two are babies.
# The others are adults of around fifty. The map of part 1, with the six images in red circles:
# two at the young end, four among the adults.</details>
#
# Two are babies, four are adults. In web data, a missing date of birth may become a zero. That
# four of six are such **unknown dates** is our assumption. Change one thing at a time:
#
# | network | images labelled 0 | adults among them | few images | wrong dates |
# |---|---|---|---|---|
# | vanilla | 6 | 4 | yes | yes |
# | right labels | 6 | 0 | yes | no |
# | same share | 150 | 100 | no | yes |
# | same four | 150 | 4 | no | hardly |
# | balanced (all ages alike) | about 50 | 4 | no | hardly |
#
# <details><summary>Which result would accuse which suspect?</summary>If too few images are the
# cause, "right labels" must stay sick and "same share" must be cured. If wrong dates are the
# cause, it is the other way round.</details>

# %%
question = "Which is cured: right labels (6 images), or same share (150 images)?"
guess.choice("3.2", question, ["right labels", "same share", "both", "neither"])

# %%
margin = check.neighbour_margin.or_library(neighbour_margin)
many = dirlib.shot_regions(counts).many


def margins(*which):
    """The neighbour margin of age 0, one for each seed; five years are near."""
    return np.array([margin(cosine(m, 0), 0, many, 5) for m in by_seed(*which)])


found = {name: margins(method) for name, method in NETWORKS.items()}
right, share = ((found[name] > 0).all() for name in ("right labels", "same share"))
answers = {(True, False): "right labels", (False, True): "same share"}
guess.compare("3.2", answers.get((right, share), "both" if right else "neither"))
fig = figures.neighbour_margins(found)

# %% [markdown]
# <details><summary>The picture in words</summary>One row for each network, on training images.
# Vanilla and "same share" lie left of zero, the other three far to the right.</details>
#
# Vanilla is sick on every seed. **Few images have an alibi:** with right labels, six are enough;
# with two thirds wrong, 150 aren't. So wrong dates make the hump. But the *same four* among 150
# make none: **few images are why four wrong dates decide.**
#
# <details><summary>Fine print</summary>
#
# This is shown for our drawn faces, whose true ages we know. It doesn't prove that the paper's
# chart has the same cause. It does say that such a chart alone can't tell the two causes
# apart. Few images do harm of their own, too (a deep part shows it), but they make no hump.
#
# The hump also needs the children: from the age of 3 on there are nearly 30 images each, enough
# for sound statistics, so that age 0 can be less similar to them than to the crowd. The other
# labels are wrong now and then, too: one in twenty, as in lesson 1.
#
# </details>
#
# ## 6. Chance, and what neighbours know
#
# Chance strikes *every* rare age, with right labels too. How far does it carry a mean? Age 87
# has 42 training images: let it play "rare", and draw a few of them.
#
# ### Exercise 3.4 · How far chance goes
#
# **What.** Return how far the mean of a few drawn images lies from the mean of all, on
# average over many draws.
#
# **Why.** Draws from your own sample show the chance in any statistic.
#
# *About 7 minutes · 2 points*


# %% grade_id="chance_distance" role="solution"
def chance_distance(features, draws):
    """Return the mean distance of the means of small draws from the mean of all.

    features: float array [N, D], the images of one age; draws: int array [R, n], each
    row holds the places of n images (one may come twice).
    For each row: the distance (the length of the difference) between the mean of its
    images and the mean of all N images. Returns the mean of these R distances, a float.

    Worked number: with features = np.array([[0.0], [2.0], [4.0]])
    chance_distance(features, np.array([[0, 1], [2, 2]])) gives 1.5.
    """
    ### BEGIN SOLUTION
    means = features[draws].mean(axis=1)
    return np.linalg.norm(means - features.mean(axis=0), axis=1).mean()
    ### END SOLUTION


# %% grade_id="chance_distance_check" points=2 role="test"
check.chance_distance(chance_distance)

# %% [markdown]
# <details><summary>Hint 1</summary>In the worked number the mean of all is 2. The first row
# has the mean 1, the second 4: the distances are 1 and 2.</details>
# <details><summary>Hint 2</summary>features[draws] has shape [R, n, D]: the images of a draw
# lie along axis=1.</details>
# <details><summary>Hint 3</summary>np.linalg.norm(difference, axis=1) gives the length of
# each row.</details>
#
# The green line is your function; dots tell how far a few-shot age's training mean lies from its
# held-out mean. Is that more than chance?

# %%
far = check.chance_distance.or_library(chance_distance)
old, rng = z[index == 87].astype(float), np.random.default_rng(0)
chance = {n: far(old, rng.integers(0, len(old), (500, n))) for n in range(2, 21)}
distance = np.linalg.norm(mean - truth, axis=1)
fig = figures.chance_curve(chance, counts, distance, marked=(0, 2))

# %% [markdown]
# <details><summary>The picture in words</summary>A falling green line, and blue dots scattered
# around it. Two red dots lie high above it: the ages 0 and 2.</details>
#
# Mostly not; the two ages far above the line have wrong labels. So **the statistics of a rare
# age are chance, and sometimes worse.**
#
# <details><summary>Fine print</summary>
#
# Over the age of 60, chance alone gives nearly all of the distance. It happens that age 87 has
# 42 images; the ages around it have 2 to 12. Of the three images labelled 2, two show somebody
# else. Features vary more among the old than among the young, so the line of age 87 suits the
# few-shot ages around it, not newborns. Its 42 images may hold wrong labels as well. And a
# held-out mean, of 15 images, is off by some chance of its own.
#
# </details>
#
# So let each age borrow from its neighbours, with a window as in lesson 2, each *image* counting
# the same. Which is nearer to the dashed line, the dots or the red one?

# %%
window = dirlib.kernel_window("gaussian", 15, 5.0)


def smoothed(mean, count):
    """The mean of each bin and its neighbours, each image weighted by the window."""
    total = dirlib.smooth_bins(count[:, None] * mean, window)
    return total / dirlib.smooth_bins(count, window)[:, None]


smooth = smoothed(mean, counts)
fig = figures.mean_by_age(AGES, counts, mean[:, f], truth[:, f], smooth[:, f])

# %% [markdown]
# <details><summary>The picture in words</summary>The picture of part 2 with a red line in
# addition, which runs smoothly through the dots and close to the dashed held-out
# line.</details>
#
# The red one. By how much, over all features of five networks?

# %%
means = by_seed("vanilla")
borrowed = [smoothed(m, counts) for m in means]
plain, better = heldout_distance(means), heldout_distance(borrowed)
xlabel = "distance of few-shot means to held-out means"
fig = figures.forest({"smoothed minus plain": (plain, better)}, xlabel=xlabel)

# %% [markdown]
# <details><summary>The picture in words</summary>On every seed the distance becomes
# shorter.</details>
#
# Smoothing cuts the distance by about half. **Neighbours know better:** this is feature
# distribution smoothing (FDS), which lesson 4 builds into the network.

# %% [markdown]
# ## Deep · Open challenge: the best guess about a rare age
#
# The window of part 6 is a first try. Its width is the same for an age with two images and
# for one with four hundred; it believes a wrong label as firmly as a right one; at the ends
# it has neighbours on one side only. Can you do better?
#
# **What.** Write `rare_means(mean, count)`: from the plain means [B, D] and the counts [B]
# of the training images, make the best means you can. Nothing else is allowed, above all no
# held-out data. You are judged by the distance to the held-out means of the few-shot ages.
#
# **How.** Try things out on the networks of seeds 0, 1 and 2; they are your validation data.
# When you are done, and only then, report seeds 3 and 4. There is no single right answer.
#
# *About 15 minutes · no points*


# %%
def rare_means(mean, count):
    """Return better means [B, D] than the plain ones; change this as you like."""
    return smoothed(mean, count)


tried = heldout_distance([rare_means(m, counts) for m in means[:3]], (0, 1, 2))
print("while you try, mean of seeds 0 to 2:", round(float(tried.mean()), 3))

# %%
final = heldout_distance([rare_means(m, counts) for m in means[3:]], (3, 4))
challenge.report("3", final.mean(), to_beat=better[3:].mean())

# %% [markdown]
# <details><summary>Ideas</summary>
#
# - A wider window where images are few, a narrower one where they are many.
# - A straight line through the neighbours instead of their mean: it helps at the ends.
# - Mix the plain mean and the smoothed one, by the count.
# - Leave out, or weigh down, an age that lies far from what its neighbours predict.
#
# </details>
#
# ## Deep · Smoothing and the margin
#
# Part 6 measured distances. What does smoothing do to the margin of age 0?

# %%
healed = np.array([margin(cosine(m, 0), 0, many, 5) for m in borrowed])
rows = {"training": found["vanilla"], "smoothed": healed}
fig = figures.neighbour_margins({**rows, "held-out": margins("vanilla", "test")})

# %% [markdown]
# <details><summary>The picture in words</summary>The margin of the plain statistics is below
# zero; those of the smoothed and the held-out ones are above.</details>
#
# Smoothing heals the margin, though it knows nothing about wrong dates: the images of small
# children, nearly thirty for each age, outvote the four bad ones.
#
# <details><summary>Fine print</summary>
#
# A window makes neighbours alike, whatever the data, so a part of the new margin is no
# surprise. The other part is news: smoothed, age 0 moves away from the crowd, as it does on
# held-out faces.
#
# </details>
#
# ## Deep · Five networks, curve by curve
#
# The neighbour margin is one number. Here is what it was made of: the similarity of every age
# to age 0, a thin line for each seed. In which panels do the lines rise again?


# %%
def similarities(*which):
    """Similarity to age 0, [seeds, ages], by your function."""
    return np.array([cosine(s, 0) for s in by_seed(*which)])


panels = {
    f"{name} images: {statistic}": similarities("vanilla", split, statistic)
    for statistic in ("mean", "variance")
    for name, split in (("training", "train"), ("held-out", "test"))
}
fig = figures.similarity_by_seed(panels, AGES, counts, anchor=0)

# %% [markdown]
# <details><summary>The picture in words</summary>Four panels, a thin line for each seed and a
# thick one for their mean. Mean, training: lines dip among small children, and rise to the
# top. Mean, held-out: all fall. The lines of the variances jump up and down.</details>
#
# In the **mean**, the lines of the training images sag among small children and then rise to
# the top, on most seeds clearly; those of the held-out images fall. In the **variance** no seed
# shows such a hump, and everything scatters more: a variance needs more images than a mean. (The
# ages 1 and 2 have two and three images. Don't trust a single point there.)
#
# And the controls: which of the four has the hump?

# %%
panels = {name: similarities(method) for name, method in NETWORKS.items()}
del panels["vanilla"]
fig = figures.similarity_by_seed(panels, AGES, counts, anchor=0)

# %% [markdown]
# <details><summary>The picture in words</summary>Four panels, one for each control. The hump
# stands in "same share" alone.</details>
#
# "Same share" alone. In the other three the lines fall with the distance.
#
# ## Deep · What few images do on their own
#
# Part 5 looked at the mean. Does the same hold for the variance? And did few images leave no
# trace at all? Look at the margin of the variances first, then at the margin on held-out faces.

# %%
found = {name: margins(m, "train", "variance") for name, m in NETWORKS.items()}
fig = figures.neighbour_margins(found, xlabel="margin of the variance, training")
found = {name: margins(m, "test") for name, m in NETWORKS.items()}
fig = figures.neighbour_margins(found, xlabel="margin of the mean, held-out")

# %% [markdown]
# <details><summary>The pictures in words</summary>Variance: right labels have by far the largest
# margin; the others stay near zero or below. Held-out: all rows lie right of zero, vanilla the
# least, "same four" and balanced the most.</details>
#
# In the **variance**, only right labels help. Even four adults among 150 images decide it: a
# variance *squares* deviations, so that a few far-off images outweigh the many.
#
# On **held-out** faces every network has a healthy margin. But with six newborns it is smaller
# than with 150, or with balanced data, even where all labels are right. So few images do harm,
# as the paper says: the network learns less about newborns. That makes a margin smaller, but
# no hump.
#
# ## Deep · Every anchor
#
# Every age can be the anchor. The explorer has them all, for each of the networks of part 5 and
# for both kinds of images: red is the anchor.

# %%
explorer = explorers.anchors(
    {
        name: {
            "training images": load_statistics(method),
            "held-out images": load_statistics(method, split="test"),
        }
        for name, method in NETWORKS.items()
    },
    AGES,
    counts,
)
explorer

# %% [markdown]
# <details><summary>The picture in words</summary>Bars as before: red the anchor, blue the other
# ages, over the shot regions. The line below the picture gives the neighbour margin, and the
# two means it is made of.</details>
#
# **Question.** Move the anchor slowly from 0 to 100, for `vanilla`, once for training and
# once for held-out images. Where do single bars stand out, and in which of the two? Then go
# to the anchor 80: the margin is close to 0. Is that an anomaly, too?
#
# <details><summary>Answer</summary>
#
# Among training images, single few-shot ages stand out, up or down: their means are chance.
# Among held-out images the bars are smooth. At anchor 80 the margin says little: from 30 on
# all means point nearly the same way, and it is their *length* that grows with the age. The
# cosine can't see lengths. Ask of every measure what it can't see.
#
# </details>
#
# ## Deep · Quiz
#
# Choose an answer, then open it.
#
# **1. At anchor 0, training images, the bars from 17 to 60 are at the top. What follows?**
#
# <details><summary>A. The network takes newborns for adults.</summary>No: ask it about
# held-out newborns. Their features are not those of adults.</details>
# <details><summary>B. The mean of the images labelled 0 points where adults' means
# point.</summary>Right, and no more. Who is behind those labels is another question.</details>
#
# **2. Which control clears "too few images"?**
#
# <details><summary>A. Balanced data, where the hump is gone.</summary>No: there both suspects
# are gone, the few images and the weight of the wrong dates.</details>
# <details><summary>B. Right labels with six images, where the hump is gone.</summary>Right:
# the images are as few as before.</details>
#
# ## Take-away
#
# - Neighbouring ages have similar features; one pass takes the statistics of each.
# - By its training statistics, age 0 resembles adults: the hump. Held-out faces show none.
# - Controls found the cause: wrong dates make the hump, and few images are why four can.
# - The mean of a few images is mostly chance. Neighbours know better: FDS, in lesson 4.
#
# <details><summary>Go further</summary>Yang et al., ICML 2021, arXiv:2102.09554, section 3.2:
# feature statistics and the anomaly. `dirlib.bin_statistics` takes the features of any
# network: try `figures.anchor_bars` on your own.</details>
