"""Differences of paired scores: averaged to one for each unit, and what follows from them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cwmi_seg.reporting.intervals import mean_intervals
from cwmi_seg.reporting.signed_rank import signed_ranks
from cwmi_seg.reporting.significance import LEVEL, holm


def by_group(scores: pd.DataFrame) -> pd.DataFrame:
    """Means over the runs of an image, then over the images of a group; the index has fold, seed, name and group."""
    by_image = scores.groupby(level=["name", "group"]).mean()
    return by_image.groupby(level="group").mean()


def difference_rows(differences: NDArray[np.float64], sign: int | NDArray[np.int64]) -> pd.DataFrame:
    """The numbers of each column of differences, a row per unit, NaN where a unit is missing.

    Args:
        differences: Of shape N K.
        sign: 1 where higher values are better, else -1; of all columns, or K of them.

    Returns:
        K rows with the columns num_pairs, mean_difference, low, high, effect, p, p_holm and verdict, as in
        :class:`~cwmi_seg.reporting.pairs.Pairs`; Holm's correction is over all K.
    """
    p, effect = signed_ranks(differences)
    low, high = mean_intervals(differences)
    counts = (~np.isnan(differences)).sum(axis=0)
    sums = np.nansum(differences, axis=0)
    corrected, effect = holm(p), sign * effect
    words = np.where(effect > 0, "better", "worse")
    return pd.DataFrame({
        "num_pairs": counts,
        "mean_difference": np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0),
        "low": low,
        "high": high,
        "effect": effect,
        "p": p,
        "p_holm": corrected,
        "verdict": np.where(corrected < LEVEL, words, ""),
    })  # fmt: skip
