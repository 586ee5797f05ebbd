# homestream: `make run` for music, `make test` for proof. Everything goes into this folder.

PYTHON ?= python3
PORT ?= 4747
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run demo test check bench lock clean install install-test

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make run MUSIC=/path/to/music  serves that folder; without it, generated demo music"
	@echo "  also: PORT=4747 HOST=0.0.0.0 CONFIG=config.toml DATA=var"

# where no configuration file is given, everything is kept in ./var
DATA ?= var
ifdef CONFIG
export HOMESTREAM_CONFIG := $(abspath $(CONFIG))
else
export HOMESTREAM_DATA_PATH ?= $(abspath $(DATA))
endif
ifeq ($(origin PORT), file)
RUN_PORT := $(if $(CONFIG),,$(PORT))
else
RUN_PORT := $(PORT)
endif

run: install  ## install what is needed and run the server (MUSIC=, PORT=, CONFIG=)
	@$(if $(RUN_PORT),HOMESTREAM_SERVER_PORT=$(RUN_PORT)) \
	 $(if $(HOST),HOMESTREAM_SERVER_HOST=$(HOST)) \
	 $(if $(MUSIC),HOMESTREAM_LIBRARY_0_NAME=Music HOMESTREAM_LIBRARY_0_PATH='$(abspath $(MUSIC))') \
	 $(BIN)/homestream serve $(if $(MUSIC)$(CONFIG),,--demo)

test: install-test  ## install what the tests need and run them all
	@./.ci/test

check: install-test  ## the fast part: style, layers, types, scripts
	@./.ci/check

bench: install-test  ## measure, side by side; writes benchmarks/report/
	@$(BIN)/python -m benchmarks

install: $(VENV)/run.stamp

install-test: $(VENV)/test.stamp

$(VENV)/python.stamp:
	@./.ci/venv "$(PYTHON)" $(VENV)
	@touch $@

$(VENV)/run.stamp: $(VENV)/python.stamp requirements/run.lock requirements/build.lock requirements/node.lock pyproject.toml hatch_build.py web/package-lock.json web/icons.txt
	@echo "Installing homestream ..."
	@$(PIP) -r requirements/run.lock -r requirements/build.lock
	@command -v npm >/dev/null || $(PIP) -r requirements/node.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp requirements/test.lock
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements/test.lock
	@./.ci/system
	@touch $@

lock:  ## renew the lock files of Python's packages (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --python-version 3.11 --extra fast pyproject.toml -o requirements/run.lock
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --python-version 3.11 --extra fast --extra test pyproject.toml -o requirements/test.lock
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --python-version 3.11 requirements/build.in -o requirements/build.lock
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --python-version 3.11 requirements/node.in -o requirements/node.lock

clean:  ## remove what was installed and built (keeps var/, where the data is)
	rm -rf $(VENV) web/node_modules web/vendor build dist .mypy_cache .ruff_cache .pytest_cache
