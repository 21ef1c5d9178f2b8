# %% [markdown]
# # Lesson 1 · Imbalance in regression
#
# A network guesses ages. It is a few years off for adults of 35, and more than 20 years
# off for newborn babies and for people of 90. Nobody told it to be unfair: its training
# set did, because four in five of its faces are between 20 and 50. In this lesson you
# learn to see that imbalance, to measure what it does, and to say why the recipes from
# classification don't work here.
#
# **You will be able to**
#
# - *bin* continuous labels without losing any (exercise 1.1);
# - *split* the bins into many-, medium-, few- and zero-shot regions (1.2);
# - *compare* two ages by the neighbourhood they live in (1.3);
# - *measure* errors by region, and with the geometric mean (1.4, 1.5);
# - *test* whether an error follows the counts (1.6).
#
# **Before you start.** You need Python and NumPy, and you have trained a neural network
# once. The mathematics is a mean, a logarithm and a root; $\sum$ means "add up", $\prod$
# "multiply", and $\hat y$ is the prediction for the label $y$.
#
# | part | minutes |
# |---|---|
# | 1. From classes to numbers | 12 |
# | 2. Bins and shot regions (exercises 1.1 and 1.2) | 34 |
# | 3. Neighbourhoods (exercise 1.3) | 21 |
# | 4. Ages that nobody has | 9 |
# | 5. Measuring fairly (exercises 1.4 and 1.5) | 25 |
# | 6. Does the error follow the counts? (exercise 1.6) | 20 |
# | Quiz and take-away | 9 |
# | **together** | **130** |

# %%
import numpy as np

import dirlib
from course.lesson1 import (
    AGES, EXTRAPOLATION, INTERPOLATION, check, explorers, faces, figures, label_counts,
    load_runs,
)

# %% [markdown]
# Here are the "people" of this course. Above each stands its age, and how many training
# images have that *label*. They are small, 32 x 32 pixels, so that a laptop learns them
# fast.

# %%
train, test = faces("train"), faces("test")
counts = AGES.counts(train.labels)
ages = [0, 3, 8, 15, 24, 36, 50, 65, 80, 100]
picked = [np.flatnonzero(test.labels == a)[0] for a in ages]
fig = figures.image_grid(
    test.images[picked], [f"age {a}\n{counts[a]} images" for a in ages]
)

# %% [markdown]
# *The picture shows ten drawn faces from birth to 100 years. Ages 24 and 36 have hundreds
# of training images, the youngest and the oldest only a few.*
#
# <div class="alert alert-info">
#
# **These are drawings.** A program draws them from random numbers, and nothing about
# real people follows from them. Guessing ages from photographs of people is a
# *sensitive use*: it can decide who may enter or who gets money, and its errors are
# unfairly spread, which is the subject of this course. The methods work for any number
# that a network predicts: depths, prices, health scores. How the faces are made is
# described in `data/FACES.md`.
#
# **Some labels are wrong**, as in real collections: 5 in 100 training faces show another
# age than their label says. Among the rare ages it is far more, as part 2 shows. So a
# part of the error of rare ages comes from wrong labels, not from rarity alone. The
# labels of the test set are all right.
#
# </div>
#
# ## 1. From classes to numbers
#
# You may know imbalance from classification. Imagine a data set of places with more
# than a thousand living rooms and ten museums. What to look for in the picture: the
# numbers at the longest and the shortest bar.

# %%
places = ["living room", "kitchen", "street", "library", "airport", "museum"]
images = [1200, 700, 350, 120, 40, 10]
fig = figures.class_counts(places, images, title="an invented place data set")

# %% [markdown]
# *Living rooms have 1,200 images, museums 10. On this axis each numbered mark is ten
# times the mark before it.*
#
# The class recipes for this are: show museums more often, or let each museum count more
# in the loss. They all rest on three ideas about classes, true or nearly true:
#
# 1. each class has its **own count**, and that count says how hard the class is;
# 2. classes have **hard borders**: an image is a museum or it isn't;
# 3. classes are **strangers**: a thousand living rooms teach little about museums.
#
# **Predict before you read on.** Which of the three still hold when the label is an age?
#
# <details><summary>What we think</summary>
#
# None holds fully. Borders between ages are drawn by us: 30.9 and 31.0 are in different
# bins, yet are almost the same. And ages are neighbours: a network that has seen many
# faces of 30 and 32 can guess 31 without ever seeing one. So the count of 31 alone says
# little about how hard 31 is. That is the main idea of the whole course.
#
# </details>
#
# ## 2. Bins and shot regions
#
# Real targets look like this: the label counts of three published data sets. DIR is
# short for *deep imbalanced regression*, the name that Yang et al. (2021) gave the
# problem, in the paper that this course rebuilds. They split the labels into **shot
# regions** by the number of *training* samples: many-shot (more than 100), medium-shot
# (20 to 100), few-shot (fewer than 20) and zero-shot (none). In the two upper panels,
# look for the peak and for the tails, where the bars nearly vanish. In the lowest, look
# for the gaps.

# %%
names = ["agedb-dir", "imdb-wiki-dir", "sts-b-dir"]
tables = {name: label_counts(name) for name in names}
fig = figures.three_label_counts(tables)

# %% [markdown]
# *Three histograms. AgeDB-DIR and IMDB-WIKI-DIR hold ages of photographed people: one wide
# hump with its peak in the thirties, and long thin tails. In IMDB-WIKI-DIR the medium-shot
# bars are a thin line near 80, and the few-shot bars are too low to be seen; where no image
# is left, above 100, the bins are zero-shot. STS-B-DIR holds how similar two sentences are,
# from 0 to 5: tall teeth with nearly empty bins between them.*
#
# The IMDB-WIKI-DIR counts are estimated from a published histogram; the other two are
# exact. STS-B-DIR is a comb: nearly all its scores are multiples of 0.2 or 0.25, as means
# of a few whole-number ratings are. Keep it in mind: it comes back in lesson 2.
#
# To count a continuous label you cut its range into $B$ **bins** of equal width. The
# width is the smallest difference you care about: a year for ages, 0.1 for a score. We
# write $b$ for the number of a bin, and count from 0. In the code, `[N]` says that an array
# holds $N$ numbers, one per sample; `[B]` is one per bin.

# %% [markdown]
# ### Exercise 1.1 · Bin float labels
#
# **What.** Return the bin of each label. Bin $b$ holds the labels $y$ with
# $\text{start} + b \cdot \text{width} \le y < \text{start} + (b + 1) \cdot \text{width}$.
#
# **Why.** Published code writes `int(label)`, and so puts -0.5 and 0.5 into one bin.
#
# *About 6 minutes · 2 points*


# %% grade_id="bin_index" role="solution"
def bin_index(labels, start, width):
    """Return the bin of each label.

    labels: float array [N], all >= start; start, width: floats, in label units.
    Returns an int array [N].

    Worked number: bin_index(np.array([62.5]), 60.0, 1.0) gives [2].
    """
    ### BEGIN SOLUTION
    b = np.floor((labels - start) / width)
    return b.astype(int)
    ### END SOLUTION


# %% grade_id="bin_index_check" points=2 role="test"
check.bin_index(bin_index)

# %% [markdown]
# <details><summary>Hint 1</summary>How many widths is a label away from start?</details>
# <details><summary>Hint 2</summary>A label 2.5 widths away is in bin 2: round down. Subtract
# start first; then nothing is negative.</details>
# <details><summary>Hint 3</summary>np.floor gives floats; .astype(int) makes them whole
# numbers.</details>
# <details><summary>Common mistakes</summary>Truncating the label before the
# subtraction; rounding to the nearest bin; counting bins from 1.</details>
#
# **Predict:** in bins of width 0.1 that begin at 0, which bin holds 0.3? And which one does
# the computer say?

# %%
scores = dirlib.LabelBins(0, 1, 0.1)
print("a division says  ", int(np.floor(0.3 / 0.1)))
print("LabelBins says   ", scores.index([0.3])[0], "of", scores.n_bins, "bins")
print("the last edge, 1.0, is in bin", scores.index([1.0])[0])

# %% [markdown]
# 0.3 / 0.1 is 2.9999999999999996 in floating point, so the division falls one bin short.
# `LabelBins` rounds its edges to the numbers that people write, compares the label with
# them, and gets 3. (Your function is fine for this exercise; use `LabelBins` in real
# work.) It also closes the
# last bin on the right, so that a perfect score of 1.0 has a bin. From here on the lesson
# uses `AGES = LabelBins(0, 101, 1)`: one bin for each year from 0 to 100.
#
# Now the counts, and the shot regions of the paper: you have seen their colours above.

# %% [markdown]
# ### Exercise 1.2 · Count, and name the regions
#
# **What.** Count the samples of each bin, and name each bin's region.
#
# **Why.** Every table of this course is split by these regions. A bin that is counted
# wrongly moves a whole region.
#
# *About 7 minutes · 2 points*


# %% grade_id="count_regions" role="solution"
def count_regions(index, n_bins, many, few):
    """Return the counts and the name of the region of each bin.

    index: int array [N], the bin of each sample; n_bins: int, B;
    many, few: thresholds, in samples: more than many, fewer than few.
    Returns an int array [B], and an array [B] of "many", "medium", "few" or "zero".

    Worked number: count_regions(np.array([0, 0, 2]), 3, 100, 20)
    gives the counts [2, 0, 1] and the regions few, zero, few.
    """
    ### BEGIN SOLUTION
    counts = np.bincount(index, minlength=n_bins)
    regions = np.where(counts > many, "many", "medium")
    regions = np.where(counts < few, "few", regions)
    regions = np.where(counts == 0, "zero", regions)
    return counts, regions
    ### END SOLUTION


# %% grade_id="count_regions_check" points=2 role="test"
check.count_regions(count_regions)

# %% [markdown]
# <details><summary>Hint 1</summary>np.bincount counts whole numbers.</details>
# <details><summary>Hint 2</summary>np.bincount stops at the largest number it meets; its
# argument minlength asks for more.</details>
# <details><summary>Hint 3</summary>Start with np.where(counts > many, "many", "medium"),
# then overwrite the bins below few, then those that are empty.</details>
# <details><summary>Common mistakes</summary>Calling exactly 100 many-shot, or exactly 20
# few-shot; calling an empty bin few-shot.</details>
#
# The library's version is `shot_regions`. It gives four masks of shape [B].

# %%
regions = dirlib.shot_regions(counts)
wrong = AGES.counts(train.labels[train.labels != train.ages])  # [101]
for name, mask in zip(regions._fields, regions, strict=True):
    n, n_wrong = counts[mask].sum(), wrong[mask].sum()
    share = f"{n_wrong / max(n, 1):.0%} with a wrong label"
    print(f"{name:<6} {mask.sum():3d} ages, {n:5,d} images, {share}")
print(f"ages 20 to 50 hold {counts[20:51].sum() / counts.sum():.0%} of the images")
fig = figures.label_counts(
    AGES, counts, title="the drawn faces: training images per age"
)

# %% [markdown]
# *One bar per age: a hump between 20 and 50 in which tall and short bars stand side by
# side, purple where an age has more than 100 images and yellow where it has less, and long
# thin tails on both sides, mostly few-shot ages in pink. The lower panel enlarges the low
# bars. No age is zero-shot here.*
#
# The bars are uneven on purpose: age 42 has 478 images and age 43 has 50. Collections are
# like that. Some sources favour an age, and people round theirs. And one mistake weighs
# more where images are few: almost a quarter of the few-shot labels are wrong.
#
# The regions depend on choices: the width of a bin and two thresholds. Move the sliders
# with the mouse, or with the Tab and arrow keys.

# %%
explorer = explorers.bins_and_regions()
explorer

# %% [markdown]
# *The counts of AgeDB-DIR in the colours of the regions. The line below the picture counts
# the bins of each region.*
#
# **Question.** With the thresholds at 100 and 20, how many few-shot bins of AgeDB-DIR are
# left when the bins are 5, 10 and 20 years wide? And what have you lost by then? Find out
# with the sliders, then open the answer. The cell below it moves them by code.
#
# <details><summary>Answer</summary>
#
# 33 few-shot bins become 4, 1 and 1; the last one holds ages 100 and 101, left over at the
# end of the range. Wide bins hide the rare ages inside common ones: with bins of 20 years,
# a baby and a young man of 19 are "the same". The width must follow what you care about,
# never the wish for full bins.
#
# </details>

# %%
for width in (1, 5, 10, 20):
    explorer.set(width=width)
    few_bins, images = (
        explorer.readout[k] for k in ("few bins", "images in few-shot bins")
    )
    print(f"width {width:2d}: few-shot bins {few_bins:2d}, images in them {images:3d}")
explorer.reset()

# %% [markdown]
# ## 3. Neighbourhoods
#
# Two ages can have the same count, and live in very different places. Below, red and
# blue mark two ages with equally many images; the lower panel enlarges the low bars.
# What to look for: the hatched bars around red and the dotted bars around blue.

# %%
explorer = explorers.neighbourhoods(AGES, counts, age_a=89, age_b=98)
explorer

# %% [markdown]
# *Twice the counts of the faces, the lower panel enlarged. Age A is red, age B blue, with
# their counts; the bars around them are their neighbours.*
#
# **Question.** Find two ages with equal counts, of which one has at least three times as
# many images within 2 years. For which of the two would you trust the network more?
#
# <details><summary>An answer</summary>For instance 53 and 79: 12 images each, but 195
# against 28 within 2 years. Or 18 and 93. We trust 53 and 18 more; you see their errors
# soon.</details>

# %% [markdown]
# ### Exercise 1.3 · Neighbourhood mass
#
# **What.** For each bin, add up the counts of all bins at most `radius` bins away, the bin
# itself included. Outside the range there is nothing.
#
# **Why.** It is the simplest measure of what a network can borrow from neighbours, and
# the first step to label distribution smoothing (lesson 2).
#
# *About 7 minutes · 2 points*


# %% grade_id="neighbourhood_mass" role="solution"
def neighbourhood_mass(counts, radius):
    """Return the samples within `radius` bins of each bin.

    counts: int array [B]; radius: int, in bins, 0 or more.
    Returns an int array [B].

    Worked number: neighbourhood_mass(np.array([5, 1, 1, 1, 7]), 1)
    gives [6, 7, 3, 9, 8].
    """
    ### BEGIN SOLUTION
    mass = []
    for b in range(len(counts)):
        near = counts[max(0, b - radius) : b + radius + 1]
        mass.append(near.sum())
    return np.array(mass)
    ### END SOLUTION


# %% grade_id="neighbourhood_mass_check" points=2 role="test"
check.neighbourhood_mass(neighbourhood_mass)

# %% [markdown]
# <details><summary>Hint 1</summary>A loop over the bins, and a slice in each step.
# </details>
# <details><summary>Hint 2</summary>counts[a:b] stops before b.</details>
# <details><summary>Hint 3</summary>A negative start counts from the end of the array:
# use max(0, b - radius).</details>
# <details><summary>Common mistakes</summary>Leaving the bin itself out; going round in
# a circle with np.roll; taking the mean.</details>
#
# Does the neighbourhood matter? The course ships recorded runs: a small convolutional
# network, trained five times, and its predictions on a test set with 15 faces of every
# age. Each training starts its random numbers with another *seed*, so it has other training
# faces (with the same counts) and other weights at the start. "vanilla" is plain training,
# without any remedy. We take the ages that have 5 to 12 images each,
# and split them in two: those with a rich neighbourhood, and those with a poor one.
#
# **Predict:** the two halves have about the same counts. How many years apart are their
# errors? (*Error* means the mean of $|y - \hat y|$, in years.)

# %%
runs = load_runs("faces")
error = runs.error_by_age("vanilla").mean(0)  # [5 seeds, 101 ages] -> [101]
# A sum over 11 bins: 5 + the age itself + 5, as neighbourhood_mass(counts, 5).
mass = dirlib.smooth_bins(counts, np.ones(11))
alike = np.flatnonzero((counts >= 5) & (counts <= 12))
rich = alike[mass[alike] > np.median(mass[alike])]
poor = np.setdiff1d(alike, rich)
for name, group in (("rich", rich), ("poor", poor)):
    print(
        f"{name}: {counts[group].mean():.1f} images per age, {mass[group].mean():.0f} "
        f"within 5 years, error {error[group].mean():.1f} years"
    )

# %%
for age in (53, 79, 18, 93):
    print(f"age {age}: {counts[age]:2d} images, error {error[age]:.1f} years")

# %% [markdown]
# The counts are alike, the errors are not: ages in a poor neighbourhood are guessed far
# worse. Careful, though. Poor ages also lie further from the middle, where a network
# that pulls every guess to the middle errs most; this comparison can't separate the
# two. An experiment helps: take images away, and compare the same ages before and
# after.
#
# ## 4. Ages that nobody has
#
# In classification a class without images is hopeless. For an age, it depends on where
# the hole is. A second set of runs had two holes in its training ages: one *inside*, from
# 45 to 55, where 842 images are gone (interpolation: guess between known ages), and one *at
# the end*, from 85 on, where only 121 are gone (extrapolation: guess beyond them).
#
# **Predict:** which hole costs more, compared with the runs that saw all ages?

# %%
y, inside, end = runs.y, INTERPOLATION, EXTRAPOLATION
full, holes = runs.predictions("vanilla"), runs.predictions("vanilla, gaps")
fig = figures.predictions_over_gaps(
    y,
    {"all ages seen": full, "two holes": holes},
    [("hole inside", inside, "////"), ("hole at the end", end, "....")],
)

# %% [markdown]
# *Two lines of mean predictions by true age; around each a band that holds 8 of 10
# predictions. Both lines rise much less steeply than the dotted line of perfect
# answers: the network guesses the old too young and the young too old. With the holes
# the line is lower at nearly every age, and most of all after 75.*

# %%
groups = {"inside, 45 to 55": inside, "at the end, 85 to 100": end}
groups |= {"control, 0 to 44": range(45), "control, 56 to 84": range(56, 85)}
for name, ages in groups.items():
    here, gone = np.isin(y, ages), counts[np.intersect1d(ages, [*inside, *end])].sum()
    before, after = (np.abs(p - y)[:, here].mean() for p in (full, holes))
    moved = f"guesses {(holes - full)[:, here].mean():+.1f} years"
    change = f"error {before:.1f} -> {after:.1f} ({after - before:+.1f}), {moved}"
    print(f"{name:<22}{gone:3d} images gone, {change}")

# %% [markdown]
# Seven times as many images are gone inside, and yet that hole adds 1.9 years of error,
# the one at the end 3.8, on top of an error that was large already. Now look at the two
# controls, which lost no image. From 56 to 84 the error rises by 1.8 years, as much as
# inside the hole; from 0 to 44 it falls by 0.7. All four groups are guessed younger than
# before, perhaps because fewer old faces are in training. That harms the old and helps the
# young. So it isn't shown that the 1.9 years inside are the price of the missing images:
# both holes are in the same runs, and each can raise the errors of other ages.
#
# ## 5. Measuring fairly
#
# How good is the network? That depends on who is asked. So far we tested on a **balanced**
# set, with the same number of faces for every age.
#
# **Predict:** the same networks, tested on a set as uneven as the training set: is their
# error smaller or larger, and by which factor?

# %%
balanced = error.mean()
uneven = np.average(error, weights=counts)
print(f"test set as uneven as the training set: {uneven:.1f} years")
print(f"balanced test set:                      {balanced:.1f} years")

# %% [markdown]
# Both numbers are the mean absolute error (**MAE**) of the same five networks. (The first
# weights the error of each age by its training count; a test set that is as uneven gives
# the same, up to chance.) There the many-shot ages count more than all others together,
# and half of the error is hidden. A reader who sees the first number alone would never
# hear of the rare ages. Even the balanced mean hides where the errors are, so you split it
# by region.

# %% [markdown]
# ### Exercise 1.4 · MAE by shot region
#
# **What.** Return the mean absolute error of each region's samples, and `None` for a
# region without any.
#
# **Why.** Published metric code crashes, or prints NaN, when a region is empty. In your
# own data one will be.
#
# *About 7 minutes · 2 points*


# %% grade_id="mae_by_region" role="solution"
def mae_by_region(y, y_hat, region):
    """Return the mean absolute error of each region.

    y, y_hat: float arrays [N], labels and predictions, in label units;
    region: array [N] of "many", "medium", "few" or "zero", one name per sample.
    Returns a dict with these four keys; an empty region has the value None.

    Worked number: with y = [30, 31, 80], y_hat = [32, 31, 70] and
    region = [many, many, few] it gives many: 1.0, few: 10.0, and twice None.
    """
    ### BEGIN SOLUTION
    error = np.abs(y - y_hat)
    scores = {}
    for name in ("many", "medium", "few", "zero"):
        here = region == name
        scores[name] = error[here].mean() if here.any() else None
    return scores
    ### END SOLUTION


# %% grade_id="mae_by_region_check" points=2 role="test"
check.mae_by_region(mae_by_region)

# %% [markdown]
# <details><summary>Hint 1</summary>region == "few" is a mask over the samples.</details>
# <details><summary>Hint 2</summary>error[mask].mean() is the mean of the chosen ones;
# mask.any() says whether there are any.</details>
# <details><summary>Hint 3</summary>Loop over the four names, and put a number or None
# into a dict.</details>
# <details><summary>Common mistakes</summary>Errors that cancel because the absolute
# value is missing or comes too late; dividing by all N; 0 for an empty region.</details>

# %%
for name in ("all", "many", "medium", "few"):
    by_seed = runs.score("vanilla", name)
    print(f"{name:<7} MAE {by_seed.mean():5.1f} years (seeds: {np.round(by_seed, 1)})")

# %% [markdown]
# The few-shot ages have the largest errors. The spread over the five seeds is far
# smaller than the gap between the regions, so the gap is no accident of one run.
#
# One number is still missing. An age with errors of 1 and 9 years has the same MAE as one
# with 5 and 5. The **geometric mean** (GM) of the errors tells them apart: it is pulled
# down by small errors, so it is low when *some* are served very well, and rises towards
# the MAE as the errors become equal. The paper reports both.

# %% [markdown]
# ### Exercise 1.5 · The geometric mean
#
# **What.** Return $\left(\prod_i \max(|y_i - \hat y_i|, \varepsilon)\right)^{1/N}$. $N$
# is the number of samples; errors below the small number $\varepsilon$ count as
# $\varepsilon$.
#
# **Why.** It is the paper's second metric, and two things can go wrong: a product of
# thousands of numbers, and a single error of exactly 0.
#
# *About 6 minutes · 2 points*


# %% grade_id="geometric_mean" role="solution"
def geometric_mean(y, y_hat, eps):
    """Return the geometric mean of the absolute errors.

    y, y_hat: float arrays [N], in label units; eps: float, smaller errors count as eps.
    Returns a float, in label units.

    Worked number: errors of 1 and 4 give 2.
    """
    ### BEGIN SOLUTION
    error = np.maximum(np.abs(y - y_hat), eps)
    return np.exp(np.log(error).mean())
    ### END SOLUTION


# %% grade_id="geometric_mean_check" points=2 role="test"
check.geometric_mean(geometric_mean)

# %% [markdown]
# <details><summary>Hint 1</summary>The logarithm of a product is the sum of the
# logarithms.</details>
# <details><summary>Hint 2</summary>np.maximum(errors, eps) lifts the tiny errors and
# leaves the others alone.</details>
# <details><summary>Hint 3</summary>exp of the mean of log.</details>
# <details><summary>Common mistakes</summary>np.prod, which overflows; adding eps to
# every error; log10 with exp.</details>

# %%
for pair in ([1, 9], [5, 5]):
    mae, gm = dirlib.mae([0, 0], pair), dirlib.gm([0, 0], pair)
    print(f"errors {pair[0]} and {pair[1]}: MAE {mae:.1f}, GM {gm:.1f}")
for name in ("many", "few"):
    print(
        f"{name}: MAE {runs.score('vanilla', name).mean():.1f}, "
        f"GM {runs.score('vanilla', name, metric=dirlib.gm).mean():.1f} years"
    )

# %% [markdown]
# In both regions the GM is below the MAE, because the errors differ from face to face.
# GM / MAE is 0.66 for many-shot and 0.78 for few-shot: the few-shot errors are more
# alike, most of them large. The library lifts errors below $\varepsilon = 0.001$
# years.
#
# ## 6. Does the error follow the counts?
#
# Here is the error of every age, over the counts. What to look for: where the thick line
# rises, and whether it jumps where the bars do.

# %%
fig = figures.error_by_bin(AGES, counts, runs.error_by_age("vanilla"))
for a in (42, 43, 50, 51):
    print(f"age {a}: {counts[a]:3d} images, error {error[a]:4.1f} years")

# %% [markdown]
# *Top: the mean absolute error by age, five thin lines for the seeds and a thick one
# for their mean; about 4 years from 32 to 40, rising to 26 at birth and to more than 35
# near 100. Bottom: the training counts, tall and short bars side by side.*
#
# The error rises where images are rare. From one age to the next it doesn't follow the
# counts: 43 has a tenth of the images of 42, and its error is 8.7 years in place of 6.9;
# 51 has two thirds of those of 50, and its error is 15.8 in place of 10.5. (The peaks at 51
# and 84 stand in all five lines. Other faces might not show them: the five networks share
# the same 15 test faces per age, and some of these are hard for every network. That seeds
# agree is no proof here.)
#
# The **density** of an age is its count divided by the number of all images. To say in one
# number how well a density predicts the error, you correlate the two. The correlation is
# the same for density and counts, so we use the counts.

# %% [markdown]
# ### Exercise 1.6 · Pearson's correlation
#
# **What.** Return
# $r = \frac{\sum_i (a_i - \bar a)(b_i - \bar b)}
# {\sqrt{\sum_i (a_i - \bar a)^2 \sum_i (b_i - \bar b)^2}}$, where $\bar a$ is the mean of
# the $a_i$ and $\bar b$ that of the $b_i$.
#
# **Why.** The paper uses it to ask whether a label density predicts the error.
#
# *About 5 minutes · 2 points*


# %% grade_id="pearson_correlation" role="solution"
def pearson_correlation(a, b):
    """Return Pearson's correlation of two lists of numbers.

    a, b: float arrays [N]. Returns a float between -1 and 1.

    Worked number: a = [1, 2, 3] and b = [6, 4, 3] give -0.982.
    """
    ### BEGIN SOLUTION
    a = a - a.mean()
    b = b - b.mean()
    return (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())
    ### END SOLUTION


# %% grade_id="pearson_correlation_check" points=2 role="test"
check.pearson_correlation(pearson_correlation)

# %% [markdown]
# <details><summary>Hint 1</summary>Subtract each mean first.</details>
# <details><summary>Hint 2</summary>The sum of the products goes on top.</details>
# <details><summary>Hint 3</summary>Below it stands the root of the product of the two
# sums of squares.</details>
# <details><summary>Common mistakes</summary>a -= a.mean() changes the caller's array;
# mixing n and n - 1; squaring the result.</details>
#
# The result lies between -1 and 1. Near -1: more images go with less error, along a
# straight line; 0: no straight line at all.
#
# Now the experiment with which the paper opens. We compare two data sets with the *same*
# counts:
#
# - the faces: 101 ages, which are neighbours;
# - 101 colour patterns that have nothing to do with each other: strangers, as classes are.
#
# **Predict:** in which of the two does the count predict the error better?

# %%
pattern_error = runs.wrong_by_class("patterns")
age_error = runs.error_by_age("vanilla")
fig = figures.density_against_error(
    {
        "patterns (classes)": (counts, pattern_error.mean(0), "images", "wrong (%)"),
        "faces (ages)": (counts, age_error.mean(0), "images", "error (years)"),
    }
)

# %% [markdown]
# *Left: the points of the patterns form one falling band, from all wrong at a few
# images to less than 10 % wrong at 300 and more. Right: ages with at most 12 images
# have any error from 11 to 38 years.*

# %%
for kind, errors in (("patterns", pattern_error), ("faces", age_error)):
    for measure in (dirlib.pearson, dirlib.spearman):
        r = [measure(counts, e) for e in errors]
        name = f"{kind:<8} {measure.__name__:<8}"
        print(f"{name} {np.mean(r):.2f} (seeds: {np.round(r, 2)})")
print("patterns that are always wrong:", (pattern_error == 100).all(0).sum(), "of 101")
middle = np.median(train.labels)
r = [dirlib.spearman(np.abs(np.arange(101) - middle), e) for e in age_error]
print(f"faces, distance from age {middle:.0f}, spearman {np.mean(r):.2f}")

# %% [markdown]
# The counts are the same, the results are not. By Pearson the counts follow the error of
# the patterns far more closely than that of the ages. But Pearson measures straight lines,
# and neither cloud is one. Spearman compares ranks: the order stays, -0.88 against -0.79,
# and the gap is small.
#
# Why are the ages different? A network that meets an age may learn something about its
# neighbours, too. That is one explanation, and lesson 2 tests it. Keep two others in mind.
# Half of the patterns are always wrong, and can't get worse: that bends their cloud. And
# the error of the ages follows the distance from 37, the middle of the training labels,
# more closely than the counts; rare ages are far from it.
#
# **Which density would follow the error better?** You built a candidate in exercise 1.3:
# perhaps what counts is the neighbourhood. Lesson 2 makes it precise.

# %% [markdown]
# ## Quiz
#
# Choose an answer, then open it.
#
# **1. Age 23 has no training image, but the six other ages from 20 to 26 have 150 each. Age
# 97 has none either, and the nine other ages from 91 to 100 have one each. What do you
# expect?**
#
# <details><summary>A. Age 23 is much easier.</summary>Right: it can be interpolated from
# 900 neighbours, while 97 has nine.</details>
# <details><summary>B. Both are zero-shot, so both are equally hard.</summary>No. The name
# of the region looks at the bin alone. Age 23 has known ages on both sides.</details>
# <details><summary>C. Age 97 is easier, because old faces look special.</summary>No. They
# may look special, but the network has met only a handful of them.</details>
#
# **2. Your test set has the same density as your training set, and the MAE is 5 years.
# What do you know about rare ages?**
#
# <details><summary>A. Their error is about 5 years too.</summary>No. They have so few
# votes in this mean that their error could be 20 years without showing.</details>
# <details><summary>B. Their error is above 5 years.</summary>Likely, but this number
# doesn't show it.</details>
# <details><summary>C. Next to nothing.</summary>Right. Test on balanced data, or report
# every region.</details>
#
# **3. You double the bin width, and most few-shot bins become medium-shot. What has
# changed for the network?**
#
# <details><summary>A. It will be better at rare ages.</summary>No. It sees the same images
# with the same labels; only your way to count has changed.</details>
# <details><summary>B. Nothing; only the report looks better.</summary>Right. Choose the
# width by what you care about.</details>
# <details><summary>C. The rare ages have more neighbours now.</summary>No. Their neighbours
# are those they had before; you only put them into one bin.</details>
#
# **4. A method lowers the MAE from 10 to 9, and raises the GM from 5 to 6. What
# happened?**
#
# <details><summary>A. The numbers contradict each other, so there is a bug.</summary>No.
# They are two different means, and both can be right.</details>
# <details><summary>B. Everybody is served better.</summary>No: then the GM, which looks
# at small errors closely, would have fallen too.</details>
# <details><summary>C. The largest errors shrank, and the small ones grew.</summary>Right:
# the errors became more alike at a lower average.</details>

# %% [markdown]
# ## Take-away
#
# - A continuous label has no natural classes: you choose the bins, and say which.
# - Rare ages have larger errors, and an average over an uneven test set hides them. More of
#   their labels are wrong, too, so rarity isn't the only cause.
# - Ages with equal counts can have very different errors: look at their neighbours, and at
#   how far they are from the middle.
# - In these runs, a hole at the end added more years of error than a hole inside, though
#   far fewer images were missing.
# - For classes the error follows the counts closely. For ages it follows them less
#   closely.
#
# ## Go further
#
# - Yang, Zha, Chen, Wang, Katabi: "Delving into Deep Imbalanced Regression", ICML 2021,
#   arXiv:2102.09554, sections 1 to 3: the paper that this course rebuilds.
# - `faces("train", counts=...)` takes counts of your own, for instance AgeDB-DIR's. Which
#   ages would suffer? Lesson 2 shows how to train.
# - The result for the patterns is about unrelated classes. What would you expect for
#   classes that are *partly* related, such as breeds of dogs?
#
# <details><summary>What we think</summary>
#
# With the counts of AgeDB-DIR: again the youngest and the oldest, as both ends are few-shot.
# Ages from 50 to 68 should suffer less than here, as all of them are many-shot there. For
# the breeds of dogs: something in between. A rare breed can gain from breeds that look like
# it. But they stand in no order, so there is nothing to smooth along. We have tried neither.
#
# </details>
