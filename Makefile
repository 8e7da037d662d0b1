# make train: set up .venv and run the main job; make test: set up .venv and run the tests; make lint: style and types.
# ARGS are overrides: make train ARGS="loss=dice trainer.max_epochs=3"
PYTHON ?= python3
BIN := .venv/bin

.PHONY: train test lint
.venv/.done: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt torch torchvision
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

train: .venv/.done
	$(BIN)/cwmi-train experiment=quickstart $(ARGS)

test: .venv/.done
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 $(ARGS)

lint: .venv/.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
