"""The table of a block as it is read: rows of cells, before they become Markdown, LaTeX, HTML or console text."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypedDict

import pandas as pd

from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.labels import SEPARATOR
from cwmi_seg.reporting.numbers import decimals, with_spread
from cwmi_seg.reporting.significance import FOLD

BETTER, WORSE = "▲", "▼"


class _Score(TypedDict):
    """The part of a row of :func:`~cwmi_seg.reporting.aggregate.aggregate` that is used; NaN is a missing value."""

    mean: float
    std: float
    rank: float


_NOTHING = _Score(mean=math.nan, std=math.nan, rank=math.nan)


@dataclass(frozen=True)
class Cell:
    """One metric of one row: ``rank`` is 1 for the best, 0 for none; ``verdict`` compares with the baseline."""

    mean: float
    std: float
    digits: int
    rank: int = 0
    verdict: str = ""

    @property
    def missing(self) -> bool:
        """Whether there is no value."""
        return math.isnan(self.mean)

    @property
    def text(self) -> str:
        """The value as it is written, such as ``0.812 ± 0.004``."""
        return with_spread(self.mean, self.std, self.digits)

    @property
    def mark(self) -> str:
        """A triangle where the row is significantly better or worse than the baseline."""
        return {"better": BETTER, "worse": WORSE}.get(self.verdict, "")


@dataclass(frozen=True)
class Row:
    """A loss: how many of its runs are done, its cells, and which runs are missing (``holes``)."""

    label: str
    done: int
    expected: int
    cells: tuple[Cell, ...]
    holes: tuple[str, ...] = ()
    states: str = ""
    """The states of the missing runs."""
    is_baseline: bool = False
    seconds_per_epoch: float = math.nan

    @property
    def mean_rank(self) -> float:
        """The mean of the ranks over the metrics; infinite for a row that was not ranked."""
        ranks = [cell.rank for cell in self.cells if cell.rank]
        return sum(ranks) / len(ranks) if ranks else math.inf


@dataclass(frozen=True)
class Table:
    """A block: title, metrics with their direction ("higher" or "lower" is better), rows, best mean rank first."""

    title: str
    metrics: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    tested: bool
    """Whether there is a baseline in the block that the others were tested against."""

    @property
    def holes(self) -> list[str]:
        """Every run that is missing, with the reason."""
        return [f"{row.label}, {hole}" for row in self.rows for hole in row.holes]


def build_table(block: Analysis, title: str) -> Table:
    """Build the table of one block.

    Args:
        block: The statistics of the block alone.
        title: Title of the table.
    """
    present = set(block.scores["metric"])
    metrics = tuple((name, way) for name, way in block.directions.items() if name in present)
    means = {str(name): own.tolist() for name, own in block.scores.groupby("metric")["mean"]}
    digits = {name: decimals(means[name]) for name, _ in metrics}
    rows = [_row(block, str(label), digits) for label in block.records.runs["label"].unique()]
    ordered = sorted(rows, key=lambda row: (row.mean_rank, row.label))
    return Table(title, metrics, tuple(ordered), bool(block.tests["p"].notna().any()))


def common_settings(runs: pd.DataFrame) -> list[str]:
    """The overrides that all runs of the study have in common."""
    parts = [text.split(SEPARATOR) for text in runs["settings"].unique()]
    return [part for part in parts[0] if part and all(part in other for other in parts)]


def block_title(block: tuple[str, str, str], common: list[str]) -> str:
    """Dataset, model, and the settings that not all blocks have."""
    own = [part for part in block[2].split(SEPARATOR) if part and part not in common]
    return f"{block[0]}, {block[1]}" + (f" ({', '.join(own)})" if own else "")


def _row(block: Analysis, label: str, digits: Mapping[str, int]) -> Row:
    """The row of a label; ``digits`` says how many decimals each metric is shown with."""
    runs, holes, scores = (_labelled(table, label) for table in (block.records.runs, block.holes, block.scores))
    done = runs[runs["state"] == "done"]
    return Row(
        label=label,
        done=len(done),
        expected=len(done) + len(holes),
        cells=_cells(block, scores.set_index("metric").to_dict("index"), label, digits),
        holes=tuple(_hole(hole) for hole in holes.to_dict("records")),
        states=", ".join(holes["state"].unique()),
        is_baseline=label == block.baseline,
        seconds_per_epoch=float((done["train_seconds"] / done["epochs"]).mean()) if len(done) else math.nan,
    )


def _labelled(table: pd.DataFrame, label: str) -> pd.DataFrame:
    return table[table["label"] == label]


def _cells(
    block: Analysis, scores: Mapping[Hashable, _Score], label: str, digits: Mapping[str, int]
) -> tuple[Cell, ...]:
    tests = block.tests[(block.tests["label"] == label) & (block.tests["unit"] != FOLD)]
    verdicts = dict(zip(tests["metric"], tests["verdict"], strict=True))
    cells = []
    for name, shown in digits.items():
        score = scores.get(name, _NOTHING)
        rank = 0 if math.isnan(score["rank"]) else int(score["rank"])
        cell = Cell(mean=score["mean"], std=score["std"], digits=shown, rank=rank, verdict=verdicts.get(name, ""))
        cells.append(cell)
    return tuple(cells)


def _hole(hole: Mapping[Hashable, object]) -> str:
    reason = f" ({hole['reason']})" if hole["reason"] else ""
    return f"fold {hole['fold']}, seed {hole['seed']}: {hole['state']}{reason}"
