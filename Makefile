# Every target sets up what it needs: a Python of 3.11 or later and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check lint texts crash bench bench-peers fuzz run wheel clean help
.DEFAULT_GOAL := help

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/ready ## Show the main job end to end, offline
	$(BIN)/feed-monitor demo

test: $(VENV)/ready-dev ## Run the tests
	$(BIN)/python -m pytest -n 3

check: lint test ## Format, lint, types, layers and tests

lint: $(VENV)/ready-dev ## Format, lint, types and layers
	$(BIN)/ruff format --check monitor tests
	$(BIN)/ruff check monitor tests
	$(BIN)/mypy
	$(BIN)/lint-imports

texts: $(VENV)/ready-dev ## Bring the catalogues in templates/locale up to date with what the templates say
	$(BIN)/python -m tests.texts

crash: $(VENV)/ready-dev ## Kill the program at every commit and every mail step
	KILL_EVERY=1 $(BIN)/python -m pytest tests/crash --verbose

bench: $(VENV)/ready-dev ## Measure matching, stories, alerts, briefings, and whether a form's time tells; BENCH=--short for minutes
	$(BIN)/python -m tests.bench.matching $(BENCH)
	$(BIN)/python -m tests.bench.grouping $(BENCH)
	$(BIN)/python -m tests.bench.alerts $(BENCH)
	$(BIN)/python -m tests.bench.briefings $(BENCH)
	$(BIN)/python -m tests.bench.joining $(BENCH)

bench-peers: $(VENV)/ready-dev ## Measure what polling costs beside other programs; BENCH=--short for a minute of it
	$(BIN)/python -m tests.bench.peers $(BENCH)

fuzz: $(VENV)/ready-dev ## Damage documents at random and read them; FUZZ="FOLDER..." for documents of your own
	$(BIN)/python -W ignore -m tests.fuzz.reading $(FUZZ)

run: $(VENV)/ready ## Run the service on the config in ./state, written when it is not there
	$(BIN)/feed-monitor init state
	FEED_MONITOR_STATE=. $(BIN)/feed-monitor --config state run

wheel: $(VENV)/ready ## Build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

clean: ## Remove everything that was made here
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find monitor tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The files below mark a set-up as done; they are made anew when a lock or pyproject.toml changes.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "feed-monitor needs Python 3.11 or later: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready: requirements.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/ready-dev: requirements-dev.lock $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
