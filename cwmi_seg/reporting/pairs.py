"""Every loss of a block against every other: differences with intervals, tests, and mean ranks, for each metric."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.differences import by_group, difference_rows
from cwmi_seg.reporting.signed_rank import MIN_PAIRS

COLUMNS = ("metric", "a", "b", "unit", "num_pairs", "mean_difference", "low", "high", "effect", "p", "p_holm",
           "verdict")  # fmt: skip


@dataclass(frozen=True)
class Pairs:
    """The comparisons within one block.

    Args:
        table: A row per metric and pair of losses ``a``, ``b`` in sorted order: unit of the pairs ("image", or "group"
            where images belong together), their number, mean difference a - b over them, ``low`` and ``high`` of its
            95 % bootstrap interval, effect (matched-pairs rank-biserial correlation, above 0 where a is better), p of
            Wilcoxon's signed-rank test, p_holm after Holm's correction over all pairs of the metric, verdict ("better"
            or "worse" of a, or ""). Fewer than ``MIN_PAIRS`` pairs have neither interval nor p.
        ranks: Mean rank of each loss over the units, 1 is best, a column per metric. Missing for a loss that lacks a
            unit which others have, and for all losses with fewer than ``MIN_PAIRS`` units.
    """

    table: pd.DataFrame
    ranks: pd.DataFrame


def compare_pairs(block: Analysis) -> Pairs:
    """Compare all pairs of losses of a block in the metrics that are shown.

    Scores are paired by fold, seed and image and averaged as in
    :func:`~cwmi_seg.reporting.significance.significance`, over the runs of an image, then over the images of a group.
    """
    runs = block.records.runs[["run", "label", "fold", "seed"]]
    images = block.records.images.merge(runs, on="run")
    metrics = {name: way for name, way in block.directions.items() if name in images}
    ranks = pd.DataFrame(index=sorted(images["label"].unique()))
    tables = []
    for metric, way in metrics.items():
        scores = _scores(images, metric)
        tables.append(_compared(scores, metric, 1 if way == "higher" else -1))
        ranks[metric] = _mean_ranks(scores, way).reindex(ranks.index)
    filled = [table for table in tables if len(table)]
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(COLUMNS))
    return Pairs(table, ranks)


def _scores(images: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A row per fold, seed, image and its group, a column per loss."""
    wide: pd.DataFrame = images.groupby(["fold", "seed", "name", "group", "label"])[metric].mean().unstack("label")
    return wide.dropna(how="all")


def _compared(scores: pd.DataFrame, metric: str, sign: int) -> pd.DataFrame:
    labels = list(scores.columns)
    pairs = list(combinations(range(len(labels)), 2))
    if not pairs or scores.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    values = scores.to_numpy(float)
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    differences = by_group(pd.DataFrame(values[:, first] - values[:, second], index=scores.index)).to_numpy()
    return difference_rows(differences, sign).assign(
        metric=metric,
        a=[labels[place] for place in first],
        b=[labels[place] for place in second],
        unit="group" if scores.index.unique("group").size < scores.index.unique("name").size else "image",
    )[list(COLUMNS)]


def _mean_ranks(scores: pd.DataFrame, way: str) -> "pd.Series[float]":
    """Of the losses that have every value, over the groups."""
    complete = scores.loc[:, scores.notna().all()]
    groups = by_group(complete)
    if len(groups) < MIN_PAIRS or complete.shape[1] < 2:
        return pd.Series(dtype=float)
    return groups.rank(axis=1, ascending=way == "lower").mean()


def versus(pairs: Pairs, metric: str, label: str) -> Iterator[tuple[str, "pd.Series[float]", int]]:
    """The rows of a metric that compare a loss with another: the other, the row, 1 where the loss is ``a``, else -1."""
    own = pairs.table[pairs.table["metric"] == metric]
    for _, row in own[(own["a"] == label) | (own["b"] == label)].iterrows():
        is_first = row["a"] == label
        yield (row["b"] if is_first else row["a"]), row, 1 if is_first else -1
