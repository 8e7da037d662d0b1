"""Mean and spread of every cell of the table, and who is best."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from cwmi_seg.metrics.directions import direction
from cwmi_seg.reporting.records import SCORE, Records

BLOCK = ["dataset", "model", "settings"]
"""Columns that name a block of the table: what is compared within it differs in the loss alone."""


def aggregate(records: Records, lower_is_better: Sequence[str]) -> pd.DataFrame:
    """Mean and sample standard deviation of the run means over folds and seeds, a row per block, label and metric.

    Only rows that were run for the same folds and seeds can be compared. So ``rank`` counts the rows that have the
    largest set of folds and seeds which at least two rows of the block share. It is missing for all other rows, where
    a run lacks the metric, and for a row that has no other to be compared with.

    Args:
        records: The records of the study.
        lower_is_better: Names, as shell patterns, of the metrics for which less is better; for all others more is.

    Returns:
        Columns dataset, model, settings, label, loss, metric, direction ("higher" or "lower" is better), mean, std
        (missing for one run), num_runs, num_expected, rank (1 is best; equal means share it).
    """
    if not records.metrics:
        return pd.DataFrame(columns=[*BLOCK, "label", "loss", "metric", "direction", "mean", "std", "num_runs",
                                     "num_expected", "rank"])  # fmt: skip
    keys = [*BLOCK, "label", "loss"]
    columns = {f"{SCORE}{name}": name for name in records.metrics}
    values = records.done[[*keys, *columns]].rename(columns=columns).melt(keys, var_name="metric")
    grouped = values.groupby([*keys, "metric"], sort=False)["value"]
    table = grouped.agg(mean="mean", std="std", num_runs="count", num_finished="size").reset_index()
    directions = table["metric"].map(lambda metric: direction(metric, lower_is_better))
    table.insert(table.columns.get_loc("mean"), "direction", directions)
    expected = records.runs.groupby(BLOCK, sort=False)[["fold", "seed"]].apply(lambda g: len(g.drop_duplicates()))
    table["num_expected"] = pd.MultiIndex.from_frame(table[BLOCK]).map(expected.to_dict())
    table["rank"] = _ranks(table, comparable(records))
    table = table.drop(columns="num_finished")
    order = {name: position for position, name in enumerate(records.metrics)}
    return table.sort_values(
        [*keys, "metric"], key=lambda c: c.map(order) if c.name == "metric" else c, ignore_index=True
    )


def comparable(records: Records) -> set[tuple[str, ...]]:
    """Block and label of the rows that were finished for the same folds and seeds: the largest set that rows share."""
    found: set[tuple[str, ...]] = set()
    for block, runs in records.done.groupby(BLOCK, sort=False):
        pairs = {label: frozenset(zip(g["fold"], g["seed"], strict=True)) for label, g in runs.groupby("label")}
        votes = Counter(pairs.values())
        shared = [done for done, rows in votes.items() if rows > 1]  # what a single row has, it has won against nobody
        largest = max(shared, key=lambda done: (len(done), votes[done], sorted(done)), default=None)
        found |= {(*block, label) for label, done in pairs.items() if done == largest}
    return found


def _ranks(table: pd.DataFrame, rows: set[tuple[str, ...]]) -> pd.Series:
    """The rank of every comparable row in its block and metric."""
    signed = table["mean"].where(table["direction"] == "lower", -table["mean"])
    keys = table[[*BLOCK, "label"]].itertuples(index=False, name=None)
    is_comparable = pd.Series([key in rows for key in keys], table.index)
    every_run_has_it = table["num_runs"] == table["num_finished"]
    groups = [table[column] for column in [*BLOCK, "metric"]]
    ranked = signed.where(is_comparable & every_run_has_it).groupby(groups)
    return ranked.rank(method="min").where(ranked.transform("count") > 1)
