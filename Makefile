# make run    open the web page on the embedded sample   make test   all tests
# make sample the same on the command line: out/sample   make check  ruff and mypy
# make bench  the comparison with peers
# Each makes its own virtual environment from pinned versions. Python 3.11 or newer.

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN = Scripts
else
BIN = bin
endif

.PHONY: run sample test check bench clean

run: .venv/ready
	.venv/$(BIN)/python app.py

sample: .venv/ready
	.venv/$(BIN)/hongtu coverage --out out/sample --format geojson,gpkg

test: .venv-test/ready
	.venv-test/$(BIN)/python -m pytest -n auto --dist loadfile

check: .venv-test/ready
	.venv-test/$(BIN)/ruff check .
	.venv-test/$(BIN)/ruff format --check .
	.venv-test/$(BIN)/mypy

bench: .venv-bench/ready
	.venv-bench/$(BIN)/python -m benchmarks

.venv/ready: requirements/run.txt pyproject.toml
.venv-test/ready: requirements/run.txt requirements/dev.txt pyproject.toml
.venv-bench/ready: requirements/run.txt requirements/dev.txt requirements/bench.txt pyproject.toml

.venv/ready: PINS = requirements/run.txt
.venv-test/ready: PINS = requirements/dev.txt
.venv-bench/ready: PINS = requirements/bench.txt

.venv/ready .venv-test/ready .venv-bench/ready:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Hongtu needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(@D)
	$(@D)/$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(PINS)
	$(@D)/$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

clean:
	rm -rf .venv .venv-test .venv-bench out .pytest_cache .mypy_cache .ruff_cache .hypothesis
