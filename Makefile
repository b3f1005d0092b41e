# `make run` and `make test` work on a fresh clone; the other targets are for everyday work.
# Needs python3 (3.11 or newer) with venv, and nothing else.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
EMULATORS := tests/emulators/__main__.py
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
PIP := $(PY) $(PIP_INSTALL)
# Tools that write and judge the requirements have an environment of their own (docs/dependencies.md).
AUDIT := .audit
LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" $(AUDIT)/bin/uv pip compile --quiet --no-config --universal \
	--python-version 3.11 --default-index https://pypi.org/simple --generate-hashes --annotation-style line


.PHONY: run install test dev check lock audit bench soak demo-payments clean

run: $(VENV)/runtime-installed
	@deploy/system-packages.sh run
	@exec $(PY) -m webdoc_app serve

# What `run` prepares, without serving: for a service manager (docs/operating.md).
install: $(VENV)/runtime-installed
	@deploy/system-packages.sh run

# Tests of one process share the cores; those that start servers and browsers come after, one at a time.
SERVERS := tests/browser tests/commands tests/faults tests/live tests/serving
ONE_PROCESS := tests $(addprefix --ignore=,$(SERVERS))

test: $(VENV)/tools-installed
	@deploy/system-packages.sh test
	@$(PY) -m pytest -n 2 --dist loadfile $(ONE_PROCESS); inside=$$?; \
		$(PY) -m pytest $(SERVERS); servers=$$?; exit $$((inside | servers))

# The real server, built and restarted at each change: what is seen is what will be served.
dev: $(VENV)/runtime-installed
	@exec $(VENV)/bin/watchfiles --sigint-timeout 15 --ignore-paths assets/external \
		"$(PY) -m webdoc_app serve" webdoc_app assets rxconfig.py

check: $(VENV)/tools-installed
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# The pinned requirements with what they bring along and the hashes of all files. What is pinned already stays.
lock: $(AUDIT)/installed
	$(LOCK) requirements.in --output-file requirements.txt
	$(LOCK) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) requirements-audit.in --output-file requirements-audit.txt

# Known holes in what is installed: 0 none, 1 there are, 3 nobody could be asked.
audit: $(AUDIT)/installed
	@$(AUDIT)/bin/python deploy/audit.py requirements.txt requirements-dev.txt

bench: $(VENV)/tools-installed
	@deploy/system-packages.sh test
	@exec $(PY) -m bench

# What is tried for a moment in `make test` and goes on for long here.
soak: $(VENV)/tools-installed
	@deploy/system-packages.sh test
	@WEBDOC_SOAK=1 $(PY) -m pytest tests/faults/test_floods.py tests/browser/test_walks.py tests/payments/test_strangers.py

# `make run` with emulators of the payment providers, the demo company connected to all of them.
demo-payments: $(EMULATORS) $(VENV)/tools-installed
	@deploy/system-packages.sh run
	@exec $(PY) -m tests.emulators

$(EMULATORS):
	@echo "The payment emulators are not part of this version: $@ is missing" >&2; exit 1

# Data and the virtual environment stay.
clean:
	rm -rf .web .pages .states assets/external .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python's venv is missing, type: sudo apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime-installed: requirements.txt | $(PY)
	@echo "Installing the pinned requirements (once)…" >&2
	@$(PIP) --requirement requirements.txt
	@touch $@

$(VENV)/tools-installed: requirements-dev.txt requirements.txt | $(PY)
	@echo "Installing the pinned requirements of tests and tools (once)…" >&2
	@$(PIP) --requirement requirements-dev.txt
	@touch $@ $(VENV)/runtime-installed

$(AUDIT)/installed: requirements-audit.txt
	@echo "Installing what locks and audits the requirements (once)…" >&2
	@$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python $(PIP_INSTALL) --requirement requirements-audit.txt
	@touch $@
