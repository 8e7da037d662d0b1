"""The scores of the test images of each tag: a loss may be the better one at night and the worse one by day."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from cwmi_seg.metrics.directions import direction
from cwmi_seg.reporting.aggregate import BLOCK, comparable
from cwmi_seg.reporting.differences import by_group, difference_rows
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.significance import LEVEL, holm

MOST_VALUES = 32
"""A tag with more values, such as a name or a date, says nothing by its split."""
_TESTED = ["num_pairs", "mean_difference", "low", "high", "effect", "p"]
_SUMMARY = ["num_images", "num_groups", "mean", "std"]
COLUMNS = [*BLOCK, "tag", "value", "label", "metric", "direction", *_SUMMARY, "rank", "baseline", "unit", *_TESTED,
           "p_holm", "verdict"]  # fmt: skip


class Split(NamedTuple):
    """The names of some test images by the values of one tag, and how many have none."""

    tag: str
    names: Mapping[str, frozenset[str]]
    num_untagged: int

    @property
    def is_shown(self) -> bool:
        """Whether it parts the images, and not into too many parts."""
        return len(self.names) <= MOST_VALUES and (len(self.names) > 1 or self.num_untagged > 0)


def splits(names: Sequence[str], tags: pd.DataFrame) -> list[Split]:
    """The splits of some test images: by each tag that any of them has, in the order of their first appearance.

    Args:
        names: Names of the images.
        tags: Table with the columns name, tag and value, of one dataset.
    """
    found = tags[tags["name"].isin(names)].groupby("tag", sort=False)
    return [Split(str(tag), _by_value(own), len(names) - own["name"].nunique()) for tag, own in found]


def _by_value(tagged: pd.DataFrame) -> dict[str, frozenset[str]]:
    found = {str(value): frozenset(rows["name"]) for value, rows in tagged.groupby("value")}
    return {value: found[value] for value in sorted(found, key=_natural)}


def _natural(value: str) -> list[tuple[int, str]]:
    """For an order in which 9 stands before 10."""
    parts = re.split("([0-9]+)", value)
    return [(int(part), "") if place % 2 else (-1, part) for place, part in enumerate(parts)]


def no_scores() -> pd.DataFrame:
    """The table without rows."""
    return pd.DataFrame(columns=COLUMNS)


def tag_scores(records: Records, baseline: str, lower_is_better: Sequence[str]) -> pd.DataFrame:
    """Mean and spread of each row of a block over the test images of each tag, and its test against the baseline.

    The scores of an image are averaged over its runs. ``mean`` and ``std`` (sample standard deviation) are over the
    images of the tag and not over runs, for a fold may have few of them. Pairs and test are those of
    :func:`~cwmi_seg.reporting.significance.significance`, on these images alone; p values are corrected by Holm's
    method over the rows of a block and the values of a tag, for each metric. ``rank`` is among the rows that
    :func:`~cwmi_seg.reporting.aggregate.aggregate` ranks.

    Args:
        records: The records of the study.
        baseline: Label of the rows to test against.
        lower_is_better: Names, as shell patterns, of the metrics for which less is better.

    Returns:
        Columns ``COLUMNS``: a row per block, tag, value, label and metric that single images have. The comparison with
        the baseline is missing for the baseline itself and where it was not run.
    """
    if records.tags.empty or records.images.empty:
        return no_scores()
    images = records.images.merge(records.done[["run", *BLOCK, "label", "fold", "seed"]], on="run")
    ways = {name: direction(name, lower_is_better) for name in records.metrics if name in images}
    found = [
        table.assign(**dict(zip(BLOCK, block, strict=True)), baseline=baseline)
        for block, own in images.groupby(BLOCK, sort=False)
        for table in _of_block(own, records.tags[records.tags["dataset"] == block[0]], ways, baseline)
    ]
    if not found:
        return no_scores()
    table = pd.concat(found, ignore_index=True)
    table["direction"] = table["metric"].map(ways)
    return _with_verdicts(table, comparable(records))[COLUMNS]


def _of_block(
    images: pd.DataFrame, tags: pd.DataFrame, ways: Mapping[str, str], baseline: str
) -> Iterator[pd.DataFrame]:
    """The numbers of each tag and value, a row per metric and label."""
    names = images["name"].unique().tolist()
    unit = "group" if images["group"].nunique() < len(names) else "image"
    for split in splits(names, tags):
        for value, chosen in split.names.items() if split.is_shown else ():
            scores = _score_table(images[images["name"].isin(chosen)], list(ways))
            numbers = _summary(scores).join(_against(scores, baseline, ways))
            yield numbers[numbers["num_images"] > 0].reset_index().assign(tag=split.tag, value=value, unit=unit)


def _score_table(images: pd.DataFrame, metrics: list[str]) -> pd.DataFrame:
    """A row per fold, seed, image and its group; a column per metric and label."""
    table = images.groupby(["fold", "seed", "name", "group", "label"])[metrics].mean().unstack("label")
    return table.rename_axis(columns=["metric", "label"])


def _summary(scores: pd.DataFrame) -> pd.DataFrame:
    by_image = scores.groupby(level=["name", "group"]).mean()
    num_groups = by_image.notna().groupby(level="group").any().sum()
    return pd.DataFrame(
        {"num_images": by_image.count(), "num_groups": num_groups, "mean": by_image.mean(), "std": by_image.std()}
    )


def _against(scores: pd.DataFrame, baseline: str, ways: Mapping[str, str]) -> pd.DataFrame:
    """The paired differences of each metric and label from the baseline."""
    with_baseline = baseline in scores.columns.unique("label")
    others = [(metric, label) for metric, label in scores.columns if with_baseline and label != baseline]
    index = pd.MultiIndex.from_tuples(others, names=["metric", "label"])
    differences = pd.DataFrame({pair: scores[pair] - scores[pair[0], baseline] for pair in others}, scores.index)
    signs = np.array([1 if ways[metric] == "higher" else -1 for metric, _ in others])
    return difference_rows(by_group(differences).to_numpy(float), signs).set_index(index)[_TESTED]


def _with_verdicts(table: pd.DataFrame, ranked: set[tuple[str, ...]]) -> pd.DataFrame:
    families = [table[column] for column in [*BLOCK, "tag", "metric"]]
    p = table["p"].groupby(families, sort=False).transform(lambda own: holm(own.to_numpy(float)))
    words = np.where(table["effect"] > 0, "better", "worse")
    is_ranked = pd.Series([key in ranked for key in table[[*BLOCK, "label"]].itertuples(index=False, name=None)])
    signed = table["mean"].where(table["direction"] == "lower", -table["mean"]).where(is_ranked)
    cells = signed.groupby([*families, table["value"]])
    return table.assign(
        num_pairs=table["num_pairs"].astype("Int64"),
        p_holm=p,
        verdict=np.where(p < LEVEL, words, ""),
        rank=cells.rank(method="min").where(cells.transform("count") > 1),
    )
