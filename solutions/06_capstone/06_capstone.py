# %% [markdown]
# # Lesson 6 · Your own rare numbers
#
# Five lessons of drawn faces. Now a table from real life: how many bikes are rented in an hour? And
# then a table of your own.
#
# This lesson grades your *way*, not your error. Was the test set closed until the end? Did one
# thing change at a time? Are there intervals and baselines? "LDS and FDS bring nothing here" earns
# every point, if it is shown.
#
# **You will be able to** *plan* a comparison, *choose* without fooling yourself, *find* where a
# model fails, *open* a test set once, and *say* what came out.
#
# **Before you start.** Lessons 1 and 2, and the core of lessons 4 and 5.
#
# | part | minutes |
# |---|---|
# | Opening | 3 |
# | 1. A table, and a test set that stays closed | 2 |
# | 2. Look at the labels | 4 |
# | 3. Your plan | 10 |
# | 4. What is easy already | 2 |
# | 5. One change at a time | 22 |
# | 6. Look for a failure | 2 |
# | 7. Open the test set, once | 9 |
# | 8. A page for others | 15 |
# | Quiz and take-away | 1 |
# | **core, together** | **70** |
# | Deep · New rows | 1 |

# %%
import numpy as np

import dirlib
from course.lesson6 import (
    BIKES,
    attempt,
    challenge,
    check,
    figures,
    guess,
    open_project,
)

# %% [markdown]
# ## 1. A table, and a test set that stays closed
#
# For your own table, change the first line: its file, the column to predict, and a column that you
# know well, for part 6.

# %%
DATA, TARGET, COLUMN = BIKES, "bikers", "hr"
project = open_project(DATA, TARGET, folder="my_project")
project

# %% [markdown]
# Before anybody looks, 15 % of the rows are put aside in `my_project/sealed/`. They are the test
# set, and each use is written down. You choose by another 15 %, the validation rows. Whoever keeps
# the method with the lowest *test* error reports luck as skill.
#
# <details><summary>Your own file</summary>Put it beside this notebook, and change both lines, for
# example to DATA, TARGET, COLUMN = "prices.csv", "price", "town" and folder="prices": each table
# has a folder of its own. It is a CSV file with a line of column names, at least 30 rows, and a
# column of numbers to predict. Semicolons, decimal commas and dates are fine; rows without a target
# are left out. If something is wrong, a sentence says what. Take out columns that know the answer,
# such as a sum with the target in it: nobody has them when the prediction is needed. An error near
# 0 in part 4 is no triumph: one of them is left. Skip guess 6.1, which is about the bikes. Rows that
# belong together, such as those of one patient, must stay on one side: open_project(...,
# group="patient"). For a forecast the latest rows are the test: time="date".</details>
# <details><summary>Fine print</summary>Neighbouring hours are alike, and a random split puts some
# into training and some into the test. So this test asks for gaps in a year that is otherwise
# known, which is easier than next year. With time="day" the end of the year is the test. The bikes
# are those of Capital Bikeshare, Washington, 2011: Fanaee-T and Gama, UCI, CC BY 4.0.</details>
#
# ## 2. Look at the labels
#
# Look at the training labels alone, and guess first.

# %%
question = "In how many of 100 hours are more than 400 bikes rented?"
guess.number("6.1", question, low=0, high=100)

# %%
y = np.asarray(project.data().train.labels)
guess.compare("6.1", 100 * np.mean(y > 400))

# %%
bins, about = project.choose_bins(width=None)  # or a width in label units
print(about)
fig = figures.labels_in_bins(y, bins, project.judge().regions, label=TARGET)

# %% [markdown]
# *The training rows of each bin: a high peak at small numbers, and a long thin tail, enlarged on
# the right.*
#
# Wide bins hide rare labels among common ones; narrow bins are nearly empty. The library says why
# it chose these. Try `width=25`: once a network is trained, the bins stay.
#
# ## 3. Your plan
#
# Rare isn't the same as important. A rare label matters if somebody loses by a bad prediction. Who?
# Which error will you choose by? Afterwards you always find one that looks good.
#
# ### Exercise 6.1 · Your plan
#
# **What.** Write down what is rare, who cares, your score, methods and seeds.
#
# **Why.** Results can't bend a plan made before them.
#
# *About 8 minutes · 3 points · core*


# %% grade_id="my_plan" role="solution"
def my_plan():
    """Say what you will do, before you do it.

    Returns a dict:
    "rare": which labels are rare, in words; "cares": who loses something when these are
    wrong, in words; "score": the validation error to choose by, "few" (few-shot bins),
    "tail_5" or "tail_1" (the outermost 5 % or 1 % of the labels) or "GM";
    "methods": names in the order of training, such as "sqinv+lds": the first is
    "vanilla", each later one differs from one before it in one thing, and sqinv, lds
    and fds all have their turn; "seeds": three or more different ints, 0 or more.
    """
    ### BEGIN SOLUTION
    return {
        "rare": "hours with more than about 400 bikes, mostly warm evenings",
        "cares": "people who find an empty station, and the team that refills it",
        "score": "tail_5",
        "methods": ["vanilla", "sqinv", "sqinv+lds", "sqinv+lds+fds"],
        "seeds": [0, 1, 2],
    }
    ### END SOLUTION


# %% grade_id="my_plan_check" points=3 role="test"
check.my_plan(my_plan)

# %% [markdown]
# <details><summary>Hint 1</summary>For each pair of methods that follow each other, ask: if the
# second is better, do I know why?</details>
# <details><summary>Hint 2</summary>From "vanilla" to "sqinv+lds" two things change, weights and
# smoothing. Put "sqinv" between them.</details>
# <details><summary>Hint 3</summary>"methods": ["vanilla", "sqinv", "sqinv+lds", ...] and "seeds":
# [0, 1, 2].</details>
#
# ## 4. What is easy already
#
# Never begin with the network. A constant, a line and boosted trees take seconds. Each is fitted
# twice: without weights, and with those of SQINV + LDS.

# %% tags=["nbval-ignore-output", "wait-10"]
baselines = project.baselines()
fig = figures.scores_beside(baselines, unit=TARGET)

# %% [markdown]
# *One row per baseline: its validation error over all rows, and over the tail, here the highest 5 %
# of the labels.*
#
# A constant says the same for every row, so it misses the tail. Who gains by the weights, and who
# pays?
#
# ## 5. One change at a time
#
# Now the plain network, on your seeds. Finished runs stay in the folder: the cell is quick the
# second time.

# %% tags=["nbval-ignore-output", "wait-30"]
plan = check.my_plan.or_library(my_plan)()
table = project.train(plan["methods"][:1], plan["seeds"])
table = table.drop(plan["methods"][1:], errors="ignore")  # trained before, perhaps
fig = figures.scores_beside(table, ("all", plan["score"]), unit=TARGET)

# %% [markdown]
# *The same, with the plain network on top, a mean over seeds.*
#
# Is it worth its trouble? On tables, trees are often as good or better: then say so. Now the rest
# of your plan, on the same seeds.

# %%
question = "Which step lowers your score most?"
guess.choice("6.2", question, ["weights", "LDS", "FDS", "none"])

# %% tags=["nbval-ignore-output", "wait-90"]
table = project.train(plan["methods"], plan["seeds"])
errors = project.errors(plan["score"])
unit = f"({TARGET}, validation)"
fig = figures.forest(project.steps(plan["score"]), xlabel=f"{plan['score']} {unit}")

# %% [markdown]
# *What each step changes in your score: the mean, its 95 % interval, and a dot per seed. Hollow and
# grey: these seeds can't tell it from 0.* And the price, over all rows:

# %% tags=["nbval-ignore-output"]
fig = figures.forest(project.steps("all"), xlabel=f"all rows {unit}")

# %% [markdown]
# *The same for all rows.*
#
# Three seeds are few. Suppose they differ by -1, -2 and 0:

# %%
print(dirlib.paired_comparison([45.0, 47.0, 46.0], [44.0, 45.0, 46.0]))

# %% [markdown]
# The eye sees a gain, the interval doesn't. So let a rule choose.
#
# ### Exercise 6.2 · Choose
#
# **What.** Choose the method with the lowest mean error if it beats the first beyond chance (its
# whole interval lies below 0), and otherwise the first.
#
# **Why.** Where no gain is shown, the plain training is easier to explain.
#
# *About 9 minutes · 3 points · core*


# %% grade_id="my_choice" role="solution"
def my_choice(errors):
    """Choose a method by its validation errors.

    errors: dict of the name of each method to its errors, [S], one per seed, in one
    order of seeds; the first method is the plain one. S is 2 or more.
    Returns the name of the method with the lowest mean error, if the 95 % interval of
    its paired difference from the first method lies below 0 as a whole
    (dirlib.paired_comparison has low and high); else the name of the first method.

    Worked number: {"vanilla": [45, 47, 46], "sqinv": [44, 45, 46]}, as arrays, gives
    "vanilla".
    """
    ### BEGIN SOLUTION
    plain = next(iter(errors))
    best = min(errors, key=lambda method: np.mean(errors[method]))
    if best == plain:
        return plain
    difference = dirlib.paired_comparison(errors[plain], errors[best])
    return best if difference.high < 0 else plain
    ### END SOLUTION


# %% grade_id="my_choice_check" points=3 role="test"
check.my_choice(my_choice)

# %% [markdown]
# <details><summary>Hint 1</summary>list(errors) has the names in order; the first one is the plain
# method.</details>
# <details><summary>Hint 2</summary>Find the lowest mean first. Then ask
# dirlib.paired_comparison(errors[plain], errors[best]) for its high.</details>
# <details><summary>Hint 3</summary>If best is plain, there is nothing to compare: return
# it.</details>

# %% tags=["nbval-ignore-output"]
choose = check.my_choice.or_library(my_choice)
choice = choose(errors)
print(f"chosen by {plan['score']} on validation data: {choice}")

# %% [markdown]
# In our longer comparison on the bikes (60 epochs, more seeds) no method beat the plain network in
# the tail beyond chance, and each was worse over all rows. Your shorter one may show a
# gain: report what yours says.
#
# **The challenge**, before part 7: beat the boosted trees in your score, on validation data.
#
# <details><summary>How?</summary>Train more methods in a cell of your own, such as
# project.train(["vanilla", "dense"], plan["seeds"]), and run part 5 again. They take part in the
# choice.</details>

# %% tags=["nbval-ignore-output"]
best = min(np.mean(values) for values in errors.values())
trees = table[plan["score"]]["boosted trees"]
challenge.report("6", best, to_beat=trees, unit=TARGET)

# %% [markdown]
# ## 6. Look for a failure
#
# A mean hides where a model fails. Here are the worst validation rows, then the error in each group
# of `COLUMN`.

# %% tags=["nbval-ignore-output"]
rows = project.validation(choice)
rows.head(6)

# %% tags=["nbval-ignore-output"]
fig = figures.errors_by_group(rows, COLUMN, unit=TARGET)

# %% [markdown]
# *Bars: the mean error. Red diamonds: the bias, below 0 where guesses are too low.*
#
# What have the worst rows in common? Try another column, such as "weathersit". Name the failure:
# then readers know where not to trust the model.
#
# ## 7. Open the test set, once
#
# What is your choice worth on rows that nobody has seen? Whoever chooses again after this has
# chosen on the test set.
#
# ### Exercise 6.3 · Finish
#
# **What.** Get the validation errors, let your rule choose, and open the test set for the choice.
#
# **Why.** So your rule chooses, not your eye. The check reads the test set's log and the runs'
# files, and says what is missing.
#
# *About 6 minutes · 5 points · core*


# %% grade_id="finish" role="solution"
def finish(project, score):
    """Choose on validation data, open the test set for the choice, return what it says.

    project: project.errors(score) gives the validation errors, as `errors` above;
    project.open_test(method) opens the test set, writes that down, and returns a table;
    score: a text, such as "tail_5". `choose` is your rule, or the library's.
    Returns the table.
    """
    ### BEGIN SOLUTION
    errors = project.errors(score)
    return project.open_test(choose(errors))
    ### END SOLUTION


# %% tags=["nbval-ignore-output", "wait-5"]
results = attempt(finish, project, plan["score"])
if results is not None:
    fig = figures.scores_beside(results, ("all", plan["score"]), unit=TARGET)

# %% grade_id="finish_check" points=5 role="test"
check.finish(project)

# %% [markdown]
# <details><summary>Hint 1</summary>Three calls, each with what the one before it
# returned.</details>
# <details><summary>Hint 2</summary>project.errors gives what choose takes, and choose gives what
# project.open_test takes.</details>
# <details><summary>Hint 3</summary>Return what project.open_test returns. If the check says that
# something came after the test set was opened, this folder can't be mended. Begin another one,
# folder="my_project2", and say in 6.4 that you had seen its test rows: they are the same.</details>
#
# ## 8. A page for others
#
# Last comes the page, made from the runs. Two or three sentences of yours stand on top: what was
# asked, what came out, and how sure it is.

# %% role="student-only"
conclusion = """Write your conclusion here."""

# %% role="solution-only"
conclusion = f"""
We asked whether weights, LDS or FDS help to predict the hours in which most bikes are
rented. By a rule that was fixed before, {choice} was chosen on validation data. That
rests on three seeds and one split: other hours of the same year, not the next one.

It fails most in the hours that the figure of errors by {COLUMN} shows. Boosted trees,
which are easier to keep, stand beside it in the tables.
"""

# %% tags=["nbval-ignore-output", "wait-5"]
path = project.report(conclusion)
print(f"open {path.parent.name}/{path.name} in your browser")

# %% [markdown] grade_id="conclusion" points=4 role="manual"
# ### Exercise 6.4 · Defend it
#
# **What.** In about 150 words: (1) what is rare, who cares, and the score you chose by; (2) what
# each step brought over the one before, with its interval or "these seeds can't tell", and its
# price; (3) what the baselines and the test set say; (4) a failure, and what you would try next, on
# which data.
#
# *About 12 minutes · 4 points, by hand · core*
#
# === BEGIN MARK SCHEME ===
# 1. Labels, people and a score, as planned.
# 2. Each step with an interval or "can't tell", and its price. "Nothing helped" is full if shown.
# 3. A baseline with its number, and the test error, by which nothing was chosen.
# 4. Rows or groups with a large error; a next step on other data than this test set.
# === END MARK SCHEME ===

# %% [markdown]
# ## Deep · New rows
#
# A model is there for rows without a label. Change one first, as by `new.loc[0, "hr"] = 8`; cells
# may be empty. `project.predict("new.csv")` reads a file.

# %% tags=["nbval-ignore-output"]
new = project.example_rows(3)
new.assign(prediction=project.predict(new).round(1))

# %% [markdown]
# ## Quiz and take-away
#
# **1. On the test set another method would have been better. What now?**
#
# <details><summary>A. Report that one: it is best.</summary>No: then the test set has chosen,
# and its error is too low.</details>
# <details><summary>B. Report your choice, and say what you saw.</summary>Right: and choose anew only
# with new test rows.</details>
# <details><summary>C. Split the table again until the two agree.</summary>No: that is choosing on
# the test set, with more effort.</details>
#
# **2. LDS changes your score by -1.2 [-3.1, 0.7]. What do you write?**
#
# <details><summary>A. LDS has no effect.</summary>No: -3.1 lies in the interval, too.</details>
# <details><summary>B. These seeds can't tell whether LDS helps.</summary>Right. If it matters,
# plan a study with more seeds.</details>
# <details><summary>C. LDS helps by 1.2.</summary>No: 0 lies in the interval.</details>
#
# **Take-away.** Put the test rows aside before you look. Say first what is rare, who cares, and
# which number decides. Begin with baselines; change one thing at a time; let a rule choose. Name a
# failure. "It brings nothing here" is a result.
#
# <details><summary>Go further</summary>`python -m dirlib suggest --help` tries windows of LDS and
# FDS on validation data; `dirlib/README.md` shows the library in a training loop of yours, in
# scikit-learn, and for images.</details>
