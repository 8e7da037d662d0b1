"""The numbers of a report as the scripts of its page take them."""

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from cwmi_seg.files.counted import counted
from cwmi_seg.reporting.content import Block, Content
from cwmi_seg.reporting.curve_data import Curves
from cwmi_seg.reporting.metric_words import meaning
from cwmi_seg.reporting.records import SCORE
from cwmi_seg.reporting.signed_rank import MIN_PAIRS

DIGITS = 5
"""Significant digits of a number on the page; the csv files have all."""
_PAIR = ("mean_difference", "low", "high", "p", "effect")


def page_data(content: Content) -> dict[str, Any]:
    """Everything that the charts and tables of the page are drawn from.

    Returns:
        Plain dicts, lists, texts and numbers; None stands for a missing number. ``blocks`` has for each block its
        ``title``, ``metrics`` (name, way, meaning), ``rows`` (label, isRanked, and per metric means, stds and the
        ``runs``), ``pairs`` by metric (places of both losses in ``rows``, mean difference, its interval, p, effect),
        ``ranks`` by metric, and ``curves``.
    """
    return {
        "baseline": content.baseline,
        "secondBaseline": content.second_baseline or "",
        "leastPairs": MIN_PAIRS,
        "labels": sorted({row.label for block in content.blocks for row in block.table.rows}),
        "blocks": [_block(block) for block in content.blocks],
    }


def plain(value: float) -> float | None:
    """A number that JSON can hold, in as many digits as a reader can see."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def _block(block: Block) -> dict[str, Any]:
    table = block.table
    labels, names = [row.label for row in table.rows], [name for name, _ in table.metrics]
    return {
        "title": table.title,
        "metrics": [{"name": name, "way": way, "meaning": meaning(name)} for name, way in table.metrics],
        "rows": [
            {
                "label": row.label,
                "isRanked": math.isfinite(row.mean_rank),
                "means": [plain(cell.mean) for cell in row.cells],
                "stds": [plain(cell.std) for cell in row.cells],
                "digits": [cell.digits for cell in row.cells],
            }
            for row in table.rows
        ],
        "runs": {name: _run_means(block, name, labels) for name in names},
        "pairs": {name: _pairs(block.pairs.table, name, labels) for name in names},
        "units": _units(block.pairs.table),
        "ranks": {name: _all_plain(block.pairs.ranks[name].reindex(labels)) for name in block.pairs.ranks},
        "curves": [_curves(curves, labels) for curves in block.curves],
    }


def _all_plain(values: Iterable[float]) -> list[float | None]:
    return [plain(value) for value in values]


def _run_means(block: Block, metric: str, labels: list[str]) -> list[list[float | None]]:
    """The mean of every run of each row."""
    values = block.analysis.records.done.groupby("label")[f"{SCORE}{metric}"].agg(list)
    return [_all_plain(values.get(label, [])) for label in labels]


def _pairs(table: pd.DataFrame, metric: str, labels: list[str]) -> list[list[float | None]]:
    places = {label: place for place, label in enumerate(labels)}
    own = table[table["metric"] == metric]
    sides = [own[side].map(places) for side in ("a", "b")]
    return [
        [first, second, *map(plain, numbers)]
        for first, second, *numbers in zip(*sides, *(own[name] for name in _PAIR), strict=True)
    ]


def _units(table: pd.DataFrame) -> str:
    """What was paired, in words."""
    if table.empty:
        return ""
    number, unit = int(table["num_pairs"].max()), table["unit"].iloc[0]
    return f"{counted(number, 'group')} of images" if unit == "group" else counted(number, "image")


def _curves(curves: Curves, labels: list[str]) -> dict[str, Any]:
    return {
        "name": curves.name,
        "isComparable": curves.is_comparable,
        "lines": [
            {
                "row": labels.index(label),
                "epochs": curve["epoch"].astype(int).tolist(),
                **{name: _all_plain(curve[name]) for name in ("mean", "min", "max")},
            }
            for label, curve in curves.by_label.items()
        ],
    }
