# The project's chores. Each sets up what it needs, and does so once: a second run with nothing changed needs no network.
#
#   make test ARGS="tests/text -k splice"      arguments for pytest
#   make demo PYTHON=/opt/python3.12/bin/python3   which Python .venv is made from (3.11 or newer)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test fuzz simulate lint docs bench dist pyz sbom notes pins clean
# All targets share one .venv; `make -j` gains nothing by setting it up twice at once.
.NOTPARALLEL:

ARGS =
MINUTES =
RUNS =
SEED =
WORKERS = auto
PYTHON =
EXTRAS =
VERSION =
UPGRADE =
BENCH = $(sort $(filter-out benchmarks/_%,$(wildcard benchmarks/*.py)))

export PYTHON
# What another Python was told must not reach ours.
unexport PYTHONPATH PYTHONHOME

help: ## list these targets
	@sed -n 's/^\([a-z]*\):[^#]*## */  make \1\t/p' Makefile | expand -t 16

demo: ## set up .venv and run the main job in a sandbox of its own
	@.ci/venv
	@.venv/bin/promote demo "$$(mktemp -d "$${TMPDIR:-/tmp}/promote-demo.XXXXXX")/sandbox"

test: ## set up .venv and the servers that the tests start, then run the tests (ARGS, WORKERS)
	@.ci/components
	@.ci/venv test
	@.venv/bin/python -m pytest -n $(WORKERS) --maxprocesses 4 $(ARGS)

fuzz: ## the property tests with fresh examples, again and again, until one fails or MINUTES are over (ARGS)
	@.ci/components
	@.ci/venv test
	@end=$$((SECONDS + 60 * $(or $(MINUTES),1000000))); round=0; \
	while [ $$SECONDS -lt $$end ]; do \
	  round=$$((round + 1)); echo "== round $$round"; \
	  .venv/bin/python -m pytest -q -n $(WORKERS) --maxprocesses 4 --hypothesis-profile=fuzz -m hypothesis $(ARGS); \
	done

simulate: ## crowds of writers, failing servers, killed runs, pipelines: far more of them than the tests have (RUNS, SEED)
	@.ci/components
	@.ci/venv test
	@.venv/bin/python -m tests.simulate $(or $(RUNS),300) $(or $(SEED),0)

lint: ## ruff, and mypy in its strict mode
	@.ci/venv dev
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/mypy .ci/*.py

docs: ## the pages of docs/ as a site in build/site; a link that leads nowhere ends it
	@.ci/venv dev
	@NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs build --quiet --strict --clean

bench: ## run the scripts in benchmarks/, or one: BENCH=benchmarks/startup.py
	@[ -n "$(BENCH)" ] || { echo "there is nothing in benchmarks/" >&2; exit 1; }
	@.ci/components
	@.ci/venv test
	@for script in $(BENCH); do \
	  name=$${script#benchmarks/}; echo "== $${name%.py}"; .venv/bin/python -m "benchmarks.$${name%.py}"; \
	done

dist: ## a wheel and a source distribution, in dist/
	@.ci/venv test
	@rm -rf build dist/*.whl dist/*.tar.gz
	@.venv/bin/python -m build --no-isolation --outdir dist .

pyz: dist ## promote as one file, for this Python on this kind of machine, in dist/ (EXTRAS)
	@.venv/bin/python .ci/pyz.py dist/*.whl dist $(EXTRAS)

sbom: ## the bill of materials of what promote runs on, CycloneDX in JSON, on stdout (EXTRAS)
	@.ci/venv test
	@.venv/bin/python .ci/sbom.py $(EXTRAS)

notes: ## the release notes of a version, from CHANGELOG.md (VERSION)
	@.ci/venv
	@.venv/bin/python .ci/notes.py $(VERSION)

pins: ## write what is installed into .ci/pins.txt; the newest of everything with UPGRADE=1
	@[ -z "$(UPGRADE)" ] || { rm -rf .venv; : >.ci/pins.txt; }
	@.ci/venv dev
	@.venv/bin/python .ci/pins.py >.ci/pins.new
	@mv .ci/pins.new .ci/pins.txt

clean: ## remove .venv, caches and what builds leave behind
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist ./*.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
