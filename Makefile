# Every target does its own set-up: Python 3.11 and make are all that a fresh machine needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Each folder is a pytest call of its own: the model, the browser and Hypothesis would share the cores otherwise.
SUITES := $(wildcard $(addprefix tests/,unit property contract quality browser))
FUZZ ?= 100000
RUN_STAMP := .venv/.run
DEV_STAMP := .venv/.dev
REPORT ?= report.html

.DEFAULT_GOAL := help
.PHONY: help setup run test check fuzz bench lock clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/' | column -t -s:

$(BIN)/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

$(RUN_STAMP): pyproject.toml requirements/score.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint requirements/score.txt --editable '.[score]'
	@touch $@

$(DEV_STAMP): pyproject.toml requirements/dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint requirements/dev.txt --editable '.[dev]'
	@touch $@ $(RUN_STAMP)

setup: $(DEV_STAMP) ## everything that development needs, in .venv

run: $(RUN_STAMP) ## the main job: sample articles in, report out (its path is the last line)
	$(BIN)/threadwise report --samples --output $(REPORT)

check: $(DEV_STAMP) ## lint, format, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy threadwise.py
	$(BIN)/lint-imports

test: check ## check + all tests; what is skipped is said aloud
	@failed=; for suite in $(SUITES); do \
	  echo "== $$suite"; \
	  $(BIN)/pytest $$suite || [ $$? -eq 5 ] || failed="$$failed $$suite"; \
	done; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

fuzz: $(DEV_STAMP) ## the parser on 100,000 mutated documents (FUZZ=n for fewer)
	$(BIN)/python tests/property/fuzz_seeds.py --count $(FUZZ)

bench: $(DEV_STAMP) ## speed and memory beside peers, in one run
	$(BIN)/python tests/benchmarks/bench_score.py
	$(BIN)/python tests/benchmarks/bench_serve.py
	$(BIN)/python tests/benchmarks/bench_parse.py

lock: $(DEV_STAMP) ## pin in requirements/ what is installed now
	$(BIN)/python requirements/lock.py

clean: ## remove what can be made again (not runs/)
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
