# Two commands do all the set-up: `make up` and `make test`. Everything else is for people who work on Yishi.
PYTHON ?= python3.11
BIN := .venv/bin
COMPILE := $(BIN)/python -m compileall -qq -j 0 .venv/lib services gateway deploy || true # on all cores, which pip does not

.PHONY: up up-distributed test test-embedded check lint types architecture bench lock schema clean

up: .venv/.run ## one process, no server needed
	@$(BIN)/yishi up

up-distributed: .venv/.run ## Apache Kafka, PostgreSQL, one process per service
	@$(BIN)/yishi up-distributed

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Yishi needs Python 3.11 ($(PYTHON) was not found): install it, or name it as make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Yishi runs on Python 3.11; $(PYTHON) is another version"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.run: .venv/bin/python requirements.lock requirements-install.lock
	@test -e .venv/.dev || deploy/install.sh requirements.lock
	@$(COMPILE)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/bin/python requirements-dev.lock requirements-install.lock
	@deploy/install.sh requirements-dev.lock
	@$(COMPILE)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch .venv/.run $@

check: lint types architecture

lint: .venv/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: .venv/.dev
	@$(BIN)/mypy

architecture: .venv/.dev
	@$(BIN)/lint-imports --no-cache && $(BIN)/yishi schema --check

test: .venv/.dev ## lint, types, architecture and all tests on both systems; needs Java 17, Maven and PostgreSQL 15, and says how to get them
	@$(BIN)/yishi doctor --need-distributed
	@$(BIN)/python -m tests.run

test-embedded: .venv/.dev ## needs Python alone
	@$(BIN)/python -m tests.run -m "not kafka"

bench: .venv/.dev ## ratios in one run; asserts nothing
	@$(BIN)/pytest tests/bench -s

schema: .venv/.dev ## write the generated documents
	@$(BIN)/yishi schema --write

lock: .venv/.dev ## new versions: edit requirements*.in first
	@for name in requirements requirements-dev requirements-install; do $(BIN)/uv pip compile -q --upgrade --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header $$name.in -o $$name.lock; done

clean:
	rm -rf .venv data build *.egg-info .mypy_cache .ruff_cache .hypothesis
