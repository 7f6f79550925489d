# `make demo` needs nothing but Python 3.11 or newer and a package index.
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check install --quiet --require-virtualenv
UV_COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade

.PHONY: demo run test stories chaos bench lint format lock clean
demo: $(VENV)/run
	$(VENV)/bin/weaudit demo --keep

run: $(VENV)/run
	$(VENV)/bin/weaudit up

test: $(VENV)/dev $(VENV)/browser $(VENV)/node/ready
	$(VENV)/bin/python -m pytest -n 2

# More stories than `make test` draws, on SQLite and PostgreSQL: make stories N=5000
N ?= 1000
stories: $(VENV)/dev
	STORIES=$(N) $(VENV)/bin/python -m pytest tests/test_stories.py

# A whole weaudit on servers of its own, broken in every way that we know of: a line a fault, and 1 if one does not hold.
# One kind of fault alone: make chaos K=redis; more changed pushes: make chaos N=1000000
K ?=
chaos: N = 20000
chaos: $(VENV)/dev $(VENV)/servers
	N=$(N) $(VENV)/bin/python -m tests.chaos -k "$(K)"

# What the lines of chaos need besides RabbitMQ, Redis and PostgreSQL; without it a line says what is missing.
$(VENV)/servers: tests/chaos/former.lock | $(VENV)/bin/python
	$(PIP) --require-hashes --no-deps --upgrade --target $(VENV)/former --requirement tests/chaos/former.lock
	command -v pgbouncer || test -x /usr/sbin/pgbouncer || apt-get install --yes --quiet pgbouncer || true
	touch $@

# weaudit beside a bare endpoint and what people build today, in turns, for some ten minutes: make bench K=relay
# On a database with many pushes beside an empty one, with 12 GB of disk: make bench N=5000000
bench: N = 0
bench: $(VENV)/dev $(VENV)/bench/ready
	$(VENV)/bin/python -m tests.bench -k "$(K)" --rows $(N)

# The peers, in an environment of their own; wrk makes the load, nginx answers as WeChat.
$(VENV)/bench/ready: tests/bench/peers/peers.lock
	$(PYTHON) -m venv $(VENV)/bench
	$(VENV)/bench/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes --requirement $<
	{ command -v wrk && command -v nginx; } || apt-get install --yes --quiet wrk nginx-light || true
	touch $@

# The console is tested in a real browser, and what is installed from deploy/ by the programs that read it.
$(VENV)/browser: | $(VENV)/bin/python
	command -v chromium || apt-get install --yes --quiet chromium || true
	{ command -v promtool && command -v nginx && command -v sqlite3; } || apt-get install --yes --quiet --no-install-recommends prometheus nginx-light sqlite3 || true
	touch $@

# The subscriber that is written for Node is run, and AsyncAPI's document read by its own parser.
$(VENV)/node/ready: tests/support/node/package-lock.json | $(VENV)/bin/python
	mkdir -p $(VENV)/node
	cp tests/support/node/package.json tests/support/node/package-lock.json $(VENV)/node
	{ command -v npm && npm ci --prefix $(VENV)/node --ignore-scripts --no-audit --no-fund && touch $@; } || true

lint: $(VENV)/dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python -m tests.support.audit

format: $(VENV)/dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

lock:
	$(UV_COMPILE) --group build --output-file requirements.lock
	$(UV_COMPILE) --group dev --output-file requirements-dev.lock

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "weaudit needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

# The stamps record which lock is installed; a changed lock installs again.
$(VENV)/run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) --require-hashes --requirement requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) --require-hashes --requirement requirements-dev.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/run
