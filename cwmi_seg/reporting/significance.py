"""Paired tests of every loss against a baseline."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cwmi_seg.metrics.directions import direction
from cwmi_seg.reporting.aggregate import BLOCK
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.signed_rank import MIN_PAIRS, signed_rank

LEVEL = 0.05
FOLD = "fold"
"""Name of the second unit of pairs, whose tests give no verdict in a table."""
_TESTED = ["label", "metric", "unit", "num_pairs", "median_difference", "effect", "p"]


def significance(records: Records, baseline: str, lower_is_better: Sequence[str]) -> pd.DataFrame:
    """Test each row of a block against the row ``baseline`` by Wilcoxon's signed-rank test, two-sided.

    Runs of the same fold and seed are paired. The scores of an image are first averaged over its runs, so that a
    repeated seed is no further observation, then over the images of its group, which are one observation: two eyes
    of one person, neighbouring slices. The pairs are the groups, and besides, where there are at least ``MIN_PAIRS``
    folds that share no group, the folds. p values are corrected by Holm's method over the rows of a block, for each
    metric and kind of pair.

    Returns:
        Columns dataset, model, settings, baseline, label, metric, unit ("image" where every group of the block is a
        single image, else "group"; or "fold"), num_pairs, median_difference (row minus baseline), effect
        (matched-pairs rank-biserial correlation in [-1, 1], above 0 where the row is better), p (missing with fewer
        than ``MIN_PAIRS`` pairs), p_holm, verdict ("better", "worse" or "").
    """
    images = records.images.merge(records.runs[["run", *BLOCK, "label", "fold", "seed"]], on="run")
    signs = {name: 1 if direction(name, lower_is_better) == "higher" else -1 for name in records.metrics}
    rows = [
        {**dict(zip(BLOCK, block, strict=True)), "baseline": baseline, **row}
        for block, scores in images.groupby(BLOCK, sort=False)
        for row in _block(scores, baseline, {name: sign for name, sign in signs.items() if name in scores})
    ]
    table = pd.DataFrame(rows, columns=[*BLOCK, "baseline", *_TESTED])
    families = [table[column] for column in [*BLOCK, "metric", "unit"]]
    table["p_holm"] = table.groupby(families, sort=False)["p"].transform(lambda p: holm(p.to_numpy(float)))
    words = np.where(table["effect"] > 0, "better", "worse")
    table["verdict"] = [word if p < LEVEL else "" for word, p in zip(words, table["p_holm"], strict=True)]
    return table


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjust p values by Holm's method: p_(i) (m - i) for i = 0, 1, ... in ascending order, made monotone, at most 1.

    Missing values are no tests and stay missing. Reference: S. Holm, Scand. J. Statist. 6, 1979.
    """
    adjusted, valid = np.full(len(p), np.nan), np.flatnonzero(~np.isnan(p))
    order = valid[np.argsort(p[valid], kind="stable")]
    scaled = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def _block(scores: pd.DataFrame, baseline: str, signs: dict[str, int]) -> Iterator[dict[str, object]]:
    reference = scores[scores["label"] == baseline]
    unit = "group" if scores["group"].nunique() < scores["name"].nunique() else "image"
    for label, own in scores.groupby("label", sort=False):
        if label == baseline:
            continue
        # an inner join: what one of the two was not tested on tells nothing about their difference
        pairs = own.merge(reference, on=["fold", "seed", "name"], suffixes=("", "/baseline"))
        differences = pd.DataFrame({name: pairs[name] - pairs[f"{name}/baseline"] for name in signs})
        for kind, values in _units(pairs, differences, unit):
            for name, sign in signs.items():
                yield {"label": label, "metric": name, "unit": kind, **_test(values[name].dropna().to_numpy(), sign)}


def _units(pairs: pd.DataFrame, differences: pd.DataFrame, unit: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Differences averaged over everything but the group (``unit``), and over everything but the fold."""
    if pairs.empty:
        return
    groups = pairs.groupby("name")["group"].first()
    # a mean of means, so that a group of many images weighs as much as one of few
    yield unit, differences.groupby(pairs["name"]).mean().groupby(groups).mean()
    folds_per_group = pairs.groupby("group")["fold"].nunique()
    if pairs["fold"].nunique() >= MIN_PAIRS and (folds_per_group == 1).all():
        yield FOLD, differences.groupby(pairs["fold"]).mean()


def _test(differences: NDArray[np.float64], sign: int) -> dict[str, object]:
    p, effect = signed_rank(differences)
    median = float(np.median(differences)) if len(differences) else np.nan
    return {"num_pairs": len(differences), "median_difference": median, "effect": sign * effect, "p": p}
