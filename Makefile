# make run   installs, builds the web client, starts everything on SQLite, prints the address
# make test  installs what the tests need, checks, and runs every test
# make check format, lint, types, layers, generated code
# make bench every benchmark; the last line of each is JSON

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check bench schema web install format clean lock

run: $(STAMPS)/python $(STAMPS)/web
	$(BIN)/hutong serve $(ARGS)

# Python's venv is a package of its own on Debian; everything after that comes with hashes.
$(STAMPS)/venv: requirements.lock
	@mkdir -p $(STAMPS)
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(SUDO) apt-get install -y python3-venv
	[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	touch $@

$(STAMPS)/python: $(STAMPS)/venv requirements-build.lock requirements.lock pyproject.toml
	$(BIN)/pip install -q --require-hashes -r requirements-build.lock
	$(BIN)/pip install -q --require-hashes -r requirements.lock
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	touch $@

$(STAMPS)/python-dev: $(STAMPS)/python requirements-dev.lock
	$(BIN)/pip install -q --require-hashes --no-build-isolation -r requirements-dev.lock
	touch $@

$(STAMPS)/node: web/package-lock.json
	@mkdir -p $(STAMPS)
	cd web && npm ci --no-audit --no-fund --loglevel=error
	touch $@

$(STAMPS)/web: $(STAMPS)/node $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
	cd web && npm run -s build
	touch $@

web: $(STAMPS)/web

# Browsers and servers the tests talk to; they start and stop them themselves.
$(STAMPS)/system: tests/debian-packages.txt
	@mkdir -p $(STAMPS)
	@missing=$$(for p in $$(grep -v '^#' tests/debian-packages.txt); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing for the tests: $$missing"; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; \
	fi
	touch $@

# What the benchmarks compare with.
$(STAMPS)/peers: bench/peers.lock
	@mkdir -p $(STAMPS)
	dpkg -s prosody coturn >/dev/null 2>&1 || { $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends prosody coturn; }
	[ -x $@-python/bin/python ] || $(PYTHON) -m venv $@-python
	$@-python/bin/pip install -q --require-hashes -r bench/peers.lock
	touch $@

install: $(STAMPS)/python-dev $(STAMPS)/node $(STAMPS)/system

test: install $(STAMPS)/web check
	cd web && npm run -s test
	$(BIN)/pytest -q -n 2 --dist loadfile

check: $(STAMPS)/python-dev $(STAMPS)/node
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --config pyproject.toml
	$(BIN)/python schema/check.py
	cd web && npm run -s check

format: $(STAMPS)/python-dev $(STAMPS)/node
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .
	cd web && npm run -s format

# Exact versions with hashes; run by hand after changing pyproject.toml.
COMPILE := $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate \
  --python-version 3.11 pyproject.toml
lock:
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 --group build -o requirements-build.lock

schema: $(STAMPS)/python-dev $(STAMPS)/node
	$(BIN)/python schema/generate.py

bench: $(STAMPS)/python-dev $(STAMPS)/peers
	@for name in $$(cd bench && ls *.py | sed 's/\.py$$//' | grep -v '^_'); do \
	  $(BIN)/python -m bench.$$name --json $(ARGS) || exit 1; \
	done

clean:
	rm -rf $(STAMPS) $(VENV) web/node_modules web/dist
