# A fresh machine needs python3 (3.10 or newer), make and git. Everything else is installed into .venv.

# The first of these that runs and is new enough; python3.12 is what the function runs on.
CANDIDATES := python3.12 python3.13 python3.11 python3.10 python3
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1 && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# As it was given: a $ in a file's name is nothing to expand.
override export VIDEO := $(value VIDEO)

.PHONY: help demo up package policies alarms test chaos coverage check bench bench-check format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## a video through the whole product, here: make demo [VIDEO=~/clip.mp4]
	@$(BIN)/python -m harness demo

up: $(READY) ## the local cloud, until Ctrl-C
	@$(BIN)/python -m harness up

package: $(READY) ## what is deployed: dist/code and dist/gif-on-upload.zip (`s deploy` runs this)
	@$(BIN)/python -m deploy.package

policies: $(READY) ## the RAM documents for your account, filled in from .env: dist/ram/*.json
	@$(BIN)/python -m deploy.policies

alarms: $(READY) ## the alarms for your account, filled in from .env, and the commands that create them
	@$(BIN)/python -m deploy.alarms

# Compiling everything again in each of the tests' processes would be a third of their time.
test coverage: export PYTHONDONTWRITEBYTECODE :=

test: $(READY) ## the tests; those that take long too: make test ALL=1
	$(BIN)/python -m pytest -n 4 $(if $(ALL),,-m "not slow")

chaos: $(READY) ## everything broken in every way, half an hour: the counts go into docs/guarantees.md
	@$(BIN)/python -m tests.chaos

coverage: $(READY) ## every test, and which lines and branches none of them runs
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n 4
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

check: $(READY) ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY) ## speed, size and cost beside what the official SDKs give: a table, and dist/bench.json
	@$(BIN)/python -m tests.benchmarks

bench-check: $(READY) ## the same, and fail when a ratio is worse than tests/benchmarks/baseline.json allows
	@$(BIN)/python -m tests.benchmarks --check

format: $(READY) ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## everything that was made here
	rm -rf $(VENV) dist demo .coverage .coverage.* .local-cloud .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.10 or newer is needed; none of $(CANDIDATES) is one" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make a virtual environment: install its venv package (Debian: python3-venv)" >&2; exit 2; }
	@echo "Installing into $(VENV) (once) …"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(READY)
