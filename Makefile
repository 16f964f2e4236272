# make run        set up, then start the studio on the embedded model
# make test       set up, then run all tests
# make test-fast  the tests but for the slow ones, on all cores
# make check      lint, format and types; warns of long modules and functions
# make lock       write the lock files anew from requirements*.txt; UPGRADE=--upgrade takes newer versions
# make audit      check the lock file: licences, and known vulnerabilities; ADVISORIES=all.zip (of OSV) needs no network
# make sbom       write sbom.json, the bill of materials of the lock file (CycloneDX)
# make space      a dry run of a Hugging Face Space: a fresh Python 3.12, requirements.txt, app.py as a Space starts it
# make screenshots  start the studio and save the pictures of docs/screenshots/ (needs Chromium)
# make clean      remove what the other targets made
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test test-fast check lock audit sbom space screenshots clean

run: $(VENV)/run.installed
	$(BIN)/python app.py

# Browsers by themselves: one that waits for a core looks like a page that does not answer.
test: $(VENV)/dev.installed
	$(BIN)/python -m pytest -m "not browser" -n auto --dist worksteal
	$(BIN)/python -m pytest -m browser

test-fast: $(VENV)/dev.installed
	$(BIN)/python -m pytest -m "not slow" -n auto --dist worksteal

check: $(VENV)/dev.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@$(BIN)/python -m tests.sizes

audit: $(VENV)/run.installed
	$(BIN)/python .ci/supply.py licences requirements.lock
	@[ -n "$(ADVISORIES)" ] || $(PYTHON) -m venv $(VENV)/audit
	@[ -n "$(ADVISORIES)" ] || $(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	PATH="$(CURDIR)/$(VENV)/audit/bin:$$PATH" $(BIN)/python .ci/supply.py vulnerabilities requirements.lock $(ADVISORIES)

sbom: $(VENV)/run.installed
	$(BIN)/python .ci/supply.py sbom requirements.lock sbom.json

# The Python that README.md names for the Space; SPACE_PYTHON says where it is.
SPACE_PYTHON ?= python3.12

space: $(VENV)/dev.installed
	@$(SPACE_PYTHON) --version || { echo "Install Python 3.12, or say where it is: make space SPACE_PYTHON=..."; exit 1; }
	$(SPACE_PYTHON) -m venv --clear $(VENV)/space
	$(VENV)/space/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	SAFELIGHT_SPACE_PYTHON=$(VENV)/space/bin/python $(BIN)/python -m pytest tests/test_space.py

screenshots: $(VENV)/dev.installed
	$(BIN)/python docs/take_screenshots.py

clean:
	rm -rf $(VENV) build dist sbom.json *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Safelight needs Python 3.11 or newer." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# The lock files name versions and hashes for the Python and the platform that the tests run on, and are used there.
# Anywhere else pip chooses among what requirements*.txt allow.
LOCKED_FOR := CPython 3.11 on Linux x86_64 with glibc
THIS_PYTHON := import platform as p; print(p.python_implementation(), ".".join(p.python_version_tuple()[:2]), \
	"on", p.system(), p.machine(), "with", p.libc_ver()[0])

define install
@if [ "$$($(BIN)/python -c '$(THIS_PYTHON)')" = "$(LOCKED_FOR)" ]; then \
	echo "Installing from $(1).lock"; \
	$(PIP) --require-hashes -r $(1).lock; \
else \
	echo "$(1).lock is for $(LOCKED_FOR). Installing from $(1).txt instead"; \
	$(PIP) -r $(1).txt; \
fi
endef

$(VENV)/run.installed: requirements.txt requirements.lock | $(BIN)/python
	$(call install,requirements)
	touch $@

$(VENV)/dev.installed: requirements.txt requirements-dev.txt requirements-dev.lock | $(BIN)/python
	$(call install,requirements-dev)
	touch $@ $(VENV)/run.installed

# Pins that still fit stay. uv asks PyPI, whatever this machine's pip is set up with, and no address gets into the files.
COMPILE = $(BIN)/uv pip compile --quiet $(UPGRADE) --generate-hashes --no-config --no-emit-index-url \
	--no-emit-find-links --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
	--custom-compile-command "make lock   (for $(LOCKED_FOR))"

lock: | $(BIN)/python
	$(PIP) uv
	$(COMPILE) requirements.txt --output-file requirements.lock
	$(COMPILE) requirements-dev.txt --constraint requirements.lock --output-file requirements-dev.lock
