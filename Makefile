# make run   makes .venv and starts the wall (make run ARGS="--host 0.0.0.0")
# make test  runs the tests but for the slow ones (make test ARGS="tests/test_up.py", with -m "" the slow ones too)
# make slow  runs the slow ones: every size of screen, whole evenings, walls that are killed
# make check is what CI runs: format, lint, types, make test; make cover runs every test, measured
# make bench measures; make lock renews requirements/

PYTHON ?= python3
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
ARGS ?=

.PHONY: help run test slow check format lint types cover bench lock clean
.DEFAULT_GOAL := help

help:
	@sed -n '/^$$/q; s/^# //p' Makefile

run: $(VENV)/.run
	@exec $(BIN)/parvis up $(ARGS)

test: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadgroup -m "not slow" $(ARGS)

slow: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadgroup -m slow $(ARGS)

check: lint types test

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

# the worker processes of pytest and the roles they start are measured too
cover: export COVERAGE_PROCESS_START = $(CURDIR)/pyproject.toml
cover: export COVERAGE_FILE = $(CURDIR)/.coverage
cover: $(VENV)/.dev
	$(BIN)/coverage erase
	$(MAKE) --no-print-directory test ARGS='-m ""'
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered --sort=cover
	@echo "covered, branches included: $$($(BIN)/coverage report --format=total) %"

# one command a figure; the sample's own drawings are made by hand, not here
FIGURES := $(basename $(notdir $(filter-out bench/sample_%,$(wildcard bench/[a-z]*.py))))
bench: $(VENV)/.dev
	@for figure in $(FIGURES); do echo "== $$figure"; $(BIN)/python -m "bench.$$figure" $(ARGS) || exit 1; done

# uv is needed for this alone: any uv will do (python3 -m pip install uv)
lock:
	@$(UV) --version >/dev/null || { echo "make lock needs uv: install it, or name it with UV=..."; exit 1; }
	$(UV) pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --extra build --extra embedded -o requirements/run.txt
	$(UV) pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --extra build --extra embedded --extra dev -o requirements/dev.txt \
		--constraint requirements/run.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build *.egg-info

# what is installed: a stamp for each list, so a second start costs nothing
$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null \
		|| { echo "Parvis needs Python 3.11 or newer, and there is no $(PYTHON); name one: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Parvis needs Python 3.11 or newer, and $(PYTHON) is older; name another: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PYTHON) cannot make virtual environments; install its venv package (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/.made
	@echo "Preparing Parvis: this takes a minute, once."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/.made
	@echo "Preparing the tools for tests and checks: this takes a minute, once."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $(VENV)/.run $@
