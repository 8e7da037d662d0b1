"""Lists of the names of each part, a name a line, as ``ImageSets/Segmentation/train.txt`` of Pascal VOC."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cwmi_seg.datasets.layouts.tables import part_forms, tables_of
from cwmi_seg.mistakes import Mistake

ENDING = ".txt"
Listed = Mapping[str, str]
"""Part of each name, which is in small letters."""


def read_lists(root: Path, table: str) -> Listed:
    """The part of each name.

    Args:
        root: Raw folder.
        table: The lists, with ``{part}`` for the part.

    Raises:
        FileNotFoundError: There is no list.
        ValueError: A list has something else than a name a line, or a name is in two.
    """
    lists = [(part, path) for part, path in tables_of(root, table) if part is not None]
    if not lists:
        raise FileNotFoundError(
            f"dataset.preparer.pairs: expected lists {table} in {root}, got none; write {{part}} for train, val, test."
        )
    found: dict[str, str] = {}
    for part, path in lists:
        for line in filter(None, map(str.strip, path.read_text(encoding="utf-8-sig").splitlines())):
            if re.search(r"\s", line):
                raise Mistake(
                    f"{path}: expected a name a line, got {line[:40]!r}; write a csv with columns image,mask."
                )
            if found.setdefault(_name(line), part) != part:
                raise Mistake(f"{path}: expected each name in one part, got {line} in two; remove it from one.")
    return found


def lists_in(root: Path, paths: Iterable[str]) -> list[tuple[str, Listed]]:
    """The lists of a folder with what they say, those of most names first."""
    forms = [form for form in part_forms(paths, ENDING) if "{part}" in form.rpartition("/")[2]]
    found = []
    for form in forms:
        try:
            found.append((form, read_lists(root, form)))
        except (OSError, ValueError):
            continue  # some other text
    return sorted(found, key=lambda each: -len(each[1]))


def named_by(listed: Listed, files: Sequence[str]) -> list[str]:
    """The files whose names, or the beginnings of them, are in the lists."""
    return [path for path in files if any(start in listed for start in _starts(_name(path)))]


def _starts(name: str) -> Iterable[str]:
    return [name, *(name[: match.start()] for match in re.finditer(r"[-_. ]", name))]


def _name(path: str) -> str:
    """The name of a file, which a list may give with folder and ending."""
    return re.sub(r"\.[A-Za-z]{3,4}$", "", path.replace("\\", "/").rpartition("/")[2]).lower()
