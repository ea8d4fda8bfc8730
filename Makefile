PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
SUITE ?= suites/marketplace.yaml
EXTRAS := deep,dev
test check: EXTRAS := deep,rank,prepare,r,llm,track,serve,postgres,redis,dev
clusters: EXTRAS := deep,rank,prepare,r,ray,spark,dev
demo: EXTRAS := deep,rank,serve

.PHONY: run demo test clusters check bench docs setup help
.DEFAULT_GOAL := help

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup:  ## make .venv and install what the other targets need
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or later is needed, and none was found"; exit 1; fi
	@$(PYTHON) scripts/make_venv.py $(EXTRAS)

run: setup  ## the main job: which remedy pays on the built-in shop; ends with a leaderboard and a report
	@$(BIN)/longshelf run $(SUITE)

demo: setup  ## a shop with visitors: benchmark, service, storefront, monitor and a trial; Ctrl-C ends it
	@$(BIN)/python scripts/demo.py

test: setup  ## every test that needs no network and starts no cluster
	@$(BIN)/python scripts/system_packages.py
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not cluster"

clusters: setup  ## the tests on a local Spark and a local Ray cluster of two nodes
	@$(BIN)/python -m pytest -m cluster tests/prepare tests/experiment

check: setup  ## style, types, import order, and docs that match the code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python scripts/catalogue.py --check

bench: setup  ## speed beside what a practitioner would write
	@$(BIN)/python benchmarks/fashion_grid.py

docs: setup  ## regenerate the catalogue and the results pages
	@$(BIN)/python scripts/catalogue.py
	@$(BIN)/python scripts/results_pages.py
