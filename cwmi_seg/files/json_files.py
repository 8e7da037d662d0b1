"""Small JSON files that a reader never sees half written."""

import json
from pathlib import Path
from typing import Any

from cwmi_seg.files.atomic import write_text
from cwmi_seg.mistakes import Mistake

DEPTH = 50
"""Levels of nesting that are read; the files of this package have fewer than ten."""


def write_json(path: Path, data: object) -> None:
    """Replace the content of ``path`` by data as JSON."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read the content; None where there is no file, or no valid JSON in it."""
    try:
        return parse_json(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None


def parse_json(text: str) -> Any:
    """The value of a JSON text, nested so little that it can be walked through.

    Raises:
        ValueError: no JSON, or more than ``DEPTH`` levels.
    """
    try:
        data = json.loads(text)
    except RecursionError:
        raise _too_deep() from None
    # level by level, so that the check itself cannot recurse too deep
    level = [data]
    for _ in range(DEPTH):
        level = [part for node in level for part in _parts(node)]
        if not level:
            return data
    raise _too_deep()


def _parts(node: object) -> list[object]:
    """The dicts and lists in a dict or list."""
    if isinstance(node, dict):
        node = list(node.values())
    return [value for value in node if isinstance(value, dict | list)] if isinstance(node, list) else []


def _too_deep() -> Mistake:
    return Mistake(f"expected at most {DEPTH} levels of nesting, got more")
