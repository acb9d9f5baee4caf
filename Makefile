# Connecteur. `make` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Test files side by side; each process takes 0.5 GB.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help venv serve chat test test-full fast check fix bench lock model

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# The stamp holds the lock's content: the environment is made again only when the lock changes.
$(VENV)/.made: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "Connecteur needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

venv: $(VENV)/.made ## make the environment alone (.venv)

model: venv ## train the language model when it is missing or stale
	@$(BIN)/connecteur train

serve: venv ## environment, model, database, then the server on http://127.0.0.1:8000
	@$(BIN)/connecteur serve

chat: venv ## the same assistant in this terminal
	@$(BIN)/connecteur chat

check: venv ## formatting, lint, types, import directions, content
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/connecteur check

fast: venv ## unit tests only
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -q tests/unit

test: check model ## everything: checks, then all tests (large ones at a twentieth of their size)
	$(BIN)/connecteur test
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -q

test-full: check model ## the bars at full size, with a table
	$(BIN)/connecteur test
	CONNECTEUR_FULL=1 $(BIN)/python -m pytest -q

bench: venv model ## benchmarks: print ratios measured in this run
	$(BIN)/python -m tests.benchmarks

fix: venv ## format and repair what can be
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## rewrite requirements.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements.lock
