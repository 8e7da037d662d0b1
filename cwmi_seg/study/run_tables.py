"""The tables of a run: a row an epoch, a row a tested image."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cwmi_seg.files.csv_files import read_rows, read_table, refuse_bomb, write_rows
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_results import NAME as RESULTS
from cwmi_seg.study.run_results import RunResults, Score

if TYPE_CHECKING:
    import pandas as pd

Epoch = dict[str, float | None]
"""What was logged in an epoch, by name; ``epoch`` is its number, None a value that this epoch has not."""

_ROUNDING = 1e-9  # relative; of sums in another order

NAME, GROUP = "name", "group"
"""Columns of an image that are text: its name, and the group of images that are one observation with it."""


def read_epochs(path: Path) -> list[Epoch]:
    """The epochs of a file, in order; none where there is no file.

    Raises:
        ValueError: it is damaged or too large; names the file.
    """
    if not path.is_file():
        return []
    refuse_bomb(path)
    try:
        return [_epoch(row) for row in read_rows(path)]
    except (ValueError, TypeError, KeyError, csv.Error) as error:
        raise Mistake(
            f"{path}: damaged ({type(error).__name__} {error}); delete it, or train the run again with overwrite=true."
        ) from None


def write_epochs(path: Path, epochs: Sequence[Mapping[str, float | None]]) -> None:
    """Replace the content of the file; numbers are written so that they are read as they were."""
    write_rows(path, [{name: _cell(name, value) for name, value in epoch.items()} for epoch in epochs])


def read_images(path: Path, results: RunResults) -> "pd.DataFrame":
    """The scores of single images: columns ``name``, in newer runs ``group``, and one per metric.

    Args:
        path: of the file.
        results: of the run, which the scores have to give: as many images, and the mean of every metric.

    Raises:
        ValueError: it is missing, damaged, too large, or not what the results were made from; names the file.
    """
    if not path.is_file():
        raise _other(path, "no file")
    table = read_table(path, [NAME, GROUP])
    if NAME not in table:
        raise _other(path, f"no column {NAME}")
    if results.num_test_images not in (None, len(table)):
        raise _other(path, f"{len(table)} of {results.num_test_images} images")
    for metric, score in results.test.items():
        if metric not in table or not _agree(table[metric], score):
            raise _other(path, f"another mean of {metric}")
    return table


def _other(path: Path, got: str) -> Mistake:
    return Mistake(
        f"{path}: expected the scores that the results were made from, got {got}; delete {RESULTS} and train the run "
        "again."
    )


def _agree(column: "pd.Series[Any]", score: Score) -> bool:
    from pandas.api.types import is_numeric_dtype

    if not is_numeric_dtype(column):
        return False
    mean = score.mean
    if score.num_images is not None:
        column = column.dropna()
        if len(column) != score.num_images:
            return False
    found = math.fsum(column) / len(column) if len(column) else math.nan
    # fsum, which is exact, against the mean of torch; a mean of no value is nan on both sides
    return math.isclose(found, mean, rel_tol=_ROUNDING, abs_tol=_ROUNDING) or (math.isnan(found) and math.isnan(mean))


def _epoch(row: Mapping[str, str]) -> Epoch:
    values = {name: float(cell) if cell else None for name, cell in row.items()}
    return {**values, "epoch": int(row["epoch"])}


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if name == "epoch" else repr(float(value))
