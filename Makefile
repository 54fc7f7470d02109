# The five words, the same here and in CI: install, lint, test, check, run. Works with GNU make 3.81 (macOS) and newer.

PYTHON ?= python3
VENV ?= .venv
# How many test processes: one more than there are processors, since many tests wait; the end-to-end tests start fleets of
# seven processes each.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# How long chaos reigns, what its faults are drawn from (left out: drawn, and printed), and what else it takes.
SECONDS ?= 120
SEED ?=
CHAOS ?=

BIN := $(VENV)/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test chaos bench lint check lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

install: $(VENV)/.installed ## make .venv with everything that running needs

install-dev: $(VENV)/.installed-dev ## the same with what testing and linting need

run: $(VENV)/.installed ## start the whole fleet on this machine; PORT=8001 make run takes another port
	@$(BIN)/python -m app run

test: $(VENV)/.installed-dev ## run the tests
	@$(BIN)/python -m pytest -n $(JOBS) --maxprocesses 4

chaos: $(VENV)/.installed-dev ## kill, halt and cut off a real fleet: SECONDS=3600 SEED=7 make chaos
	@$(BIN)/python -m tests.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(CHAOS)

bench: $(VENV)/.installed-dev ## measure the short set, each beside its yardstick; some ten minutes
	@for part in wire http streams scale cost plans trips travelplanner; do \
		echo "--- python -m benchmarks.$$part --short"; $(BIN)/python -m benchmarks.$$part --short || exit 1; \
	done

lint: $(VENV)/.installed-dev ## check format, style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

check: lint test ## lint and test: what CI does

lock: $(BIN)/uv ## write the lock files anew from requirements.txt and requirements-dev.txt
	@$(LOCK) requirements.txt --output-file requirements.lock
	@$(LOCK) requirements-dev.txt --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove .venv, caches and the data of the local fleet
	@if [ -e .run/fleet.json ]; then echo "A fleet runs here (.run/fleet.json); stop it first, or remove that file." >&2; exit 1; fi
	rm -rf $(VENV) .run .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find app tests -type d -name __pycache__ -prune -exec rm -rf {} +

# Each stamp is as new as the lock file that it was installed from, so a second call has nothing to do. pip stands in
# where uv cannot reach an index that only pip is configured for.
$(VENV)/.installed: requirements.lock | $(BIN)/uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock | $(BIN)/uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed; '$(PYTHON)' is `$(PYTHON) --version 2>&1 | head -1`." >&2; \
		echo "Name another: make install PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
