"""Intervals of means by the bootstrap."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.reporting.signed_rank import MIN_PAIRS

RESAMPLES = 2000
SHARE = 0.95
_Floats = NDArray[np.float64]


def mean_intervals(values: _Floats) -> tuple[_Floats, _Floats]:
    """Ends of the 95 % percentile bootstrap interval of the mean of each column.

    Rows (groups of images) are drawn with replacement, the same ones for all columns, from a fixed seed. Columns with
    fewer than ``MIN_PAIRS`` values have no interval: resampling so few says little.

    Args:
        values: Of shape N K, NaN where a row has no value in a column.

    Returns:
        The lower and the upper ends, of shape K each.
    """
    weights, known = _weights(len(values)), ~np.isnan(values)
    counts = weights @ known
    sums = weights @ np.where(known, values, 0.0)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    low, high = np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    enough = known.sum(axis=0) >= MIN_PAIRS
    if enough.any():
        tail = 100 * (1 - SHARE) / 2
        shown = means[:, enough]
        # a resample may hold no row in which a column has a value; nanpercentile is slow where there is none
        percentile = np.nanpercentile if np.isnan(shown).any() else np.percentile
        low[enough], high[enough] = percentile(shown, (tail, 100 - tail), axis=0)
    return low, high


@lru_cache(maxsize=4)
def _weights(size: int) -> _Floats:
    """How often each of ``size`` rows is in each resample, of shape RESAMPLES N."""
    random = np.random.default_rng(size)
    return random.multinomial(size, np.full(size, 1 / size), RESAMPLES).astype(np.float64)
