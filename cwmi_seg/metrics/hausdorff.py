"""Modified Hausdorff distance and its 95th percentile form."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.metrics.per_class import Mask, PerClassMetric

Distances = NDArray[np.float64]
_NEAR = 6
"""Radius in pixels up to which neighbours are looked at one by one; farther pixels go to a k-d tree."""


def modified_hausdorff(prediction: Mask, target: Mask) -> float:
    """max(mean over P of d(p, T), mean over T of d(t, P)) in pixels, d the distance to the nearest pixel of a set.

    P and T are all pixels of the structures. 0 for equal masks and for two empty ones; the diagonal of the image
    when one is empty.

    Args:
        prediction, target: structure, H W.

    Reference: M.-P. Dubuisson and A. Jain, A modified Hausdorff distance for object matching, ICPR 1994.
    """
    if not (prediction.any() and target.any()):
        return _without_pixels(prediction, target)
    return max(float(nearest_distances(*pair).mean()) for pair in ((prediction, target), (target, prediction)))


def hausdorff_95(prediction: Mask, target: Mask) -> float:
    """Larger of the two 95th percentiles of the distances, in pixels, of one boundary to the other.

    The boundary of a structure are its pixels with a 4-neighbour that is not in it; outside the image is not.
    0 for equal masks and for two empty ones; the diagonal of the image when one is empty.
    """
    if not (prediction.any() and target.any()):
        return _without_pixels(prediction, target)
    p, t = boundary(prediction), boundary(target)
    return max(float(np.percentile(nearest_distances(*pair), 95)) for pair in ((p, t), (t, p)))


def boundary(mask: Mask) -> Mask:
    """Pixels of the mask with a 4-neighbour outside of it."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inner


def nearest_distances(queries: Mask, points: Mask) -> Distances:
    """Distance in pixels of every pixel of ``queries`` to the nearest of ``points``, in no particular order.

    Pixels in both are at 0, and only the rest is searched for: near ones by growing distance until a neighbour is
    found, the others among the boundary of ``points``.
    """
    far = np.flatnonzero(np.pad(queries & ~points, _NEAR))
    padded = np.pad(points, _NEAR)
    found = [np.zeros(np.count_nonzero(queries) - far.size)]
    for distance, row, column in _offsets():
        hit = padded.ravel()[far + (row * padded.shape[1] + column)]
        found.append(np.full(np.count_nonzero(hit), distance))
        far = far[~hit]
        if not far.size:
            return np.concatenate(found)
    return np.concatenate([*found, _tree_distances(far, padded)])


def _tree_distances(queries: NDArray[np.intp], points: Mask) -> Distances:
    from scipy.spatial import cKDTree

    tree = cKDTree(np.argwhere(boundary(points)), compact_nodes=False, balanced_tree=False)
    return tree.query(np.stack(np.unravel_index(queries, points.shape), axis=1))[0]


@lru_cache(maxsize=1)
def _offsets() -> list[tuple[float, int, int]]:
    """Distance, rows and columns of the neighbours within ``_NEAR``, the nearest first."""

    def disc() -> Iterator[tuple[float, int, int]]:
        for row, column in product(range(-_NEAR, _NEAR + 1), repeat=2):
            if 0 < row * row + column * column <= _NEAR * _NEAR:
                yield float(np.sqrt(row * row + column * column)), row, column

    return sorted(disc())


def _without_pixels(prediction: Mask, target: Mask) -> float:
    return float(np.hypot(*target.shape)) if prediction.any() or target.any() else 0.0


class Hausdorff(PerClassMetric):
    """:func:`modified_hausdorff` as ``hd`` and :func:`hausdorff_95` as ``hd95``."""

    names = ("hd", "hd95")

    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> tuple[float, float]:
        return modified_hausdorff(prediction, target), hausdorff_95(prediction, target)
