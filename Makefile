# make train: set up .venv and run the main job, ARGS are overrides; make test: set up .venv and run the tests; make lint: style and types.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: train test lint
.venv/.done: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	touch $@

train: .venv/.done
	$(BIN)/python -m cwmi_seg.train $(ARGS)

test: .venv/.done
	$(BIN)/python -m pytest -q $(ARGS)

lint: .venv/.done
	$(BIN)/ruff check .
	$(BIN)/mypy
