"""Modified Hausdorff distance and its 95th percentile form."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.metrics.per_class import PerClassMetric
from cwmi_seg.topology.masks import Mask, MaskLike, read_masks

Distances = NDArray[np.float64]
_NEAR = 16
"""Rows above and below that are looked at one by one; what is farther goes to a k-d tree."""
_NONE = np.int32(2**20)
"""Farther than any image is wide."""


def hausdorff_distances(prediction: MaskLike, target: MaskLike) -> tuple[float, float]:
    """Modified Hausdorff distance and 95th percentile Hausdorff distance, in pixels.

    The modified distance is max(mean over p in P of d(p, T), mean over t in T of d(t, P)), with P and T all pixels
    of the structures and d the Euclidean distance to the nearest pixel of a set. The other is the larger of the two
    95th percentiles of the distances of one boundary to the other; the boundary of a structure are its pixels with a
    4-neighbour outside of it or of the image. Both are 0 for equal masks and for two empty ones, and the diagonal of
    the image when one mask is empty.

    Args:
        prediction, target: structure, H W.

    Reference: M.-P. Dubuisson and A. Jain, A modified Hausdorff distance for object matching, ICPR 1994.
    """
    prediction, target = read_masks(prediction=prediction, target=target)
    empty = not prediction.any(), not target.any()
    if any(empty):
        diagonal = 0.0 if all(empty) else float(np.hypot(*target.shape))
        return diagonal, diagonal
    boundaries = boundary(prediction), boundary(target)
    forth = _directed(prediction, boundaries[0], target, boundaries[1])
    back = _directed(target, boundaries[1], prediction, boundaries[0])
    return max(forth[0], back[0]), max(forth[1], back[1])


def _directed(source: Mask, source_boundary: Mask, other: Mask, other_boundary: Mask) -> tuple[float, float]:
    """Mean distance from structure to structure, and 95th percentile from boundary to boundary.

    Outside of a structure its nearest pixel is one of its boundary, so one search serves both.
    """
    outside = source & ~other
    queries = outside | source_boundary & ~other_boundary
    distances = np.zeros(source.shape)
    distances[queries] = nearest_distances(queries, other_boundary)
    mean = distances[outside].sum() / np.count_nonzero(source)
    return float(mean), float(np.percentile(distances[source_boundary], 95))


def boundary(mask: MaskLike) -> Mask:
    """Pixels of the mask H W with a 4-neighbour outside of it or of the image."""
    (mask,) = read_masks(mask=mask)
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inner


def nearest_distances(queries: MaskLike, points: MaskLike) -> Distances:
    """Distance in pixels of every pixel of ``queries`` to the nearest of ``points``, in the order of the rows.

    Exact: the least of dy^2 + g^2 over the rows dy away, g the distance to the nearest point in a row, for growing
    dy until dy^2 reaches what was found; what is not settled by then is searched for in a k-d tree.

    Args:
        queries, points: H W; at least one point.

    Raises:
        ValueError: no point.
    """
    queries, points = read_masks(queries=queries, points=points)
    if not points.any():
        raise ValueError("points: expected at least one pixel, got none; there is no distance to nothing.")
    gaps = np.pad(_gaps_in_rows(points), ((_NEAR, _NEAR), (0, 0)), constant_values=_NONE).ravel()
    place = np.flatnonzero(queries) + _NEAR * points.shape[1]
    squares = gaps[place].astype(np.int64) ** 2
    rest = np.flatnonzero(squares > 1)
    for dy in range(1, _NEAR + 1):
        best, at = squares[rest], place[rest]
        for beside in (at - dy * points.shape[1], at + dy * points.shape[1]):
            best = np.minimum(best, gaps[beside].astype(np.int64) ** 2 + dy**2)
        squares[rest] = best
        rest = rest[best > (dy + 1) ** 2]
    distances = np.sqrt(squares)
    if rest.size:
        distances[rest] = _tree_distances(np.argwhere(queries)[rest], points)
    return distances


def _gaps_in_rows(points: Mask) -> NDArray[np.int32]:
    """Distance of every pixel to the nearest point of its row, ``_NONE`` or more without one."""
    columns = np.arange(points.shape[1], dtype=np.int32)
    before = np.maximum.accumulate(np.where(points, columns, -_NONE), axis=1)
    after = np.minimum.accumulate(np.where(points, columns, 2 * _NONE)[:, ::-1], axis=1)[:, ::-1]
    return np.minimum(columns - before, after - columns)


def _tree_distances(queries: NDArray[np.intp], points: Mask) -> Distances:
    from scipy.spatial import cKDTree

    return cKDTree(np.argwhere(points), compact_nodes=False, balanced_tree=False).query(queries)[0]


class Hausdorff(PerClassMetric):
    """:func:`hausdorff_distances` as ``hd`` (modified) and ``hd95``."""

    names = ("hd", "hd95")

    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> tuple[float, float]:
        return hausdorff_distances(prediction, target)
