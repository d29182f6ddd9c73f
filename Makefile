# Every target does its own set-up: Python 3.11 and make are all that a fresh machine needs.
PYTHON ?= python3.11
BIN := .venv/bin
RUN_STAMP := .venv/.run
DEV_STAMP := .venv/.dev
REPORT ?= report.html

.DEFAULT_GOAL := help
.PHONY: help setup run test check fuzz bench clean

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
	$(BIN)/pytest tests/unit tests/property
	$(BIN)/pytest tests/quality
	$(BIN)/pytest tests/browser

fuzz: $(DEV_STAMP) ## the parser on 100,000 mutated documents
	$(BIN)/python tests/property/fuzz_seeds.py --count 100000

bench: $(DEV_STAMP) ## speed and memory beside peers, in one run
	$(BIN)/python tests/benchmarks/bench_score.py
	$(BIN)/python tests/benchmarks/bench_parse.py

clean: ## remove what can be made again (not runs/)
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
