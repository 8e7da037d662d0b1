"""Which folder of the package imports which, by level; fails where imports run in a circle.

    python scripts/check_imports.py

A folder, or a module that lies beside the folders, stands one level above the highest that it imports, so that the
only import upwards is one that closes a circle. Imports inside functions and for type checking count as well.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "cwmi_seg"
ROOMS = {path.stem for path in PACKAGE.iterdir()}


def main() -> int:
    """Print the rooms from the bottom to the top; 1 if some import each other in a circle."""
    below = imports()
    levels = levels_of(below)
    for room, level in sorted(levels.items(), key=lambda item: item[::-1]):
        print(f"{level:2d} {room:14s} imports {', '.join(sorted(below[room])) or 'nothing'}")
    circle = sorted(set(below) - set(levels))
    for room in circle:
        print(f" ! {room:14s} imports {', '.join(sorted(below[room]))}")
    if circle:
        print(f"{', '.join(circle)}: expected imports in one direction, got a circle; move down what they share.")
    return int(bool(circle))


def imports() -> dict[str, set[str]]:
    """For each room the others that it imports."""
    below: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        below.setdefault(room, set()).update(other for other in imported(path) if other != room)
    return below


def imported(path: Path) -> Iterator[str]:
    """The room of every name of the package that a file imports; ``__init__`` for the package's own names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == PACKAGE.name:
                yield room if (room := rest.partition(".")[0]) in ROOMS else "__init__"


def levels_of(below: dict[str, set[str]]) -> dict[str, int]:
    """The level of every room that neither lies in a circle nor imports one that does."""
    levels: dict[str, int] = {}
    while ready := [room for room in below if room not in levels and below[room] <= set(levels)]:
        levels.update({room: 1 + max((levels[other] for other in below[room]), default=0) for room in ready})
    return levels


if __name__ == "__main__":
    sys.exit(main())
