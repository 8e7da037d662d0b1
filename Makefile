# make test: set up .venv and run the tests; make lint: style and types.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: test lint
.venv/.done: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	touch $@

test: .venv/.done
	$(BIN)/python -m pytest -q $(ARGS)

lint: .venv/.done
	$(BIN)/ruff check .
	$(BIN)/mypy
