"""Surface Dice coefficient at a tolerance."""

import math
from collections.abc import Sequence
from functools import lru_cache
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.metrics.hausdorff import nearest_distances
from cwmi_seg.metrics.per_class import PerClassMetric
from cwmi_seg.mistakes import Mistake
from cwmi_seg.topology.masks import IMAGE_OR_VOLUME, Mask, MaskLike, read_masks, read_spacing

Codes = NDArray[np.uint8]
_SLACK = 1 + 1e-9
"""Factor of the tolerance, so that three steps of 0.1 are within 0.3 though their sum is rounded up."""


def surface_dice_score(
    prediction: MaskLike, target: MaskLike, tolerance: float = 1.0, spacing: Sequence[float] | None = None
) -> float:
    """Share of the two surfaces that lies within ``tolerance`` of the other one, in [0, 1].

    A surface passes between the pixel centres. Of each cell of 2 x 2 (x 2) neighbouring pixels that are not all equal
    it has the element of the marching squares (cubes), of length (area) a and at the middle of the cell. With d the
    distance to the nearest cell of the other surface, the value is (sum of a over the elements with d <= tolerance) /
    (sum of a), both sums over both surfaces. Where a cell is ambiguous, its pixels of the kind that is rarer in it are
    kept apart. Background surrounds the image, so that a structure that touches the border has a surface there.
    1 for equal masks, two empty ones among them, 0 when one is empty.

    Args:
        prediction, target: structure, H W or D H W.
        tolerance: largest distance that counts as none, in units of ``spacing``, at least 0.
        spacing: distance between neighbours along each axis; None for 1.

    Reference: S. Nikolov et al., Clinically applicable segmentation of head and neck anatomy for radiotherapy,
    Journal of Medical Internet Research 23(7), 2021; the code is the package surface-distance. W. Lorensen and
    H. Cline, Marching cubes, SIGGRAPH 1987.
    """
    _check_tolerance(tolerance)
    prediction, target = read_masks(IMAGE_OR_VOLUME, prediction=prediction, target=target)
    steps = read_spacing(spacing, target.ndim)
    if not (prediction.any() and target.any()):
        return float(prediction.any() == target.any())
    sizes = _element_sizes(steps or (1.0,) * target.ndim)
    codes = _cell_codes(prediction), _cell_codes(target)
    surfaces = [sizes[code] > 0 for code in codes]
    near = total = 0.0
    for code, own, other in zip(codes, surfaces, reversed(surfaces), strict=True):
        near_cells = own & other
        apart = own & ~other
        near_cells[apart] = nearest_distances(apart, other, steps) <= tolerance * _SLACK
        near += float(sizes[code[near_cells]].sum())
        total += float(sizes[code[own]].sum())
    return near / total


surface_dice = surface_dice_score
"""The former name of :func:`surface_dice_score`."""


def _cell_codes(mask: Mask) -> Codes:
    """Code of every cell of 2 x 2 (x 2) pixels, (H + 1) (W + 1): a bit for each corner whose pixel is set."""
    padded = np.pad(mask, 1).view(np.uint8)
    codes = np.zeros([length + 1 for length in mask.shape], np.uint8)
    for bit, corner in enumerate(np.ndindex((2,) * mask.ndim)):
        part = tuple(slice(start, start + length) for start, length in zip(corner, codes.shape, strict=True))
        codes |= padded[part] << bit
    return codes


@lru_cache(maxsize=16)
def _element_sizes(spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Length or area of the surface in a cell, by its code; 0 for the codes of cells whose pixels are all equal."""
    size = _length if len(spacing) == 2 else _area
    corners = 2 ** len(spacing)
    sizes = np.zeros(2**corners)
    for code in range(1, len(sizes) - 1):
        cell = np.array([code >> bit & 1 for bit in range(corners)], bool).reshape((2,) * len(spacing))
        sizes[code] = size(cell if cell.sum() <= corners // 2 else ~cell, spacing)
    return sizes


def _length(cell: Mask, spacing: tuple[float, ...]) -> float:
    """Length of the contour in a cell of 2 x 2 with one or two pixels set: it cuts off corners, or passes straight."""
    for axis in (0, 1):
        if cell.all(axis).any():  # a whole side along this axis
            return spacing[axis]
    return int(cell.sum()) * math.hypot(*spacing) / 2


def _area(cell: Mask, spacing: tuple[float, ...]) -> float:
    """Area of the surface in a cell of 2 x 2 x 2 with one to four voxels set."""
    from skimage.measure import marching_cubes, mesh_surface_area

    vertices, faces, *_ = marching_cubes(cell.astype(np.float32), 0.5, method="lorensen")  # type: ignore[no-untyped-call]
    return float(mesh_surface_area(vertices * np.array(spacing), faces))  # type: ignore[no-untyped-call]


def _check_tolerance(tolerance: float) -> None:
    if isinstance(tolerance, bool) or not isinstance(tolerance, Real) or not 0 <= tolerance < math.inf:
        raise Mistake(f"tolerance: expected a number of at least 0, got {tolerance}; use for example 1.")


class SurfaceDice(PerClassMetric):
    """:func:`surface_dice_score` as ``surface_dice_TOLERANCE``, such as ``surface_dice_1``.

    Args:
        num_classes, ignore_index: Number of classes and ignored value, as in the base class.
        tolerance: Largest distance that counts as none, in units of ``spacing`` where that is given; else in voxels of
            the finest axis, so that 1 is one voxel whatever the unit of the volumes.
        spacing: Distance between neighbours along each axis; None for that of the volumes, as the one who builds the
            metric sets it, else 1.
    """

    def __init__(
        self,
        num_classes: int = 2,
        ignore_index: int | None = None,
        tolerance: float = 1.0,
        spacing: Sequence[float] | None = None,
    ) -> None:
        super().__init__(num_classes, ignore_index)
        _check_tolerance(tolerance)
        self.tolerance, self._in_voxels = tolerance, spacing is None
        self.spacing = read_spacing(spacing, 2, 3)
        if self.spacing is not None:
            self.axes = (len(self.spacing),)
        self.names = (f"surface_dice_{tolerance:g}",)

    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> tuple[float]:
        """Surface Dice of one structure."""
        unit = min(self.spacing) if self._in_voxels and self.spacing is not None else 1.0
        return (surface_dice_score(prediction, target, self.tolerance * unit, self.spacing),)
