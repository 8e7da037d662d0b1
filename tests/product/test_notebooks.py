"""The notebooks of examples/notebooks run from their first cell to the last, and show what is committed with them."""

from pathlib import Path

import nbformat
import pytest

from scripts.run_notebooks import FOLDER, execute, joined

LARGEST = 200_000  # bytes, with outputs
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_four() -> None:
    assert len(NOTEBOOKS) == 4


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path) -> None:
    """And each cell shows as many things of the same kind as before."""
    committed = nbformat.read(path, as_version=4)
    made = execute(path, tmp_path)
    assert [kinds(cell) for cell in made.cells] == [kinds(cell) for cell in committed.cells]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_with_small_outputs(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert path.stat().st_size < LARGEST
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert sum(len(cell.outputs) for cell in cells) >= len(cells) // 2


def kinds(cell: nbformat.NotebookNode) -> list[list[str]]:
    """Of each output what it is."""
    outputs = joined(cell.get("outputs", []))
    return [sorted({*output.get("data", [output.get("name")])} - {"image/jpeg"}) for output in outputs]
