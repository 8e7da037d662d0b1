"""A csv or json file that lists images with their masks."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cwmi_seg.datasets.layouts.pairs import Pair, Pairs
from cwmi_seg.datasets.layouts.words import PART_OF, with_part
from cwmi_seg.files.json_files import parse_json
from cwmi_seg.mistakes import Mistake

_COLUMNS = {
    "image": ("image", "images", "img", "image_path", "filename", "file", "image_file", "input", "image_name"),
    "mask": ("mask", "masks", "label", "mask_path", "label_path", "mask_file", "annotation", "gt", "seg", "target"),
    "part": ("part", "split", "set", "subset"),
    "group": ("group", "patient", "patient_id", "subject", "case", "person"),
    "name": ("name", "id", "image_id"),
}
Row = Mapping[str, str]
_REPAIR = "write a csv with the columns image,mask"


def by_table(root: Path, paths: Sequence[str], table: str) -> Pairs:
    """Pair files as a table says.

    Args:
        root: Raw folder.
        paths: Its files.
        table: csv with the columns image and mask (and part, group, name if there), or json: a list of such rows, such
            a list for each part, or the mask of each image. Files are found from the table's folder, from the raw
            folder, or by name alone. ``{part}`` in it stands for the part: ``{part}.csv`` for train.csv and test.csv.

    Raises:
        FileNotFoundError: No table, or a file of it is not there.
        ValueError: It says nothing of images and masks.
    """
    tables = tables_of(root, table)
    if not tables:
        raise FileNotFoundError(f"dataset.preparer.pairs: expected a csv or json {table} in {root}, got none; mend it.")
    finder = Finder(root, paths)
    pairs = [_pair(finder, path, row, part) for part, path in tables for row in rows_of(path)]
    if not pairs:
        raise Mistake(f"{tables[0][1]}: expected at least one image and mask, got none; fill it.")
    return Pairs(tuple(sorted(pairs, key=lambda pair: (pair.part or "", pair.name.lower()))))


def tables_of(root: Path, table: str) -> list[tuple[str | None, Path]]:
    """Part and path of each file that a name with or without ``{part}`` stands for; none where there is none."""
    if "{part}" not in table:
        path = root / table if (root / table).is_file() else Path(table).expanduser()
        return [(None, path)] if path.is_file() else []
    found = ((word, root / table.replace("{part}", word)) for word in PART_OF)
    return [(PART_OF[word], path) for word, path in found if path.is_file()]


def part_forms(paths: Iterable[str], ending: str) -> list[str]:
    """The names of the files of an ending, those of the parts as one with ``{part}``."""
    found = [path for path in paths if path.lower().endswith(ending)]
    forms: dict[str, set[str]] = defaultdict(set)
    for path in found:
        for form in _with_part(path):
            forms[form].add(path)
    of_parts = {form for form, files in forms.items() if len(files) > 1 or "{part}" in form.split("/")}
    return list(dict.fromkeys(next(filter(of_parts.__contains__, _with_part(path)), path) for path in found))


def _with_part(path: str) -> list[str]:
    """The path with ``{part}`` for each word in it that may be one, the words nearest to the file first."""
    components = path.split("/")
    found = []
    for place in reversed(range(len(components))):
        stem, dot, ending = components[place].partition(".")
        ways = [("", stem, "")] if stem.lower() in PART_OF else with_part(stem)
        forms = (f"{before}{{part}}{after}{dot}{ending}" for before, _, after in ways)
        found += ["/".join([*components[:place], form, *components[place + 1 :]]) for form in forms]
    return found


def rows_of(path: Path) -> list[Row]:
    """The rows of a table with the keys image and mask, and part, group and name where they are given.

    Raises:
        ValueError: it has no such columns.
    """
    try:
        rows = _json_rows(path) if path.suffix.lower() == ".json" else _csv_rows(path)
        named = [_named(row) for row in rows]
    except (ValueError, TypeError, AttributeError, csv.Error) as error:
        raise Mistake(f"{path}: cannot be read as a table ({error}); {_REPAIR}.") from None
    wrong = next((row for row in named if not {"image", "mask"} <= row.keys()), None)
    if wrong is not None or not named:
        raise Mistake(f"{path}: expected the columns image and mask, got others; {_REPAIR}.")
    return named


def _csv_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(4096)
        file.seek(0)
        delimiter = max(",;\t", key=sample.count)
        yield from csv.DictReader(file, delimiter=delimiter, skipinitialspace=True)


def _json_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    content = parse_json(path.read_text(encoding="utf-8-sig"))
    if isinstance(content, list):
        yield from content
        return
    lists = {key: value for key, value in content.items() if isinstance(value, list)}
    for key, rows in lists.items():
        part = PART_OF.get(key.lower())
        yield from ({**({"part": part} if part else {}), **row} for row in rows if isinstance(row, dict))
    if not lists:
        yield from ({"image": image, "mask": mask} for image, mask in content.items() if isinstance(mask, str))


def _named(row: Mapping[str, Any]) -> Row:
    """The row under the names of today; what is empty is left out."""
    by_name = {str(key).strip().lower(): value for key, value in row.items() if key is not None}
    found = {}
    for column, names in _COLUMNS.items():
        value = next((by_name[name] for name in names if by_name.get(name) not in (None, "")), None)
        if isinstance(value, str | int | float):
            found[column] = str(value).strip()
    return found


class Finder:
    """Finds the files that a table names, by the ends of their paths."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        self.root, self.by_name = root, dict[str, list[str]]()
        for path in paths:
            self.by_name.setdefault(Path(path).name.lower(), []).append(path)
            self.by_name.setdefault(Path(path).stem.lower(), []).append(path)

    def find(self, name: str, table: Path) -> Path:
        """The file that a table names.

        Raises:
            FileNotFoundError: It is not there.
            ValueError: The name is that of two files.
        """
        text = name.replace("\\", "/").removeprefix("./")
        for start in (table.parent, self.root):
            if (start / text).is_file():
                return start / text
        ends = [path for path in self.by_name.get(Path(text).name.lower(), []) if _ends(path, text)]
        if len(ends) == 1:
            return self.root / ends[0]
        if ends:
            raise Mistake(f"{table}: expected one file {name}, got {ends[0]} and {ends[1]}; write the whole path.")
        raise FileNotFoundError(f"{table}: expected the file {name} in {self.root}, found none; mend the table.")


def _ends(path: str, text: str) -> bool:
    whole, end = path.lower(), text.lower()
    return f"/{whole}".endswith(f"/{end}") or f"/{whole.rpartition('.')[0]}".endswith(f"/{end}")


def _pair(finder: Finder, table: Path, row: Row, part: str | None) -> Pair:
    image, mask = finder.find(row["image"], table), finder.find(row["mask"], table)
    part = PART_OF.get(row.get("part", "").lower(), row.get("part")) or part
    if part not in (None, "train", "val", "test"):
        raise Mistake(f"{table}: expected train, val or test as part of {row['image']}, got {part}; mend the table.")
    name = row.get("name") or image.stem
    return Pair(name if part is None else f"{part}_{name}", image, (mask,), part, row.get("group"))


def looks_like_pairs(root: Path, paths: Sequence[str], table: str) -> Pairs | None:
    """The pairs of a table if it is one, None for any other file."""
    try:
        return by_table(root, paths, table)
    except (OSError, ValueError, json.JSONDecodeError):
        return None
