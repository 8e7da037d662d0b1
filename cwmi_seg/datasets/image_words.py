"""What is said of images by their names or in a table: the group that each belongs to, and its tags."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cwmi_seg.datasets.raw import RawSample
from cwmi_seg.datasets.raw_volumes import Raw, RawVolume
from cwmi_seg.mistakes import Mistake

_SHOWN = 3
Row = Mapping[str, str]
Samples = Sequence[RawSample | RawVolume]


def with_groups(dataset: Raw, groups: str) -> Raw:
    """Give every sample its group.

    Args:
        dataset: What a preparer has found.
        groups: Regular expression, found in the name of every image, of which the field ``group``, else the first, else
            the whole match is the group; or a csv with the columns name and group.

    Raises:
        FileNotFoundError: No such csv.
        ValueError: no regular expression, another table, or an image without a group.
    """
    samples: Samples = dataset.samples
    names = _from_table(dataset, groups, ("group",)) if _is_table(groups) else _matches(dataset, groups, "groups")
    found = [None if row is None else _group(row) for row in names]
    alone = [sample.name for sample, group in zip(samples, found, strict=True) if not group]
    if alone:
        raise Mistake(
            f"groups: expected a group of every image, got none of {_listed(alone)} by {groups}; "
            "mend the expression or the table."
        )
    grouped = tuple(replace(sample, group=str(group)) for sample, group in zip(samples, found, strict=True))
    return replace(dataset, samples=grouped)  # type: ignore[arg-type]  # samples of its own kind


def tags_of(dataset: Raw, tags: str) -> dict[str, dict[str, str]]:
    """The tags of every image, by its name; images of which nothing is said are left out.

    Args:
        dataset: What a preparer has found.
        tags: Csv with the column name and one for each tag, or a regular expression with named fields, such as
            ``(?P<eye>[LR])$``.

    Raises:
        FileNotFoundError: No such csv.
        ValueError: no regular expression with names, another table, or nothing said of any image.
    """
    rows = _from_table(dataset, tags) if _is_table(tags) else _matches(dataset, tags, "tags")
    samples: Samples = dataset.samples
    found = {
        sample.name: {tag: value for tag, value in row.items() if value and not tag.isdecimal()}
        for sample, row in zip(samples, rows, strict=True)
        if row
    }
    found = {name: row for name, row in found.items() if row}
    if not found:
        raise Mistake(
            f"tags: expected a tag of some image, got none by {tags}; write a csv with the columns name and TAG, or a "
            "regular expression with names, as in (?P<eye>[LR])$."
        )
    return found


def _is_table(text: str) -> bool:
    return text.lower().endswith((".csv", ".tsv"))


def _group(row: Row) -> str:
    return row.get("group") or row.get("1") or row.get("0") or ""


def _matches(dataset: Raw, expression: str, argument: str) -> list[Row | None]:
    """Fields of the match by name and by number, of each sample."""
    try:
        compiled = re.compile(expression)
    except re.error as error:
        raise Mistake(
            f"{argument}: expected a regular expression or a csv, got {expression} ({error}); mend it."
        ) from None
    return [_fields(match) if (match := compiled.search(sample.name)) else None for sample in dataset.samples]


def _fields(match: re.Match[str]) -> Row:
    numbered = {str(number): match[number] or "" for number in range((match.re.groups or 0) + 1)}
    return {**numbered, **{name: value or "" for name, value in match.groupdict().items()}}


def _from_table(dataset: Raw, table: str, needed: Sequence[str] = ()) -> list[Row | None]:
    """The row of each sample, found by its name, or by the name of its file with ending or without."""
    path = Path(table).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a csv with the column name, found no file; check the path.")
    rows = _rows(path, needed)
    return [next((rows[key] for key in _keys(sample) if key in rows), None) for sample in dataset.samples]


def _rows(path: Path, needed: Sequence[str]) -> dict[str, Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        delimiter = max(",;\t", key=file.readline().count)
        file.seek(0)
        rows = [
            {str(key).strip().lower(): (value or "").strip() for key, value in row.items() if key is not None}
            for row in csv.DictReader(file, delimiter=delimiter)
        ]
    missing = [column for column in ("name", *needed) if not rows or column not in rows[0]]
    if missing:
        raise Mistake(f"{path}: expected the column {missing[0]}, got another table; add it.")
    return {row["name"].lower(): {key: value for key, value in row.items() if key != "name"} for row in rows}


def _keys(sample: RawSample | RawVolume) -> tuple[str, ...]:
    image = sample.files[0]
    return sample.name.lower(), image.name.lower(), image.stem.lower()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
