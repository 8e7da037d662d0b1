"""Small csv files that a reader never sees half written."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cwmi_seg.atomic import replacing


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a csv file, none when there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the content of ``path``; the columns are those of all rows, empty where a row lacks one."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
