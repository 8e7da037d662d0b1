"""The part of a report on single classes and on all images together, as text and pictures."""

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from cwmi_seg.files.plain_names import file_name
from cwmi_seg.files.printable import printable
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.class_tables import ClassCell, ClassTable
from cwmi_seg.reporting.confusions import classes_of, matrices
from cwmi_seg.reporting.figures.block import Drawing
from cwmi_seg.reporting.figures.confusion import confusion
from cwmi_seg.reporting.numbers import ARROWS
from cwmi_seg.reporting.signed_rank import MIN_PAIRS

CONFUSION = "confusion"
"""Group of the pictures of confusion matrices."""
POOLED = (
    "IoU of all test images together: their confusion matrices are added up, so that every pixel counts alike, as in "
    "the benchmarks of street scenes; mean over the classes and the runs. Intervals are 95 % percentile bootstrap "
    f"intervals over groups of images, of which they need {MIN_PAIRS}. There is one number a run, "
    "so that no rank test is made."
)


def pooled_rows(pooled: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table of all images together; no rows where the runs are from before it was kept."""
    if pooled.empty:
        return [], []
    heads = ["loss", "dataset_iou", "95 % interval", f"minus {pooled['baseline'].iloc[0]}", "95 % interval"]
    rows = [
        [
            str(row.label),
            f"{row.value:.3f}",
            _interval(row.low, row.high),
            _signed(row.difference),
            _interval(row.difference_low, row.difference_high, sign="+"),
        ]
        for row in pooled.sort_values("value", ascending=False, kind="stable").itertuples()
    ]
    return _with_values(heads, rows)


def _with_values(heads: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Leave out the columns that have no value: intervals of too few groups, differences from an absent baseline."""
    kept = [place for place in range(len(heads)) if any(row[place] != "-" for row in rows)]
    return [heads[place] for place in kept], [[row[place] for place in kept] for row in rows]


def class_rows(table: ClassTable) -> tuple[list[str], list[tuple[str, Sequence[ClassCell]]]]:
    """Heads and rows of the table of one metric."""
    return [f"{table.metric} {ARROWS[table.way]}", *map(printable, table.classes)], list(table.rows)


def confusion_drawings(block: Analysis) -> Iterator[Drawing]:
    """The confusion matrix of each row of a block with more than two classes, the sum over its runs."""
    names, _ = classes_of(block.records.done)
    if len(names) <= 2:
        return
    for label, runs in block.records.done.groupby("label", sort=False):
        own = block.records.confusions[block.records.confusions["run"].isin(runs["run"])]
        if len(own):
            sums = matrices(own, len(names), dict.fromkeys(own["name"], 0))[0]
            yield Drawing(f"confusion-{file_name(str(label))}", CONFUSION, str(label), confusion(sums, names))


def _interval(low: float, high: float, sign: str = "") -> str:
    return "-" if math.isnan(low) else f"{low:{sign}.3f} to {high:{sign}.3f}"


def _signed(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:+.3f}"
