"""Csv files that a reader never sees half written, and that a spreadsheet shows as they are.

A spreadsheet takes text that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, which may start a program. Such
text is written with an apostrophe before it, which is taken away again in reading; numbers are written as they are.
"""

import csv
import gzip
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, TypeVar

from cwmi_seg.files.atomic import replacing
from cwmi_seg.files.number_tables import read_numbers
from cwmi_seg.mistakes import Mistake

if TYPE_CHECKING:
    import pandas as pd

LIMIT, HEADER = 2**26, 2**16
"""Bytes of the largest table that is read, unpacked, and of its first line."""
VARIABLE = "CWMI_MAX_TABLE_BYTES"
"""Environment variable that holds another limit."""
_FORMULA = re.compile(r"'*(\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
_MISSING = ["", "nan", "NaN", "-nan", "NA", "N/A", "null", "NULL", "None"]  # numbers that others say are none
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf|nan")
_Value = TypeVar("_Value")


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read the rows of a csv file; there are none when there is no file."""
    if not path.is_file():
        return []
    with _opened(path, "r") as file:
        return [{_as_written(key): _as_written(cell) for key, cell in row.items()} for row in csv.DictReader(file)]


def write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Replace the content of ``path``; the columns are those of all rows, empty where a row lacks one."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with replacing(path) as temporary, _opened(temporary, "w") as file:
        writer = csv.writer(file)
        writer.writerow(map(_no_formula, columns))
        writer.writerows([_no_formula(row.get(column, "")) for column in columns] for row in rows)


def read_table(path: Path, text: Iterable[str] = ()) -> "pd.DataFrame":
    """Read a csv file, which may be packed by gzip.

    Args:
        path: The file.
        text: Columns that are text, whatever they hold, and missing where they are empty; other columns are text if
            they hold more than numbers.

    Raises:
        ValueError: larger than ``LIMIT``, or no table.
    """
    import pandas as pd

    refuse_bomb(path)
    kinds = {_no_formula(name): str for name in text}
    try:
        quick = None if path.suffix == ".gz" else read_numbers(path, kinds)
        if quick is not None:
            return _mapped(quick, _as_written)
        # an image may be called "NA" or "null", which pandas takes for no name unless it is told otherwise
        missing = {name: [""] if name in kinds else _MISSING for name in pd.read_csv(path, nrows=0)}
        table = pd.read_csv(path, dtype=kinds, keep_default_na=False, na_values=missing)
        return _mapped(table, _as_written)
    except ValueError as error:
        raise Mistake(f"{path}: cannot be read as a table ({error}); make it again.") from error


def read_columns(path: Path) -> list[str]:
    """Read the names of the columns of a table; the errors are those of :func:`read_table`."""
    import pandas as pd

    refuse_bomb(path)
    return [_as_written(name) for name in pd.read_csv(path, nrows=0)]


def write_table(table: "pd.DataFrame", path: Path, compression: str | Mapping[str, str | int] = "infer") -> None:
    """Replace the content of ``path``, without the index; ``compression`` is that of ``DataFrame.to_csv``."""
    _mapped(table, _no_formula).to_csv(path, index=False, compression=compression)


def refuse_bomb(path: Path) -> None:
    """Refuse a table that is too large once it is unpacked, or whose first line is, before it is read.

    Raises:
        ValueError: beyond the bounds, or no gzip file in spite of its name.
    """
    limit = _limit()
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            size = header = len(file.readline(HEADER + 1))
            while size <= limit and (block := file.read(2**20)):
                size += len(block)
    except (gzip.BadGzipFile, EOFError) as error:
        raise Mistake(f"{path}: cannot be unpacked ({error}); copy it again.") from error
    if header > HEADER:
        raise Mistake(f"{path}: expected a first line of at most {HEADER:,} bytes, got more; make the table again.")
    if size > limit:
        raise Mistake(
            f"{path}: expected a table of at most {limit:,} bytes, got more than that out of a file of "
            f"{path.stat().st_size:,}; if you trust it, set {VARIABLE} to the bytes to read."
        )


def _limit() -> int:
    said = os.environ.get(VARIABLE, str(LIMIT))
    if not (said.isascii() and said.isdecimal()):
        raise Mistake(f"{VARIABLE}: expected a whole number of bytes, got {said}; unset it, or set {LIMIT}.")
    return int(said)


def _opened(path: Path, mode: Literal["r", "w"]) -> IO[str]:
    """Open a csv file so that names of files in it, which may hold bytes that are no UTF-8, stay as they are."""
    encoding = "utf-8-sig" if mode == "r" else "utf-8"  # a spreadsheet may have saved it with a byte order mark
    return path.open(mode, newline="", encoding=encoding, errors="surrogateescape")


def _mapped(table: "pd.DataFrame", change: Callable[[object], object]) -> "pd.DataFrame":
    """Names and texts of a table changed; columns without such a text stay as they are."""
    changed = {}
    for name, dtype in table.dtypes.items():
        if dtype.kind not in "iufb":
            column = table[name]
            texts = {text: change(text) for text in column.dropna().unique()}
            if any(old != new for old, new in texts.items()):
                changed[name] = column.map(texts)
    names = [change(name) for name in table.columns]
    if not changed and names == list(table.columns):
        return table
    return table.assign(**changed).set_axis(names, axis=1)


def _no_formula(value: _Value) -> "_Value | str":
    """Text that a spreadsheet would take for a formula, with an apostrophe."""
    is_formula = isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value


def _as_written(value: _Value) -> "_Value | str":
    """The inverse of :func:`_no_formula`."""
    return value[1:] if isinstance(value, str) and value[:1] == "'" and _FORMULA.match(value[1:]) else value
