# make run: the sample publication, from nothing. make test: everything that CI checks, from nothing.
# make soak: kill -9, five hundred times.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check format soak clean

$(VENV)/run.stamp: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --group dev
	@touch $@

run: $(VENV)/run.stamp
	@$(BIN)/python examples/run_sample.py

test check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto

# 500 kills on each database, at moments that another PUBLISHER_SEED moves.
soak: $(VENV)/dev.stamp
	PUBLISHER_KILLS=500 $(BIN)/pytest -n 2 tests/test_soak.py

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist
