PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9
# OpenMP's threads wait for each other by spinning: on busy cores that is four times slower.
export OMP_WAIT_POLICY := PASSIVE
# Two processes take one file after the other. In pytest-xdist's own order those of few tests, which
# are the longest, would come last and keep one process alone.
TWICE := -n 2 --dist loadfile --no-loadscope-reorder
.DEFAULT_GOAL := help
.PHONY: help setup demo test e2e retry fuzz soak check format lint types imports fast lock workflows bench-serving bench-kills screenshot clean

help: ## Show what can be made
	@grep -hE '^[a-z][a-z-]*%?:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v=sys.version_info; v >= (3, 11) or sys.exit(f"Slipway needs Python 3.11 or later, found {v.major}.{v.minor}; name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

setup: .venv/.ready ## Make the environment in .venv

demo: setup ## Run the whole loop, from raw files to a tested live endpoint
	$(BIN)/slipway demo

# Each of the two processes has a core.
test fast: export OMP_NUM_THREADS := 1

test: setup ## Run every test that needs no browser and no minutes-long stack
	$(BIN)/pytest $(TWICE) -m "not e2e" --durations 25

e2e: setup ## Run the tests of the whole stack, with kill -9 and a real browser
	@status=0; \
	$(BIN)/pytest $(TWICE) -m e2e --ignore tests/e2e --durations 40 || status=1; \
	$(BIN)/pytest -m e2e tests/e2e --durations 40 || status=1; \
	exit $$status

retry: setup ## Run again, one after the other, what failed last
	$(BIN)/pytest -v --last-failed --last-failed-no-failures none

check: lint types imports workflows fast ## Format, lint, types, import contracts, fast tests

format: setup ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

workflows: setup
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet .github/workflows

fast: setup
	$(BIN)/pytest -q $(TWICE) -m "not slow and not e2e"

# Not in the lock, since no test needs it: atheris is 35 MB, and there are wheels for Linux alone.
fuzz: setup ## Throw 100,000 inputs at the door and its parsers that nobody means to send
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --group fuzz
	$(BIN)/python -m benchmarks.fuzz

soak: setup ## Ask a served model for 15 minutes (make soak SECONDS=60); memory must stay flat
	$(BIN)/python -m benchmarks.serving.soak --seconds $(or $(SECONDS),900)

bench-kills: setup ## Kill -9 what serves, one after the other, under load
	$(BIN)/python -m benchmarks.serving.kills

bench-serving: setup ## Ask Slipway and what users would pick instead, with wrk
	$(BIN)/python -m benchmarks.serving

bench-%: setup ## Run one benchmark, e.g. make bench-overhead
	$(BIN)/python -m benchmarks.$*

screenshot: setup ## Take the README's picture from the running stack
	$(BIN)/python -m tests.support.browser docs/lineage.png

lock: ## Resolve requirements.lock and requirements-gitops.lock anew from pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra dev --quiet --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --group gitops --constraints requirements.lock --output-file requirements-gitops.lock

clean: ## Stop the stack and remove .venv and .slipway
	-$(BIN)/slipway down
	rm -rf .venv .slipway
