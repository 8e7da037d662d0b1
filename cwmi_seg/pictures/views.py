"""A volume in one picture: three orthogonal slices, and the projection along the depth."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[Any]
_MOST = 8
"""Times that a coarse axis is stretched at most."""


def views(
    image: NDArray[np.floating],
    prediction: NDArray[np.integer],
    target: NDArray[np.integer],
    spacing: Sequence[float] | None = None,
    ignore_index: int | None = None,
) -> tuple[NDArray[np.floating], NDArray[np.integer], NDArray[np.integer]]:
    """Lay four views of a volume and of its masks out as one image each, two beside two.

    Above are the slice across the depth and the projection along it, below the slices across height and width; each
    slice goes through the most structure of the target. The projection shows the largest value of the image, and of
    the masks that voxel of the ray that says most: an error before structure that was found, and that before
    background, so that no error is hidden behind others.

    Args:
        image: I D H W.
        prediction, target: D H W, class index.
        spacing: Distance of the voxels along each axis, by which coarse axes are stretched; equal by default.
        ignore_index: Class of the target that takes no part.

    Returns:
        Image I h w, prediction h w and target h w.
    """
    takes_part = np.ones(target.shape, bool) if ignore_index is None else target != ignore_index
    structure = takes_part & (target > 0)
    places = [_busiest(structure, axis) for axis in range(3)]
    factors = _factors(spacing)
    rays = np.where(takes_part & (prediction != target), 2, structure).argmax(0)[None]
    masks = [
        _mosaic([*_slices(mask, places), np.take_along_axis(mask, rays, 0)[0]], factors, 0)
        for mask in (prediction, target)
    ]
    channels = [
        _mosaic([*_slices(channel, places), channel.max(0)], factors, float(channel.min())) for channel in image
    ]
    return np.stack(channels), masks[0], masks[1]


def _busiest(structure: _Array, axis: int) -> int:
    """The place along an axis whose slice has the most structure; the middle where there is none."""
    counts = structure.sum(tuple(other for other in range(3) if other != axis))
    return int(counts.argmax()) if counts.any() else len(counts) // 2


def _slices(volume: _Array, places: Sequence[int]) -> list[_Array]:
    z, y, x = places
    return [volume[z], volume[:, y], volume[:, :, x]]


def _factors(spacing: Sequence[float] | None) -> list[int]:
    if spacing is None:
        return [1, 1, 1]
    return [min(max(round(distance / min(spacing)), 1), _MOST) for distance in spacing]


def _mosaic(pictures: Sequence[_Array], factors: Sequence[int], fill: float) -> _Array:
    """The slices D, H and W and the projection, stretched to equal spacing, in two rows."""
    deep, high, wide = factors
    stretch = [(high, wide), (deep, wide), (deep, high), (high, wide)]
    across, by_height, by_width, projection = (
        picture.repeat(rows, 0).repeat(columns, 1) for picture, (rows, columns) in zip(pictures, stretch, strict=True)
    )
    width = max(across.shape[1], by_width.shape[1])
    rows = [[across, projection], [by_height, by_width]]
    return np.concatenate([np.concatenate([_wide(each, width, fill) for each in row], axis=1) for row in rows])


def _wide(picture: _Array, width: int, fill: float) -> _Array:
    return np.pad(picture, ((0, 0), (0, width - picture.shape[1])), constant_values=fill)
