# make train: set up .venv and run the main job; make test: set up .venv and run the tests; make lint: style, types, imports.
# make test ARGS=--slow: with those that take seconds each.
# make docs: the documentation site; make dist: the files of a release.
# ARGS are overrides: make train ARGS="loss=dice trainer.max_epochs=3"
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install -q --disable-pip-version-check
# worksteal: the tests of a file stay in one process, so that what they share is made once
PYTEST := $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal

.PHONY: train test coverage lint docs dist test-lowest
$(VENV)/.done: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -c constraints.txt torch torchvision
	$(PIP) -c constraints.txt -e '.[dev]'
	touch $@

train: $(VENV)/.done
	$(BIN)/cwmi-train experiment=quickstart $(ARGS)

test: $(VENV)/.done
	$(PYTEST) $(ARGS)

# The same with the share of the lines that ran, which may not fall below the floor in pyproject.toml
coverage: $(VENV)/.done
	$(PYTEST) --cov --cov-report=term:skip-covered $(ARGS)

lint: $(VENV)/.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases examples scripts tests
	$(BIN)/python scripts/check_imports.py

# The documentation in site/, from docs/ and the docstrings; a warning is an error. Open site/index.html
docs: $(VENV)/.done
	$(BIN)/python scripts/build_site.py

# What is uploaded at a release, checked and not uploaded: dist/*.tar.gz and *.whl (CONTRIBUTING.md)
dist: $(VENV)/.done
	rm -rf dist
	$(PIP) -c constraints.txt build twine
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

# make test-3.12: the tests on another Python, in an environment of its own
test-3.%:
	$(MAKE) test PYTHON=python3.$* VENV=.venv-3.$*

# The oldest versions that pyproject.toml allows: of the package and its extras, not of the tools that test it
LOWEST := .venv-lowest
EXTRAS := docs joblib monai notebooks onnx slurm topology volumes workspaces
test-lowest:
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/pip install -q --disable-pip-version-check uv
	$(LOWEST)/bin/uv pip compile -q --resolution lowest-direct $(addprefix --extra ,$(EXTRAS)) pyproject.toml \
		-o $(LOWEST)/versions.txt
	$(LOWEST)/bin/uv pip install -q -p $(LOWEST)/bin/python -r $(LOWEST)/versions.txt
	$(LOWEST)/bin/uv pip install -q -p $(LOWEST)/bin/python -c $(LOWEST)/versions.txt --no-deps -e .
	$(LOWEST)/bin/uv pip install -q -p $(LOWEST)/bin/python hypothesis hatchling pyrtools pytest pytest-xdist
	$(LOWEST)/bin/python -m pytest -q -n auto --maxprocesses 4 -W default $(ARGS)
