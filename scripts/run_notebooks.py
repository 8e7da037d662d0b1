"""Run the notebooks of ``examples/notebooks`` and keep what they show, in place.

    python scripts/run_notebooks.py

Each runs in an empty folder. Times and numbers of processes are left out, so that the same results are the same files.
"""

import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "examples" / "notebooks"
_CHANGING = [(re.compile(r"\d+:\d\d:\d\d left"), "0:00:00 left"), (re.compile(r", \d+ threads"), ", 1 threads")]
_CHANGING += [(re.compile(r"  \d+ s$", re.M), "  4 s")]


def execute(path: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs, run in a folder.

    Raises:
        CellExecutionError: A cell raises.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}, record_timing=False
    )
    client.execute()
    return notebook


def settled(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Without what differs from run to run."""
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "code":
            cell.outputs = [_settled(output) for output in joined(cell.outputs)]
    return notebook


def joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Text that came in pieces, how many depends on the kernel, in one."""
    found: list[nbformat.NotebookNode] = []
    for output in outputs:
        if found and "name" in output and found[-1].get("name") == output.name:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def _settled(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    for pattern, text in _CHANGING if "text" in output else ():
        output.text = pattern.sub(text, output.text)
    if "image/png" in output.get("data", ()):
        output.data.pop("image/jpeg", None)  # the same picture
    return output


def main() -> int:
    """Write every notebook anew."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(settled(execute(path, Path(folder))), path)
        print(f"{path.name} {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
