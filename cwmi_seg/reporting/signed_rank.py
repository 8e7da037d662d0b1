"""Wilcoxon's signed-rank test, of one sample of differences or of the columns of a table."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MIN_PAIRS = 6
"""Fewest pairs that are tested: with five, the smallest two-sided p of the signed-rank test is above 0.05."""
MOST_EXACT, MOST_EXACT_WITH_TIES = 50, 13
"""Most differences with an exact p, as in ``scipy.stats.wilcoxon``; for more p is that of the normal distribution."""
_Floats = NDArray[np.float64]


def signed_rank(differences: _Floats) -> tuple[float, float]:
    """Compute the two-sided p of Wilcoxon's signed-rank test and its effect size (W+ - W-) / (W+ + W-).

    Pairs without a difference are dropped; where none is left, p is 1 and the effect 0. p is exact for up to 50
    pairs without ties (13 with ties), and missing for fewer than ``MIN_PAIRS`` differences. Differences are rounded to
    12 digits, so that averaging leaves ties ties. The values are those of ``scipy.stats.wilcoxon``, which enumerates
    all signs where there are ties and takes a second for a hundred losses and metrics.
    """
    rounded = np.round(differences, 12)
    nonzero = rounded[rounded != 0]
    if not len(nonzero):
        return (math.nan if len(differences) < MIN_PAIRS else 1.0), 0.0
    ranks = _mean_ranks(np.abs(nonzero))
    positive = float(ranks[nonzero > 0].sum())
    effect = 2 * positive / float(ranks.sum()) - 1
    return (math.nan if len(differences) < MIN_PAIRS else _p_value(ranks, positive)), effect


def _mean_ranks(values: _Floats) -> _Floats:
    """The ranks from 1 on; equal values share the mean of theirs. SciPy takes a hundred times as long for so few."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: _Floats = (last - (counts - 1) / 2)[place]
    return shared


def signed_ranks(differences: _Floats) -> tuple[_Floats, _Floats]:
    """Compute :func:`signed_rank` of each column of N K differences, NaN where a pair is missing; K values each."""
    columns = [signed_rank(column[~np.isnan(column)]) for column in differences.T]
    p, effect = np.array(columns, dtype=np.float64).reshape(-1, 2).T
    return p, effect


def _p_value(ranks: _Floats, positive: float) -> float:
    """Of the sum of the positive ranks, if every sign is as likely as the other."""
    if len(ranks) > MOST_EXACT:
        return _normal_p_value(ranks, positive)
    has_ties = len(set(ranks.tolist())) < len(ranks)
    if len(ranks) <= (MOST_EXACT_WITH_TIES if has_ties else MOST_EXACT):
        doubled = 2 * ranks  # whole numbers, for a tie has the mean of its ranks
        share, place = _distribution(tuple(sorted(doubled.astype(int).tolist()))), round(2 * positive)
        return float(min(1.0, 2 * min(share[: place + 1].sum(), share[place:].sum())))
    return _normal_p_value(ranks, positive)


def _normal_p_value(ranks: _Floats, positive: float) -> float:
    variance = (ranks**2).sum() / 4
    return math.erfc(abs(positive - ranks.sum() / 2) / math.sqrt(2 * variance))


@lru_cache(maxsize=256)
def _distribution(ranks: tuple[int, ...]) -> _Floats:
    """Probability of each sum 0, 1, ... of ranks that are each taken by the toss of a coin."""
    share = np.zeros(sum(ranks) + 1)
    share[0] = 1.0
    for rank in ranks:
        share[rank:] = share[rank:] + share[: len(share) - rank]  # a new array first: the two parts overlap
        share /= 2
    return share
