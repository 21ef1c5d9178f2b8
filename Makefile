# `make lab` for students; the other targets are for authors.
# README.md has the same steps as plain pip and jupyter commands, for Windows.
PYTHON ?= python3
BIN := .venv/bin/python
PIP := $(BIN) -m pip install --disable-pip-version-check $(PIP_FLAGS)
NEED := import sys; sys.exit(0 if sys.version_info >= (3, 11) else \
  "Python 3.11 or later is needed, this is " + sys.version.split()[0] + \
  "; name another one: make PYTHON=python3.12 ...")

.PHONY: lab test test-browser test-integrations test-kernels test-wheel \
  test-types site test-site lessons release grade report leaderboard bench results \
  check-env clean

lab: .venv/installed                ## your copies of the lessons, in JupyterLab
	$(BIN) -m course prepare
	$(BIN) -m tools.lessons.lab $(FOLDER)

test: .venv/installed-dev           ## everything that can be tested
	$(BIN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-browser: .venv/installed-dev   ## the lessons in JupyterLab, in Chromium
	$(BIN) -m tools.lessons.browser
	$(BIN) -m pytest tests/browser

test-kernels: .venv/installed-dev   ## verdicts and lessons under other processors' kernels
	$(BIN) -m tools.kernels

test-wheel: .venv/installed-dev     ## dirlib's wheel alone, in an empty folder
	$(BIN) -m tools.try_wheel

test-types: .venv/installed-dev     ## dirlib's types against what is there
	$(BIN) -m mypy

site: .venv/installed-site          ## the course as web pages, in build/site
	$(BIN) -m tools.site $(SITE)

test-site: site                     ## a walk through these pages, in Chromium
	$(BIN) -m tools.lessons.browser
	$(BIN) -m pytest tests/site

# Outside tests/conftest.py: with tests/ on the path, `import datasets` finds a folder of ours.
test-integrations: .venv/installed-integrations  ## FDS in the training of frameworks
	$(BIN) -m pytest -o pythonpath=. --confcutdir=tests/integrations tests/integrations

lessons: .venv/installed-dev        ## build the notebooks of changed lesson scripts
	$(BIN) -m tools.lessons.build

release: .venv/installed-dev        ## lessons to hand out: a folder and a zip
	$(BIN) -m tools.grading.release $(or $(OUT),grading/release)

grade: .venv/installed-dev          ## a folder of returned notebooks: marks and report
	$(BIN) -m tools.grading.grade $(or $(RETURNED),returned) $(OUT)

report: .venv/installed-dev         ## the report again, when free answers have marks
	$(BIN) -m tools.grading.report $(OUT)

leaderboard: .venv/installed        ## the challenges' numbers of the notebooks in a folder
	$(BIN) -m tools.leaderboard $(or $(FOLDER),my_lessons)

bench: .venv/installed              ## time the library against the obvious loop
	$(BIN) -m tools.bench

results: .venv/installed            ## the tables anew, from the recorded runs
	$(BIN) -m course results

check-env:                          ## one line per requirement, with the cure
	$(firstword $(wildcard $(BIN)) $(PYTHON)) tools/check_env.py

clean:                              ## remove caches; .venv and the recorded runs stay
	rm -rf .cache .pytest_cache .ruff_cache .mypy_cache build .hypothesis data/cache

.venv/installed: requirements.txt constraints.txt pyproject.toml course/pyproject.toml
	@$(PYTHON) -c '$(NEED)'
	$(PYTHON) -m venv .venv
	$(BIN) tools/install.py $(PIP_FLAGS)
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(PIP) -r requirements-dev.txt -c constraints.txt
	@touch $@

.venv/installed-integrations: requirements-integrations.txt .venv/installed-dev
	$(PIP) -r requirements-integrations.txt -c constraints.txt
	@touch $@

.venv/installed-site: requirements-site.txt .venv/installed-dev
	$(PIP) -r requirements-site.txt -c constraints.txt
	@touch $@
