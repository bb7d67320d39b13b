# Every target does its own set-up: a fresh machine with Python 3.11 and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Images of containers often have Python keep no bytecode: then each process compiles all that it imports, and the tests start
# hundreds of them.
export PYTHONDONTWRITEBYTECODE =

.PHONY: install lock canary canary-newest canary-lowest run test tested linted test-fast coverage browser pictures lint bench conformance torture mutants words floors nodes clean

# The last line builds the pages' style and script anew where web/ has changed since.
install: $(VENV)/.installed
	@$(BIN)/python web/assets.py

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# What is installed is what the lock names, byte for byte. Where the lock has changed, all of it is laid anew, so that nothing
# stays that isn't in it any more. Bytecode is made of what is imported, when it is; most of it never is. uv, which is in the
# lock as well, does in five seconds what takes pip a minute; where it doesn't find what pip is configured to find, pip does it.
LOCKED = --require-hashes --only-binary :all:

$(VENV)/.locked: requirements/dev.txt
	$(PYTHON) -m venv --clear $(VENV)
	sed -n '/^uv==/,/[^\\]$$/p' $< > $(VENV)/uv.txt
	$(PIP) $(LOCKED) --no-compile -r $(VENV)/uv.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python $(LOCKED) -r $< || $(PIP) $(LOCKED) --no-compile -r $<
	touch $@

# What an earlier build left in the checkout would be found before what is installed now.
$(VENV)/.installed: $(VENV)/.locked setup.cfg pyproject.toml
	rm -rf wizard.egg-info
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

# The lock anew, with the newest releases that setup.cfg admits. The other two take their versions from the first.
LOCKING = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

lock: install
	$(LOCKING) setup.cfg requirements/build.in --all-extras -o requirements/dev.txt
	$(LOCKING) setup.cfg --extra broker --extra calendars --extra encryption --extra postgres --extra s3 --extra tracing -c requirements/dev.txt -o requirements/serve.txt
	$(LOCKING) requirements/build.in -c requirements/dev.txt -o requirements/build.txt

# The tests with the newest of everything that setup.cfg admits, and with the lowest that it names, each in an environment of
# its own. Linters are tried at their newest only. What was installed stands in .canary/newest.txt and .canary/lowest.txt.
canary: canary-newest canary-lowest

CANARY_TESTS ?= tests

canary-newest: CHOICE = --all-extras --resolution highest
canary-lowest: CHOICE = --extra broker --extra calendars --extra encryption --extra postgres --extra s3 --extra tracing --extra test --resolution lowest-direct

canary-newest canary-lowest: export TMPDIR = $(MEMORY)
canary-newest canary-lowest: export UV_PYTHON_DOWNLOADS = never
canary-newest canary-lowest: canary-%: install
	$(BIN)/uv venv --quiet --clear --seed --python 3.11 .canary/$*
	$(BIN)/uv pip compile --quiet --upgrade $(CHOICE) --python .canary/$* setup.cfg requirements/build.in -o .canary/$*.txt
	$(BIN)/uv pip install --quiet --python .canary/$* --only-binary :all: -r .canary/$*.txt
	$(BIN)/uv pip install --quiet --python .canary/$* --no-deps --no-build-isolation -e .
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.browser.firefox
	.canary/$*/bin/python -m pytest $(SIDE_BY_SIDE) $(CANARY_TESTS)
	$(if $(findstring newest,$*),$(MAKE) lint BIN=.canary/newest/bin)

# The examples, and what three of them call, a calendar, a catalogue and a book of tables: the engine may call this machine.
run: install
	@trap 'kill $$calendar $$catalogue $$tables $$server 2>/dev/null; wait' EXIT; trap 'exit 130' INT TERM HUP; \
	$(BIN)/python examples/appointment/server.py & calendar=$$!; \
	$(BIN)/python examples/purchases/server.py & catalogue=$$!; \
	$(BIN)/python examples/conversations/server.py & tables=$$!; \
	WIZARD_ALLOW_PRIVATE_ADDRESSES=1 $(BIN)/wizard serve examples --store sqlite:///wizard.db & server=$$!; \
	wait $$server

# Where there is memory to spare, the tests' files lie in it, the databases' and browsers' too: there nobody waits for a disk.
MEMORY := $(or $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "/dev/shm" }'),$(TMPDIR),/tmp)
test tested test-fast coverage torture: export TMPDIR = $(MEMORY)

# Processes that run tests side by side: three times as many as two cores, as two thirds of the time of most tests is waiting
# for a browser, a server or a clock. One more costs its collecting, no more: see tests/workers.py.
# Which tests go together and which begin is said in tests/schedule.py.
WORKERS ?= 6
SIDE_BY_SIDE = -n $(WORKERS) --dist loadscope --no-loadscope-reorder

# Every rule, in a short form where something is drawn at random (tests/drawing.py).
test: install
	$(MAKE) --jobs=2 tested linted

tested:
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.browser.firefox
	$(BIN)/python -m pytest --draw $(SIDE_BY_SIDE)

# In what the tests leave of the machine. All that it says comes in one piece.
linted:
	@said=$$(nice $(MAKE) lint 2>&1); code=$$?; printf '%s\n' "$$said"; exit $$code

# What a minute is enough for (tests/fast.py): the rules, the languages, forms and definitions, and a run through the channels.
test-fast: install
	$(BIN)/python -m pytest --fast $(SIDE_BY_SIDE)

# How much of the code the tests run. To measure takes twice as long, so it is done apart, and what covers nothing that
# other tests don't is left out; what is drawn at random is drawn whole here.
OUTSIDE := tests/unit/machine/test_properties.py tests/conformance/test_vectors.py tests/acceptance/test_web_fuzz.py \
	tests/acceptance/test_web_bodies.py tests/acceptance/test_web_hostile.py tests/acceptance/test_web_markup.py \
	tests/acceptance/test_handover.py tests/acceptance/test_terminal.py tests/faults tests/browser tests/walks

coverage: export TORTURE = 1
coverage: install
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --cov --cov-report=term:skip-covered \
		--cov-report=json:.coverage.json $(addprefix --ignore=,$(OUTSIDE))
	$(BIN)/python -m tests.coverage_gate .coverage.json

# The browser tests alone. They need a Chromium: the system's, or one that is installed here.
browser: install
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.browser.firefox
	$(BIN)/python -m pytest -n $(WORKERS) tests/browser

# The pictures that the docs show, into docs/images/.
pictures: install
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.browser.pictures

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python web/assets.py types

conformance: install
	$(BIN)/python -m tests.conformance tests/conformance/*.jsonl.gz

# Every variant of every test, thousands of random processes and moves, a hundred thousand mutated requests, ten thousand
# moves over each example by somebody at a browser, hundreds of kills of servers and databases, a client made of the OpenAPI
# document (schemathesis, all its checks), and ten times as much of all else that is drawn at random; TORTURE=20 for twice
# as many.
TORTURE ?= 10
torture: install
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)
	TORTURE=$(TORTURE) $(BIN)/python -m pytest -rP tests/faults
	TORTURE=$(TORTURE) $(BIN)/python -m pytest tests/unit/machine/test_properties.py tests/acceptance/test_web_fuzz.py \
		tests/walks tests/corpus
	TORTURE=$(TORTURE) $(BIN)/python -m pytest tests/acceptance/test_described.py tests/acceptance/test_example_scripts.py \
		tests/acceptance/test_plugins.py tests/acceptance/test_purchases.py tests/contract/test_stages.py \
		tests/rules/test_bounds_of_every_way_in.py tests/rules/test_pinned_definitions.py tests/rules/test_s25_twice_a_year.py \
		tests/unit/engine/test_migrating_many.py tests/unit/scripts/test_exploring.py
	TORTURE=$(TORTURE) $(BIN)/python -m pytest -m hypothesis --ignore=tests/unit/machine/test_properties.py \
		tests/unit tests/contract tests/rules

# Small mistakes, one at a time, in a copy of the tree: which of them does no test notice? An hour and more, not in CI.
# Others each time; MUTANTS="--seed 7 --each 20 --only machine.py" for the same again, more, or one module.
mutants: install
	$(BIN)/python -m tests.mutants $(MUTANTS)

# The words that people read, gathered from code and templates into wizard/locale/catalogs/, and each language brought up to
# them: what is to be translated anew has an empty msgstr then.
words: install
	$(BIN)/python -m tests.words

# The drawing of the house in docs/architecture.md, out of today's imports.
floors: install
	$(BIN)/python -m tests.floors --write

# The pages of the built-in node types in docs/nodes/, out of their classes.
nodes: install
	$(BIN)/python -m tests.node_docs

bench: install
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) .canary build *.egg-info web/node_modules wizard/channels/web/static
