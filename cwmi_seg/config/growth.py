"""Configs of strangers that would grow: by the aliases of YAML, or by ``${...}`` of values that hold ``${...}``."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cwmi_seg.files.stored_yaml import LIMIT, refuse_bomb
from cwmi_seg.mistakes import Mistake

_REFERENCE = re.compile(r"\$\{\s*(\.*)([\w.\[\]]+)\s*\}")
_LEVELS = ("*.yaml", "*/*.yaml", "*/*/*.yaml")  # groups of configs and their choices; no search through all data

Key = tuple[str, ...]


def refuse_config_bombs(arguments: Sequence[str]) -> None:
    """Check the files in the folder of ``--config-dir``, before Hydra reads them.

    Raises:
        ValueError: one is a bomb, see :func:`~cwmi_seg.files.stored_yaml.refuse_bomb`.
    """
    from hydra._internal.utils import get_args_parser

    folder = get_args_parser().parse_known_args(list(arguments))[0].config_dir
    for pattern in _LEVELS if folder else ():
        for path in sorted(Path(folder).glob(pattern)):
            refuse_bomb(path)


def refuse_growth(config: Any) -> None:
    """Check the length that the values of a config have when every ``${...}`` is replaced, before any is.

    Args:
        config: plain dicts and lists, not resolved.

    Raises:
        ValueError: one has more characters than ``LIMIT`` of :mod:`cwmi_seg.files.stored_yaml`.
    """
    sizes: dict[Key, int] = {}
    leaves = dict(_leaves(config, ()))
    for path in leaves:
        if (size := _size(path, leaves, sizes)) > LIMIT:
            raise Mistake(
                f"{'.'.join(path)}: expected at most {LIMIT:,} characters with every ${{...}} replaced, got {size:,}; "
                "do not trust this config."
            )


def _leaves(node: Any, path: Key) -> Iterator[tuple[Key, Any]]:
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _leaves(value, (*path, str(key)))
    else:
        yield path, node


def _size(path: Key, leaves: dict[Key, Any], sizes: dict[Key, int]) -> int:
    """Characters of all that is at or below ``path``; nothing where it is reached again on the way."""
    if path not in sizes:
        sizes[path] = 0
        own = [path] if path in leaves else [leaf for leaf in leaves if leaf[: len(path)] == path]
        sizes[path] = sum(_text_size(leaf, leaves, sizes) for leaf in own)
    return sizes[path]


def _text_size(leaf: Key, leaves: dict[Key, Any], sizes: dict[Key, int]) -> int:
    text = str(leaves[leaf])
    references = (_target(leaf, dots, name) for dots, name in _REFERENCE.findall(text))
    return len(text) + 1 + sum(_size(target, leaves, sizes) for target in references)


def _target(leaf: Key, dots: str, name: str) -> Key:
    """Where ``${name}`` leads; dots in front of the name start from the node that holds the value."""
    parts = tuple(part for part in re.split(r"[.\[\]]", name) if part)
    return (*leaf[: len(leaf) - len(dots)], *parts) if dots else parts
