# %% [markdown]
# # Start here · Deep imbalanced regression, hands on
#
# Most training sets hold thousands of samples of the usual and few of the rare, and a
# network that predicts a number is then good for the usual and bad for the rare. In this
# course you learn to see such an imbalance and to measure what it does. Then you build two
# remedies yourself: **label distribution smoothing** (LDS) and **feature distribution
# smoothing** (FDS), from the paper of Yang et al. (2021), arXiv:2102.09554.
#
# Run the next cell (**Shift+Enter**) to see the way from labels and images to a loss. Look
# for the boxes with a thick line: you build those.

# %%
from course import start

fig = start.course_map()

# %% [markdown]
# *A map in two rows. Labels become bins and regions (lesson 1), smoothed counts (LDS, lesson
# 2), weights (lesson 2) and, with the predictions, the loss (lesson 2). Images become
# features, statistics of each bin (lesson 3), calibrated features (FDS, lesson 4) and
# predictions. Lesson 5 trains all of it, and measures what it brings.*
#
# ## The lessons
#
# | lesson | aim: after it you can | exercises | minutes | points |
# |---|---|---|---|---|
# | [1 · Imbalance in regression](../01_imbalance/01_imbalance.ipynb) | say where a data set is thin, and how large the error is there | 6 | 130 | 12 |
# | [2 · Kernel density estimation and LDS](../02_lds/02_lds.ipynb) | turn counts into weights that respect neighbours | 5 | 120 | 11 |
# | [3 · Feature statistics and the age-0 anomaly](../03_statistics/03_statistics.ipynb) | find the bins whose features look like those of another bin | 6 | 140 | 13 |
# | [4 · Building FDS](../04_fds/04_fds.ipynb) | build the layer that calibrates features | 6 | 150 | 15 |
# | [5 · Full training](../05_training/05_training.ipynb) | train, compare and say honestly what the remedies bring | 6 | 215 | 16 |
#
# Take them in this order: each uses what the lessons before it build. A word or a symbol is
# new to you? The [glossary](glossary.md) explains it, with its name in the code.
#
# ## How a lesson works
#
# 1. **Predict.** Before a result that surprises, the text asks for your guess. Write it
#    down, then run the cell.
# 2. **Write.** An exercise has a card (what, why, minutes, points), and below it a function
#    without a body. Delete its line `raise NotImplementedError` when you start.
# 3. **Check.** Run the cell below your function. It says which parts are right, and for a
#    typical mistake its cause. Change your function, and check again, as often as you like.
# 4. **Hints.** Three stand below each check; each helps more than the one before it.
#
# **Nothing solved still runs.** You may skip an exercise: the lesson goes on with the
# library's own function. (An answer that only calls this function passes the check, but
# teaches you nothing.) Two marks are worth knowing: ○ means that you have not started, ✗
# that something is not right yet.

# %% [markdown]
# ## Your progress
#
# The next cell reads the *saved* lessons. So: save a lesson with **Ctrl+S** (Mac: Cmd+S)
# after its checks, come back here, and run the cell again. It runs none of your code. Points
# are what your checks said last.

# %%
start.progress()

# %% [markdown]
# ## Where things are
#
# - **The lessons** lie in the folders beside this one. They are yours: write into them.
# - **The glossary** is [glossary.md](glossary.md). In the list of files on the left,
#   right-click it, then *Open With* and *Markdown Preview*.
# - **The library** is called `dirlib`. After `import dirlib`, `help(dirlib.lds_weights)`
#   shows the text on a function, with its equation.
# - **Solved lessons** are in the folder `solutions/` of the whole project. Look there after
#   you tried.
# - **Something looks wrong?** In a terminal, in the folder of the whole project,
#   `python tools/check_env.py` tells what is missing, and the cure.
