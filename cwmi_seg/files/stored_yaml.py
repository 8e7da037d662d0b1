"""YAML files of strangers: read as they are, nothing resolved, and refused where they would grow in memory.

Aliases let a YAML file of a kilobyte stand for billions of values (``a: &a [*b, *b]``, ``b: &b [*c, *c]``, ...), which
OmegaConf copies one by one; deep nesting ends in a ``RecursionError``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cwmi_seg.mistakes import Mistake

LIMIT = 2**20
"""Characters of the largest file, written out without aliases, ``_COST`` for every value and key besides its own."""
DEPTH = 50
"""Levels of nesting."""
_COST = 16


def load_stored(path: Path) -> Any:
    """Read the content as plain dicts, lists and values; ``${...}`` stays the text that it is.

    Raises:
        ValueError: no YAML, or beyond the bounds of :func:`refuse_bomb`.
        OSError: it cannot be read.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    refuse_bomb(path)
    try:
        return OmegaConf.to_container(OmegaConf.load(path))
    except (OmegaConfBaseException, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # of the file itself; OmegaConf raises one without for a number
            raise
        raise _damaged(path, error) from error


def refuse_bomb(path: Path) -> None:
    """Refuse a YAML file whose content, with all aliases written out, is too large or too deep, before it is made.

    Raises:
        ValueError: no YAML, more than ``LIMIT`` characters or ``DEPTH`` levels, or a value that contains itself.
    """
    _refuse_size(path, path.stat().st_size)
    try:
        for size, depth in _growth(path):
            _refuse_size(path, size)
            if depth > DEPTH:
                raise Mistake(f"{path}: expected at most {DEPTH} levels of nesting, got more; flatten it.")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error


def _refuse_size(path: Path, size: int) -> None:
    if size > LIMIT:
        raise Mistake(
            f"{path}: expected a config of at most {LIMIT:,} characters with its aliases written out, got "
            f"{size:,} or more; do not trust this file."
        )


def _damaged(path: Path, error: Exception) -> Mistake:
    return Mistake(f"{path}: cannot be read as YAML ({' '.join(str(error).split())}); copy it again.")


@dataclass
class _Node:
    """The part of a value that has been read; ``depth`` counts the levels below it."""

    anchor: str | None = None
    size: int = _COST
    depth: int = 0

    def add(self, part: "_Node") -> None:
        self.size, self.depth = self.size + part.size, max(self.depth, part.depth + 1)


def _growth(path: Path) -> Iterator[tuple[int, int]]:
    """Size and depth of all that has been read so far, after every event of the parser."""
    anchors: dict[str, _Node] = {}
    open_nodes = [_Node()]
    with path.open("rb") as file:
        for event in yaml.parse(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.CollectionStartEvent):
                open_nodes.append(_Node(event.anchor))
                anchors.pop(event.anchor or "", None)
            elif isinstance(event, yaml.CollectionEndEvent):
                _close(open_nodes.pop(), open_nodes, anchors)
            elif isinstance(event, yaml.ScalarEvent):
                _close(_Node(event.anchor, _COST + len(event.value)), open_nodes, anchors)
            elif isinstance(event, yaml.AliasEvent):
                open_nodes[-1].add(_aliased(path, str(event.anchor), anchors))
            yield sum(node.size for node in open_nodes), len(open_nodes) - 1 + open_nodes[-1].depth


def _close(node: _Node, open_nodes: list[_Node], anchors: dict[str, _Node]) -> None:
    if node.anchor is not None:
        anchors[node.anchor] = node
    open_nodes[-1].add(node)


def _aliased(path: Path, anchor: str, anchors: dict[str, _Node]) -> _Node:
    if anchor not in anchors:
        raise Mistake(f"{path}: expected *{anchor} to stand for a value that ends before it; write the value.")
    return anchors[anchor]
