# %% [markdown]
# # Start here · Deep imbalanced regression, hands on
#
# A network has learned to guess ages from 5,000 drawn faces. Most of these people are between 20
# and 60. Run the next cell (**Shift+Enter**): how good is it on faces that it has never seen?

# %%
from course import guess, start

fig = start.guessed_faces("vanilla")

# %% [markdown]
# *Twelve faces, from a baby to a person of 100: true ages above, guesses below. "Vanilla" means
# plain training.*
#
# Look at both ends. Babies become schoolchildren, schoolchildren become young adults, and people of
# 80 or 90 lose decades. Nobody told the network to do so. It saw few children and few old people,
# so guessing nearer to the crowd cost it little. And these aren't its worst faces: for each age we
# took the one with the middle guess of 15.
#
# Prices, rainfall, blood values, demand: wherever numbers are learned from data, some are rare, and
# often the rare ones matter most. You will build two remedies with your own hands: **label
# distribution smoothing** (LDS) and **feature distribution smoothing** (FDS), from Yang et al.
# (2021), arXiv:2102.09554. The next cell shows the same faces with both of them, on top of weights
# for rare ages (SQINV). **Predict:** who gains, and who pays?

# %%
fig = start.guessed_faces("vanilla", "sqinv+lds+fds")

# %% [markdown]
# *The same faces, with a second row of guesses below the first.*
#
# The old gain most: their error falls by about a quarter, but stays large. Children gain about two
# years. The ages in the middle, where plain training did well, get a little worse. So this is no
# miracle but a trade. You will learn to measure both sides of it, and to say which of the three
# parts brings what, and how sure you can be.
#
# ## The map
#
# | lesson | after it you can | exercises | core minutes | points |
# |---|---|---|---|---|
# | [1 · Imbalance in regression](../01_imbalance/01_imbalance.ipynb) | say where a data set is thin, and how large the error is there | 6 | 65 | 12 |
# | [2 · Kernel density estimation and LDS](../02_lds/02_lds.ipynb) | turn counts into weights that respect neighbours | 5 | 63 | 11 |
# | [3 · Feature statistics and the age-0 anomaly](../03_statistics/03_statistics.ipynb) | find the bins whose features look like those of another bin | 4 | 70 | 9 |
# | [4 · Building FDS](../04_fds/04_fds.ipynb) | build the layer that calibrates features | 9 | 70 | 22 |
# | [5 · Full training](../05_training/05_training.ipynb) | train, compare and say honestly what the remedies bring | 7 | 82 | 20 |
# | [6 · Your own rare numbers](../06_capstone/06_capstone.ipynb) | do all of this with a table of your own, and defend the result | 4 | 70 | 15 |
#
# Take them in this order. Later lessons need only the **core** of a lesson; parts that begin with
# **Deep** go further. The next cell draws the way from labels and images to a loss. A thick line
# marks what you build.

# %%
fig = start.course_map()

# %% [markdown]
# *A map in two rows. Labels become bins and regions (lesson 1), smoothed counts (LDS, lesson 2),
# weights (lesson 2) and, with the predictions, the loss (lesson 2). Images become features,
# statistics of each bin (lesson 3), calibrated features (FDS, lesson 4) and predictions. Lesson 5
# trains all of it on faces, lesson 6 on a table of your own.*
#
# **How a lesson works.** Guess before you see a result. Write a function where a card asks for one:
# delete its line `raise NotImplementedError` when you start. Run the check below it as often as you
# like: it names typical mistakes, and below it are three hints. You can skip any exercise: the rest
# of the lesson still runs, with the library's function.
#
# ## Your progress
#
# Save a lesson with **Ctrl+S** (Mac: Cmd+S), come back here, and run the next two cells. The first
# shows what your checks said last, the second how good your guesses were.

# %%
start.progress()

# %%
guess.score()

# %% [markdown]
# ## Help
#
# - **A word or a symbol** that is new: the [glossary](glossary.md), with its name in the code. In
#   the list of files, right-click it, then *Open With*, *Markdown Preview*.
# - **A function** of the library: `help(dirlib.lds_weights)` after `import dirlib`.
# - **Stuck?** The hints; then the solved lesson, in the folder `solutions/` of the whole project.
# - **Something looks wrong?** In a terminal, in the folder of the whole project:
#   `python tools/check_env.py` says what is missing and how to get it.
# - **Challenges**: each lesson has a number to beat. `make leaderboard` lists yours; it runs on
#   your computer and sends nothing.
