# Every target does its own set-up: a fresh machine with Python 3.11 and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install run test lint bench conformance torture clean

install: $(VENV)/.installed

$(VENV)/.installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

# The examples, and the calendar that the appointment example calls: the engine may call this machine.
run: install
	@trap 'kill $$calendar 2>/dev/null' EXIT; \
	$(BIN)/python examples/appointment/server.py & calendar=$$!; \
	WIZARD_ALLOW_PRIVATE_ADDRESSES=1 $(BIN)/wizard serve examples --store sqlite:///wizard.db

test: install
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term:skip-covered --cov-report=json:.coverage.json
	$(BIN)/python -m tests.coverage_gate .coverage.json
	$(MAKE) lint

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

conformance: install
	$(BIN)/python -m tests.conformance tests/conformance/*.jsonl.gz

# Thousands of random processes and moves; TORTURE=20 for twice as many.
TORTURE ?= 10
torture: install
	WIZARD_TORTURE=$(TORTURE) $(BIN)/python -m pytest tests/unit/test_machine_properties.py

bench: install
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) build *.egg-info
