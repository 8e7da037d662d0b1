"""The scores of single classes: a table for each metric, a row a loss and a column a class, as papers print them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from cwmi_seg.datasets.class_colours import Colour, colours_of
from cwmi_seg.reporting.aggregate import BLOCK
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.confusions import classes_of, colours_given
from cwmi_seg.reporting.numbers import decimals
from cwmi_seg.study.class_scores import SHOWN, class_of


@dataclass(frozen=True)
class ClassCell:
    """The mean over the runs, ``-`` where there is none; ``rank`` is 1 for the best of the column, 0 for none."""

    text: str
    rank: int = 0


@dataclass(frozen=True)
class ClassTable:
    """One metric: "higher" or "lower" is better, names of the classes, and label and cells of each row."""

    metric: str
    way: str
    classes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[ClassCell, ...]], ...]


@dataclass(frozen=True)
class Classes:
    """What a block shows of more than two classes."""

    names: tuple[str, ...]
    colours: tuple[Colour, ...]
    tables: tuple[ClassTable, ...]


def class_tables(block: Analysis, labels: Sequence[str]) -> Classes | None:
    """The tables of one block; None where it has two classes, or its runs are from before classes were kept.

    Args:
        block: The statistics of the block alone.
        labels: Its rows, in their order.
    """
    names, metrics = classes_of(block.records.done)
    if len(names) <= 2:
        return None
    tables = [_table(block.scores, metric, names, labels) for metric in SHOWN if metric in metrics]
    return Classes(
        tuple(names),
        tuple(colours_of(len(names), colours_given(block.records.done))),
        tuple(table for table in tables if table.rows),
    )


def class_scores(scores: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of :func:`~cwmi_seg.reporting.aggregate.aggregate` that are of single classes, with number and name."""
    found = []
    for block, own in scores.groupby(BLOCK, sort=False):
        names, metrics = classes_of(runs[(runs[BLOCK] == list(block)).all(axis=1)])
        pairs = [class_of(key, metrics, len(names)) for key in own["metric"]]
        rows = own[[pair is not None for pair in pairs]]
        places = [pair[1] for pair in pairs if pair is not None]
        found.append(
            rows.assign(
                metric=[pair[0] for pair in pairs if pair is not None],
                number=places,
                class_name=[names[place] for place in places],
            )
        )
    columns = [*BLOCK, "label", "metric", "number", "class_name", "direction", "mean", "std", "num_runs", "rank"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def is_of_class(metrics: "pd.Series[str]", runs: pd.DataFrame) -> "pd.Series[bool]":
    """Which of some scores are of single classes of more than two."""
    names, known = classes_of(runs)
    return metrics.map(lambda key: len(names) > 2 and class_of(key, known, len(names)) is not None).astype(bool)


def _table(scores: pd.DataFrame, metric: str, names: Sequence[str], labels: Sequence[str]) -> ClassTable:
    columns = [scores[scores["metric"] == f"{metric}_{number}"].set_index("label") for number in range(len(names))]
    ways = [column["direction"].iloc[0] for column in columns if len(column)]
    digits = decimals([float(mean) for column in columns for mean in column["mean"]])
    rows = [(label, tuple(_cell(column, label, digits) for column in columns)) for label in labels]
    shown = tuple((label, cells) for label, cells in rows if any(cell.text != "-" for cell in cells))
    return ClassTable(metric, ways[0] if ways else "higher", tuple(names), shown)


def _cell(column: pd.DataFrame, label: str, digits: int) -> ClassCell:
    if label not in column.index or math.isnan(column.loc[label, "mean"]):
        return ClassCell("-")
    rank = column.loc[label, "rank"]
    return ClassCell(f"{column.loc[label, 'mean']:.{digits}f}", 0 if math.isnan(rank) else int(rank))
