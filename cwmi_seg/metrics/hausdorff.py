"""Modified Hausdorff distance and its 95th percentile form."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.metrics.per_class import PerClassMetric
from cwmi_seg.mistakes import Mistake
from cwmi_seg.topology.masks import IMAGE_OR_VOLUME, Mask, MaskLike, read_masks, read_spacing

Distances = NDArray[np.float64]
_NEAR = 16
"""Number of rows above and below that are looked at one by one; pixels without a point there go to a k-d tree."""
_NONE = np.int32(2**20)
"""Farther than any image is wide."""


def hausdorff_distances(
    prediction: MaskLike, target: MaskLike, spacing: Sequence[float] | None = None
) -> tuple[float, float]:
    """The modified Hausdorff distance and the 95th percentile Hausdorff distance, in units of ``spacing``.

    The modified distance is max(mean over p in P of d(p, T), mean over t in T of d(t, P)), with P and T all pixels
    of the structures and d the Euclidean distance to the nearest pixel of a set. The other is the larger of the two
    95th percentiles of the distances of one boundary to the other; the boundary of a structure are its pixels with a
    4-neighbour (in a volume a 6-neighbour) outside of it or of the image. Both are 0 for equal masks and for two empty
    ones, and the diagonal of the image when one mask is empty.

    Args:
        prediction, target: structure, H W or D H W.
        spacing: distance between neighbours along each axis, such as (30, 6, 6) nm; None for 1, distances in pixels.

    Reference: M.-P. Dubuisson and A. Jain, A modified Hausdorff distance for object matching, ICPR 1994.
    """
    prediction, target = read_masks(IMAGE_OR_VOLUME, prediction=prediction, target=target)
    steps = read_spacing(spacing, target.ndim)
    empty = not prediction.any(), not target.any()
    if any(empty):
        diagonal = 0.0 if all(empty) else _diagonal(target.shape, steps)
        return diagonal, diagonal
    boundaries = boundary(prediction), boundary(target)
    forth = _directed(prediction, boundaries[0], target, boundaries[1], steps)
    back = _directed(target, boundaries[1], prediction, boundaries[0], steps)
    return max(forth[0], back[0]), max(forth[1], back[1])


def _diagonal(shape: tuple[int, ...], spacing: Sequence[float] | None) -> float:
    lengths = shape if spacing is None else np.multiply(shape, spacing)
    return float(reduce(np.hypot, lengths))


def _directed(
    source: Mask, source_boundary: Mask, other: Mask, other_boundary: Mask, spacing: Sequence[float] | None
) -> tuple[float, float]:
    """Mean distance from structure to structure, and 95th percentile from boundary to boundary.

    Outside of a structure its nearest pixel is one of its boundary, so one search serves both.
    """
    outside = source & ~other
    queries = outside | source_boundary & ~other_boundary
    distances = np.zeros(source.shape)
    distances[queries] = nearest_distances(queries, other_boundary, spacing)
    mean = distances[outside].sum() / np.count_nonzero(source)
    return float(mean), float(np.percentile(distances[source_boundary], 95))


def boundary(mask: MaskLike) -> Mask:
    """The pixels of a mask H W with a 4-neighbour (D H W: with a 6-neighbour) outside of it or of the image."""
    (mask,) = read_masks(IMAGE_OR_VOLUME, mask=mask)
    inner = mask.copy()
    for axis in range(mask.ndim):
        here, own = np.moveaxis(inner, axis, 0), np.moveaxis(mask, axis, 0)
        here[1:] &= own[:-1]
        here[:-1] &= own[1:]
        here[:1] = here[-1:] = False
    return mask & ~inner


def nearest_distances(queries: MaskLike, points: MaskLike, spacing: Sequence[float] | None = None) -> Distances:
    """Distance of every pixel of ``queries`` to the nearest of ``points``, in the order of the rows. Exact.

    Args:
        queries, points: H W or D H W; at least one point.
        spacing: distance between neighbours along each axis; None for 1.

    Raises:
        ValueError: no point.
    """
    queries, points = read_masks(IMAGE_OR_VOLUME, queries=queries, points=points)
    if not points.any():
        raise Mistake("points: expected at least one pixel, got none; there is no distance to nothing.")
    steps = read_spacing(spacing, points.ndim)
    if points.ndim == 2 and steps is None:
        return _distances_by_rows(queries, points)
    return _tree_distances(np.argwhere(queries), np.argwhere(points), np.array(steps or (1.0,) * points.ndim))


def _distances_by_rows(queries: Mask, points: Mask) -> Distances:
    """Distances in an image: the least of dy^2 + g^2 over rows dy away, with g the gap to the nearest point of a row.

    Rows are visited for growing dy until dy^2 reaches what was found; pixels that are not settled within ``_NEAR``
    rows are searched for in a k-d tree.
    """
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
        distances[rest] = _tree_distances(np.argwhere(queries)[rest], np.argwhere(points), np.ones(2))
    return distances


def _gaps_in_rows(points: Mask) -> NDArray[np.int32]:
    """Distance of every pixel to the nearest point of its row; ``_NONE`` or more in a row without points."""
    columns = np.arange(points.shape[1], dtype=np.int32)
    before = np.maximum.accumulate(np.where(points, columns, -_NONE), axis=1)
    after = np.minimum.accumulate(np.where(points, columns, 2 * _NONE)[:, ::-1], axis=1)[:, ::-1]
    return np.minimum(columns - before, after - columns)


def _tree_distances(queries: NDArray[np.intp], points: NDArray[np.intp], spacing: NDArray[np.float64]) -> Distances:
    """Distance of each index to the nearest of the points, a row each.

    It is computed from differences of indices, because differences of positions are rounded.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(points * spacing, compact_nodes=False, balanced_tree=False)
    nearest = tree.query(queries * spacing)[1]
    return np.sqrt((((queries - points[nearest]) * spacing) ** 2).sum(1))


class Hausdorff(PerClassMetric):
    """:func:`hausdorff_distances` as ``hd`` (modified) and ``hd95``.

    Args:
        num_classes, ignore_index: Number of classes and ignored value, as in the base class.
        spacing: Distance between neighbours along each axis; None for that of the volumes, as the one who builds the
            metric sets it, else 1.
    """

    names = distances = ("hd", "hd95")

    def __init__(
        self, num_classes: int = 2, ignore_index: int | None = None, spacing: Sequence[float] | None = None
    ) -> None:
        super().__init__(num_classes, ignore_index)
        self.spacing = read_spacing(spacing, 2, 3)
        if self.spacing is not None:
            self.axes = (len(self.spacing),)

    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> tuple[float, float]:
        """Both distances of one structure."""
        return hausdorff_distances(prediction, target, self.spacing)
