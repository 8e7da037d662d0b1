"""The tables of a block by the tags of its test images, as they are read, and what every form of the report says."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.numbers import decimals, p_value
from cwmi_seg.reporting.significance import LEVEL
from cwmi_seg.reporting.tables import BETTER, WORSE, Cell
from cwmi_seg.reporting.tag_scores import MOST_VALUES, Split, splits


@dataclass(frozen=True)
class TagCell:
    """The score of a loss on the images of one value, and in words how it differs from that of the baseline."""

    cell: Cell
    difference: str = ""


@dataclass(frozen=True)
class TagTable:
    """One tag and one metric: a row a loss, a column a value, headed by the value and its number of images."""

    tag: str
    metric: str
    way: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[TagCell, ...]], ...]


@dataclass(frozen=True)
class ByTag:
    """What a block shows of its tags: tables in the order of the metrics, and what is not shown, in words."""

    tables: tuple[TagTable, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def metrics(self) -> list[str]:
        """The metrics of the tables."""
        return list(dict.fromkeys(table.metric for table in self.tables))

    @property
    def first(self) -> list[TagTable]:
        """The tables of the first metric, one for each tag."""
        return [table for table in self.tables if table.metric == self.metrics[0]]


def by_tag(block: Analysis, labels: Sequence[str]) -> ByTag:
    """The tables of one block.

    Args:
        block: The statistics of the block alone.
        labels: Its rows, in their order.
    """
    if block.records.tags.empty or block.records.images.empty:
        return ByTag()
    groups = block.records.images.drop_duplicates("name").set_index("name")["group"]
    found = splits(list(groups.index), block.records.tags)
    tables = [
        _table(own, split, _heads(split, groups), (metric, way), labels)
        for metric, way in block.directions.items()
        for split in found
        if len(own := _of(block.by_tag, metric, split.tag))
    ]
    return ByTag(tuple(tables), tuple(note for split in found if (note := _note(split, len(groups)))))


def reading(baseline: str) -> str:
    """How the tables are read."""
    return (
        "Mean ± sample standard deviation over the test images with a tag; the scores of an image are averaged over "
        f"its runs first. {BETTER} better, {WORSE} worse than {baseline} on these images: the paired test of all "
        f"scores, with Holm's correction over the losses and the values of the tag, p < {LEVEL}. A mark on one value "
        "and none on another does not show that the two differ."
    )


def _of(scores: pd.DataFrame, metric: str, tag: str) -> pd.DataFrame:
    return scores[(scores["metric"] == metric) & (scores["tag"] == tag)]


def _heads(split: Split, groups: "pd.Series[str]") -> tuple[str, ...]:
    """Each value with the numbers of its images and groups."""
    found = []
    for value, names in split.names.items():
        images, own = len(names), groups[groups.index.isin(names)].nunique()
        noun = f"{images} image{'' if images == 1 else 's'}"
        found.append(f"{value} ({noun}{f' in {own} group' + 's' * (own > 1) if own < images else ''})")
    return tuple(found)


def _table(
    scores: pd.DataFrame, split: Split, heads: tuple[str, ...], metric: tuple[str, str], labels: Sequence[str]
) -> TagTable:
    digits = decimals(scores["mean"].tolist())
    cells = {(row["label"], row["value"]): _cell(row, digits) for row in scores.to_dict("records")}
    nothing = TagCell(Cell(math.nan, math.nan, digits))
    rows = [(label, tuple(cells.get((label, value), nothing) for value in split.names)) for label in labels]
    shown = tuple((label, own) for label, own in rows if not all(each.cell.missing for each in own))
    return TagTable(split.tag, *metric, heads, shown)


def _cell(row: Mapping[Hashable, Any], digits: int) -> TagCell:
    rank = 0 if math.isnan(row["rank"]) else int(row["rank"])
    cell = Cell(mean=row["mean"], std=row["std"], digits=digits, rank=rank, verdict=row["verdict"])
    return TagCell(cell, _difference(row))


def _difference(row: Mapping[Hashable, Any]) -> str:
    if math.isnan(row["mean_difference"]):
        return ""
    interval = "" if math.isnan(row["low"]) else f", 95 % interval {row['low']:.3g} to {row['high']:.3g}"
    test = "not tested" if math.isnan(row["p_holm"]) else f"p {p_value(row['p_holm'])} (Holm)"
    return f"{row['mean_difference']:+.3g} against {row['baseline']}{interval}, {test}"


def _note(split: Split, num_images: int) -> str:
    """What is left out of the tables; "" where that is nothing."""
    if len(split.names) > MOST_VALUES:
        return f"{split.tag} has {len(split.names)} values; up to {MOST_VALUES} are shown as a table."
    if not split.is_shown:
        return f"All {num_images} test images have {split.tag} {next(iter(split.names))}."
    return f"{split.num_untagged} of {num_images} test images have no {split.tag}." if split.num_untagged else ""
