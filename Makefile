# Two commands: `make demo` shows what socialbot does, `make test` proves it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-slow test-pds crash benchmarks clean

demo: .venv/ready
	$(BIN)/socialbot demo

test: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses auto --dist worksteal

test-slow: .venv/ready-dev
	$(BIN)/pytest -m slow

test-pds: .venv/ready-dev
	$(BIN)/python -m pytest -m pds -rs tests/pds

crash: .venv/ready-dev
	$(BIN)/python -m tests.crash $(CRASH)

benchmarks: .venv/ready-dev
	$(BIN)/python benchmarks/captions.py
	$(BIN)/python benchmarks/crops.py
	$(BIN)/python benchmarks/delivery.py --quick
	$(BIN)/python benchmarks/disclosure.py
	$(BIN)/python benchmarks/pictures.py
	$(BIN)/python benchmarks/scale.py --accounts 1000 --days 4 --peak 300 --short
	$(BIN)/python benchmarks/spine.py
	$(BIN)/python benchmarks/timetable.py

clean:
	rm -rf .venv build dist *.egg-info

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/ready: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/ready-dev: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[c2pa,heif,notices,postgres,s3,dev]"
	@touch $@ .venv/ready
