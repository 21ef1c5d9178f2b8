# %% [markdown]
# # Lesson 1 · Imbalance in regression
#
# A network guesses ages, some well and some badly. Nobody told it to be unfair, but most
# training faces are between 20 and 50. Who pays?
#
# <details><summary>What you need, and what you will be able to do</summary>
#
# You need Python and NumPy. You can skip any exercise: the rest of the lesson still runs. In
# the code, `[N]` is an array with a number for each of $N$ samples, `[B]` one with a number
# for each of $B$ bins.
#
# You will be able to *bin* labels with decimals (exercise 1.1), *name* the shot region of a
# test sample (1.2), *measure* the error of each region (1.3), *test* which ages lose when
# images are taken away (1.4), and *count* what an age can borrow from its neighbours (1.5).
#
# </details>
#
# | part | minutes |
# |---|---|
# | Opening | 1 |
# | 1. Who pays? | 4 |
# | 2. Bins and shot regions | 19 |
# | 3. The error of a region | 13 |
# | 4. Does the count tell? | 2 |
# | 5. Which ages lose? | 15 |
# | 6. What a network borrows | 10 |
# | Take-away | 1 |
# | **core, together** | **65** |
# | Deep · Beat the ruler, the open challenge | 20 |
# | Deep · Neighbours, or the distance from the middle? | 13 |
# | Deep · A second mean | 11 |
# | Deep · Bins are a choice | 9 |
# | Deep · Quiz | 1 |

# %%
import numpy as np

import dirlib
from course.lesson1 import AGES, check, faces, figures, guess, load_runs, train_ages
from course.lesson1 import ALONE, EXTRAPOLATION, INTERPOLATION  # for the deep parts
from course.lesson1 import challenge, explorers, label_counts  # for the deep parts

# %% [markdown]
# ## 1. Who pays?
#
# Here are "people" with their ages, and how many training images have that *label*.

# %%
train, test = faces("train"), faces("test")
train_counts = AGES.counts(train.labels)  # [101], one for each age from 0 to 100
shown = [0, 3, 10, 20, 36, 50, 65, 80, 90, 100]
picked = np.array([np.flatnonzero(test.labels == age)[0] for age in shown])
titles = [f"age {a}\n{train_counts[a]} images" for a in shown]
fig = figures.image_grid(test.images[picked], titles)

# %% [markdown]
# **These are drawings.** Guessing real people's ages can decide who may enter, and its errors
# are unfairly spread.
#
# Five networks were trained on 5,000 faces, each from another *seed* of the random numbers.
# All faces count alike: *vanilla* training. Their **mean absolute error**, MAE, is how far
# guesses are off, on average.

# %%
question = "At age 36 they are about 4 years off. And at age 95?"
guess.number("1.1", question, unit="years", low=0, high=60)

# %%
runs = load_runs("faces")
predictions = runs.predictions("vanilla")  # [5, N]: five seeds, N test faces
error = runs.error_by_age("vanilla")  # [5, 101]
fig = figures.error_by_bin(AGES, train_counts, error)
guess.compare("1.1", error[:, 95].mean())

# %% [markdown]
# The old pay: those over 85 are taken for 60, on average.
#
# <details><summary>The picture in words</summary>Above, the error by age is low in the
# thirties and for small children, and climbs steeply towards 100; a thin line is a seed, the
# thick one their mean. Children from 3 to 9 have about as many images as people around 60, and
# pay half as much. Below, the training images per age form a hump between 20 and 50, with a
# long thin tail of few images. Tall and short bars stand side by side on purpose: some sources
# of real collections favour an age, and people round theirs.</details>
#
# <details><summary>Fine print</summary>
#
# All five networks are tested on the same 15 faces of each age. So a peak in all five lines
# may come from hard faces, and not from a hard age.
#
# As in real collections, some training labels are wrong: 5 in 100 faces show another age
# than their label says. Of the 6 images labelled 0, 4 show adults. They stand for photographs
# with an unknown date of birth. That is our assumption about collections from the web, and it
# comes back in lesson 3. In the test set all labels are right.
#
# </details>
#
# ## 2. Bins and shot regions
#
# To count labels with decimals, cut their range into $B$ **bins**, numbered from 0. Here a bin
# is a year.
#
# ### Exercise 1.1 · Bin labels with decimals
#
# **What.** Return the bin of each label. Bin $b$ begins at
# $\text{start} + b \cdot \text{width}$, and ends just before bin $b + 1$.
#
# **Why.** Published code writes `int(label)`: it puts -0.5 and 0.5 into one bin.
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
# <details><summary>Fine print</summary>
#
# Your function is fine for ages. But divide the label 0.3 by a width of 0.1: floating point
# gives a little less than 3, and the label falls into bin 2. In real work use
# `dirlib.LabelBins`. It rounds its edges to the numbers that people write, and its last bin
# includes the end of the range. This course uses `AGES = LabelBins(0, 101, 1)`, a bin a year.
#
# </details>
#
# This course rebuilds a paper on *deep imbalanced regression*, DIR (Yang et al., 2021). It
# sorts bins into **shot regions**: many-shot with more than 100 *training* samples, few-shot
# with fewer than 20, zero-shot with none, medium-shot in between.
#
# ### Exercise 1.2 · The region of a test sample
#
# **What.** Return the shot region of each *test* sample, by the *training* samples in its
# bin. Training may never have met that bin.
#
# **Why.** A good test set is balanced: by its own counts nobody would be rare.
#
# *About 8 minutes · 2 points*


# %% grade_id="region_of" role="solution"
def region_of(test_bins, train_bins, many, few):
    """Return the name of the region of each test sample.

    test_bins: int array [N], the bin of each test sample;
    train_bins: int array [M], the bin of each training sample;
    many, few: a bin with more than `many` training samples is many-shot, one with fewer
    than `few` is few-shot, one with none zero-shot, any other medium-shot.
    Returns an array [N] of "many", "medium", "few" or "zero".

    Worked number: test_bins [0, 1, 2, 3] and train_bins [0, 0, 0, 0, 0, 1, 1, 1, 2],
    with many = 4 and few = 2, give many, medium, few, zero.
    """
    ### BEGIN SOLUTION
    n_bins = max(test_bins.max(), train_bins.max()) + 1
    counts = np.bincount(train_bins, minlength=n_bins)
    names = np.full(n_bins, "medium")
    names[counts > many] = "many"
    names[counts < few] = "few"
    names[counts == 0] = "zero"
    return names[test_bins]
    ### END SOLUTION


# %% grade_id="region_of_check" points=2 role="test"
check.region_of(region_of)

# %% [markdown]
# <details><summary>Hint 1</summary>np.bincount counts the training samples of each bin. It
# stops at the largest number it meets; its argument minlength asks for more.</details>
# <details><summary>Hint 2</summary>Name the bins first: start with np.full(n_bins,
# "medium"), then overwrite those above many, those below few, and those with 0.</details>
# <details><summary>Hint 3</summary>names[test_bins] picks a name for each test
# sample.</details>
# <details><summary>Common mistakes</summary>Counting the test samples; calling exactly `many`
# samples many-shot; calling an empty bin few-shot.</details>
#
# ## 3. The error of a region
#
# So far every age had 15 test faces.

# %%
options = ["about half", "about the same", "about twice as large"]
guess.choice("1.2", "On a test set as uneven as training, the MAE is ...", options)

# %%
balanced, uneven = error.mean(), np.average(error.mean(0), weights=train_counts)
print(f"balanced test set {balanced:.1f} years, uneven as training {uneven:.1f} years")
guess.compare("1.2", "about half" if uneven < 0.7 * balanced else "about the same")

# %% [markdown]
# Frequent ages outvote rare ones: measure each region alone.
#
# ### Exercise 1.3 · MAE by shot region
#
# **What.** Return the mean absolute error of each region's samples.
#
# **Why.** Published code crashes, or prints NaN, when a region is empty.
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
#
# Now train a network, for three *epochs* (passes over the faces) instead of 15. Your three
# functions judge it.

# %% tags=["nbval-ignore-output", "wait-30"]
model = train_ages(lambda labels: np.ones(len(labels)), epochs=3)  # all count alike
mine = dirlib.predict(model, test.images)
both = {"vanilla": predictions[0, picked], "yours": mine[picked]}
fig = figures.faces_with_guesses(test.images[picked], test.labels[picked], both)
to_bins = check.bin_index.or_library(bin_index)
test_bins, train_bins = (to_bins(d.labels, 0.0, 1.0) for d in (test, train))
test_region = check.region_of.or_library(region_of)(test_bins, train_bins, 100, 20)
by_region = check.mae_by_region.or_library(mae_by_region)
recorded = [by_region(runs.y, p, test_region) for p in predictions]  # a dict per seed
yours = [by_region(test.labels, mine, test_region)]
fig = figures.errors_by_region({"recorded, 15 epochs": recorded, "yours": yours})

# %% [markdown]
# In the recorded runs, few-shot faces pay several times as much as many-shot ones, on every
# seed (dot).
#
# ## 4. Does the count tell?
#
# For *classes* the count tells the error, nearly. Here are 101 colour patterns that have
# nothing in common, with the counts of our ages. Do you expect the same for the ages? A
# falling straight line has Pearson's correlation -1, a cloud without a trend 0.

# %%
mean_error, wrong = error.mean(0), runs.wrong_by_class("patterns").mean(0)
rows = {"patterns": (wrong, "wrong (%)"), "ages": (mean_error, "error (years)")}
panels = {}
for name, (y, unit) in rows.items():
    r = dirlib.pearson(train_counts, y)
    panels[f"{name}: Pearson {r:.2f}"] = (train_counts, y, "training images", unit)
fig = figures.density_against_error(panels)

# %% [markdown]
# For such strangers the count tells nearly all. Rare ages differ: the youngest are guessed within
# about ten years, the oldest are decades off.
#
# <details><summary>The picture in words</summary>Left, the patterns form one falling band: with
# a dozen images or fewer, a pattern is hardly ever recognised. Right, the ages with a handful of
# images stand in a column, with nearly any error.</details>
#
# <details><summary>Fine print</summary>
#
# Pearson measures straight lines, and neither cloud is one. About half of the patterns are
# always wrong and can't get worse, which bends their cloud. Spearman's correlation looks at
# the order alone, and by it ages and patterns are closer. So the counts tell the order of the
# ages better than the size of their errors.
#
# </details>
#
# ## 5. Which ages lose?
#
# What are an age's neighbours worth? Recorded runs were trained without some ages: a range, age
# 42 alone, or only its neighbours.
#
# ### Exercise 1.4 · Paired, seed by seed
#
# **What.** Return how much the MAE of the given ages grew, one number per seed.
#
# **Why.** Every seed has its own luck: compare each age *with itself*, seed by seed.
#
# *About 10 minutes · 2 points*


# %% grade_id="extra_error" role="solution"
def extra_error(y, before, after, ages):
    """Return how much larger the error of some ages became, for each seed.

    y: float array [N], the labels of the test samples;
    before, after: float arrays [S, N], the predictions of S seeds;
    ages: list of the labels to look at.
    Returns a float array [S], in years: positive where the error grew.

    Worked number: with y = [30, 80, 80], before = [[32, 70, 84]],
    after = [[40, 60, 82]] and ages = [80] it gives [4.0].
    """
    ### BEGIN SOLUTION
    here = np.isin(y, ages)
    was = np.abs(before - y)[:, here].mean(axis=1)
    now = np.abs(after - y)[:, here].mean(axis=1)
    return now - was
    ### END SOLUTION


# %% grade_id="extra_error_check" points=2 role="test"
check.extra_error(extra_error)

# %% [markdown]
# <details><summary>Hint 1</summary>np.isin(y, ages) is a mask over the samples: does each
# label stand in the list?</details>
# <details><summary>Hint 2</summary>np.abs(before - y) has the shape [S, N]. Choose columns
# with [:, mask].</details>
# <details><summary>Hint 3</summary>.mean(axis=1) averages over the samples of each seed.
# Do it before and after, and subtract.</details>
# <details><summary>Common mistakes</summary>Averaging over the seeds; measuring how far the
# guesses moved in place of the errors; the sign.</details>
#
# <details><summary>How to read the figure: what is a 95 % interval?</summary>A dot is a seed, a
# diamond their mean, and the bar its **95 % interval**, the range in which the true mean
# probably lies. Right of 0 the error grew. Five seeds are a small sample: if they lie far
# apart, the range is wide. Where it holds 0, there may be no change at all: such rows are grey
# and hollow.</details>

# %%
question = "Age 42 loses its neighbours within 5 years. How much does its error grow?"
guess.number("1.3", question, unit="years", low=-1, high=10)

# %%
loses = check.extra_error.or_library(extra_error)
rows = {
    "hole inside: 45 to 55 gone": ("hole inside", range(45, 56)),
    "hole at the end: 85 to 100 gone": ("hole at the end", range(85, 101)),
    "age 42, own images gone": ("without age 42", [42]),
    "age 42, neighbours gone": ("without the neighbours of 42", [42]),
}
for name, (run, ages) in rows.items():
    rows[name] = loses(runs.y, predictions, runs.predictions(f"vanilla, {run}"), ages)
fig = figures.forest({name: (0 * d, d) for name, d in rows.items()})
guess.compare("1.3", rows["age 42, neighbours gone"].mean())

# %% [markdown]
# The hole at the end costs about three times as much as the one inside, for far fewer images.
# Age 42 misses its neighbours' images more than its own, on every seed.
#
# <details><summary>Fine print</summary>
#
# A single age is judged by 15 faces, so look at the dots of the seeds before you believe a
# mean. Could it be the distance from the crowd, and not the neighbours? A deep part below
# asks this.
#
# </details>
#
# ## 6. What a network borrows
#
# ### Exercise 1.5 · Neighbourhood mass
#
# **What.** For each bin, add up the counts of the bins at most `radius` away, the bin
# itself included.
#
# **Why.** Images of one age teach the ages around it. How much can each borrow?
#
# *About 7 minutes · 2 points*


# %% grade_id="neighbourhood_mass" role="solution"
def neighbourhood_mass(counts, radius):
    """Return the samples within `radius` bins of each bin.

    counts: int array [B]; radius: int, in bins, 0 or more.
    Returns an int array [B]. Outside the range there are no samples.

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

# %%
mass = check.neighbourhood_mass.or_library(neighbourhood_mass)(train_counts, 5)
panels = {}
for name, x in (("own images", train_counts), ("images within 5 years", mass)):
    r = dirlib.pearson(x, mean_error)
    panels[f"Pearson {r:.2f}"] = (x, mean_error, name, "error (years)")
fig = figures.density_against_error(panels)

# %% [markdown]
# The neighbourhood follows the error better than the count: the idea of **label distribution
# smoothing**, LDS, in lesson 2. But a correlation alone proves nothing; taking images away
# says more.
#
# <details><summary>The picture in words</summary>Two clouds of 101 ages: over their own
# images, and over the images within 5 years, which is closer to a falling line.</details>
#
# ## Deep · Beat the ruler, the open challenge
#
# In part 6 the neighbourhood followed the error better than the count. But a mere *ruler*, the
# distance from the median age, follows it better still, and knows no images.

# %%
ruler = np.abs(np.arange(101) - np.median(train.labels))
panel = (ruler, mean_error, "years from the median age", "error (years)")
title = f"Pearson {dirlib.pearson(ruler, mean_error):.2f}"
fig = figures.density_against_error({title: panel})

# %% [markdown]
# <details><summary>The picture in words</summary>A cloud of 101 ages over their distance from
# the median age, close to a rising line; the branch below it are the children.</details>
#
# Can you do better, from the counts alone? Write a function that returns a number for each age,
# large where you expect a large error. Its unit doesn't matter. Tune it on the recorded errors
# as much as you like. It is judged on *validation* faces, which played no part so far, by the
# errors of the network that you trained in part 3. There is no single right answer.
#
# *About 15 minutes, and no points*


# %% role="student-only"
def expected_error(counts):
    """Return a number for each age, [B]: large where you expect a large error."""
    return -counts  # the start: change it


# %% role="solution-only"
def expected_error(counts):
    """Return a number for each age, [B]: large where you expect a large error."""
    # One of many answers: a wide blend of the bars, and the less it holds, the worse.
    window = dirlib.kernel_window("gaussian", 65, 8.0)
    return 1 / np.sqrt(dirlib.smooth_bins(counts, window))


# %% tags=["nbval-ignore-output"]
val = faces("val")
guesses = dirlib.predict(model, val.images)
val_error = dirlib.error_by_bin(val.labels, guesses, AGES)
expected = expected_error(train_counts)
print(f"on the recorded errors: {dirlib.pearson(expected, mean_error):.2f}")
yours, to_beat = (dirlib.pearson(x, val_error) for x in (expected, ruler))
challenge.report("1", yours, to_beat=to_beat, higher=True)

# %% [markdown]
# <details><summary>Ideas</summary>
#
# Two more images should help an age that has 2 more than one that has 200: try logarithms, or
# 1 / sqrt. Try wider windows than 5 years. The young and the old need not be treated alike.
# And after twenty attempts, is yours better on the validation faces by more than luck?
#
# </details>
#
# ## Deep · Neighbours, or the distance from the middle?
#
# Compare two ages with the *same* count: red and blue mark them, and the lower panel enlarges
# the low bars. Then find two other ages with equal counts, where one has at least three times
# as many images within 2 years. For which of the two would you trust the network more?

# %%
explorer = explorers.neighbourhoods(AGES, train_counts, age_a=53, age_b=79)
explorer

# %% [markdown]
# <details><summary>An answer</summary>For instance 35 and 58, or 16 and 23. In the figure of
# part 1 you can read their errors: the one with the rich neighbourhood is served better.
# </details>
#
# It is tempting to stop here and say: neighbours matter. But age 79 also lies further from
# the crowd than 53. A network that pulls every guess towards the crowd errs more out there,
# with neighbours or without. Comparing *different* ages can't separate the two. That is why
# part 5 compared an age with itself.
#
# Even there a rival explanation is left. Without the ages around 42, the median falls from 36
# to 33. So age 42 lies further from it, and perhaps this alone costs. But then the old would
# lose as well, because they lie further from it, too. Do they, in the same runs? And what
# does age 55 lose, which has only 16 images of its own?

# %%
rows = {}
for age in ALONE:  # 42 and 55
    near = runs.predictions(f"vanilla, without the neighbours of {age}")
    own = runs.predictions(f"vanilla, without age {age}")
    rows[f"age {age}, own images gone"] = loses(runs.y, predictions, own, [age])
    rows[f"age {age}, neighbours gone"] = loses(runs.y, predictions, near, [age])
    control = f"70 to 100, neighbours of {age} gone"
    rows[control] = loses(runs.y, predictions, near, range(70, 101))
fig = figures.forest({name: (0 * d, d) for name, d in rows.items()})

# %% [markdown]
# Where 42 lost its neighbours, the old don't lose. So the distance isn't what harms it. Age 55
# had little of its own to lose, and hardly misses it. Are the 372 images of its neighbours
# worth more to it? See whether their mark is clear of 0, and how far the seeds lie apart.
#
# Last, the two holes, age by age. Where is the damage?

# %%
holes = {"hole inside": INTERPOLATION, "hole at the end": EXTRAPOLATION}
changed = {
    name: (runs.error_by_age(f"vanilla, {name}") - error, gone)
    for name, gone in holes.items()
}
fig = figures.error_changes(AGES, changed)

# %% [markdown]
# Each time the damage has a place: the hole, and the ages next to it. From 60 to 84 no image
# was taken away, and still the error grew. If the distance from the middle were all that
# counts, the hole inside would harm the old, too.
#
# <details><summary>The picture in words</summary>The change of the error at each age, thin for
# a seed and thick for the mean; the shaded ages were left out.</details>
#
# ## Deep · A second mean
#
# An age with errors of 1 and 9 years has the same MAE as one with 5 and 5. The **geometric
# mean** (GM) of the errors tells them apart. Small errors pull it down, so it is low where
# *some* people are served very well. Where all errors are equal, it equals the MAE. The paper
# reports both.
#
# ### Exercise 1.6 · The geometric mean
#
# **What.** Return $\left(\prod_i \max(|y_i - \hat y_i|, \varepsilon)\right)^{1/N}$. $\prod$
# means "multiply", and $N$ is the number of samples; errors below the small number
# $\varepsilon$ count as $\varepsilon$.
#
# **Why.** It is the paper's second metric, and two things can go wrong: a product of
# thousands of numbers, and a single error of exactly 0.
#
# *About 6 minutes · 2 points · deep*


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
gm = check.geometric_mean.or_library(geometric_mean)
for name in ("many", "few"):
    here = test_region == name
    y, guessed = np.tile(runs.y[here], len(predictions)), predictions[:, here].ravel()
    mae = dirlib.mae(y, guessed)
    print(f"{name}: MAE {mae:.1f}, GM {gm(y, guessed, 1e-3):.1f} years")

# %% [markdown]
# In both regions the GM is below the MAE, because errors differ from face to face. For
# few-shot faces it is the larger share of the MAE: there the errors are more alike.
#
# ## Deep · Bins are a choice
#
# Here are the labels of three published data sets, in the colours of their regions. Where do
# the bars nearly vanish? And what is odd about the lowest panel?

# %%
names = ["agedb-dir", "imdb-wiki-dir", "sts-b-dir"]
fig = figures.three_label_counts({name: label_counts(name) for name in names})

# %% [markdown]
# The ages have long thin tails. The lowest panel is a comb, with nearly empty bins between its
# teeth.
#
# The regions depend on the width of a bin and on two thresholds. All three are choices. With
# the thresholds at 100 and 20, how many few-shot bins of AgeDB-DIR are left when the bins are
# 5, 10 and 20 years wide? And what have you lost by then? Move the sliders.
#
# <details><summary>The picture in words</summary>AgeDB-DIR and IMDB-WIKI-DIR hold the ages of
# photographed people: a wide hump with its peak in the thirties, and long thin tails (the
# counts of IMDB-WIKI-DIR are estimated from a published histogram). STS-B-DIR holds how similar
# two sentences are, from 0 to 5; its scores are means of a few whole numbers, so tall bars have
# nearly empty ones between them.</details>

# %%
explorer = explorers.bins_and_regions()
explorer

# %% [markdown]
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
    print(f"width {width:2d}: {explorer.readout['few bins']:2d} few-shot bins")
explorer.reset()

# %% [markdown]
# ## Deep · Quiz
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
# **2. Your test set is as uneven as your training set, and the MAE is 5 years. What do you
# know about rare ages?**
#
# <details><summary>A. Their error is about 5 years too.</summary>No. They have so few
# votes in this mean that their error could be 20 years without showing.</details>
# <details><summary>B. Their error is above 5 years.</summary>Likely, but this number
# doesn't show it.</details>
# <details><summary>C. Next to nothing.</summary>Right. Test on balanced data, or report
# every region.</details>
#
# ## Take-away
#
# - Rare ages pay several times over, and a mean over an uneven test set hides it.
# - For classes that are strangers the count tells nearly all. For ages it tells less.
# - Images of one age teach the ages around it. So a hole with known ages on both sides costs
#   less than one at the end.
# - A high correlation is no proof. Change one thing, and compare pairs.
#
# <details><summary>Go further</summary>
#
# Yang, Zha, Chen, Wang, Katabi: "Delving into Deep Imbalanced Regression", ICML 2021,
# arXiv:2102.09554, sections 1 to 3. `faces("train", counts=...)` takes counts of your own,
# for instance AgeDB-DIR's: which ages would suffer? Write down your guess; lesson 2 shows how
# to train.
#
# </details>
