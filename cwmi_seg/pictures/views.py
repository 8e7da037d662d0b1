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
    the masks what :func:`fronts` finds.

    Args:
        image: I D H W.
        prediction, target: D H W, class index.
        spacing: Distance of the voxels along each axis, by which coarse axes are stretched; equal by default.
        ignore_index: Class of the target that takes no part.

    Returns:
        Image I h w, prediction h w and target h w.
    """
    structure = target > 0 if ignore_index is None else (target > 0) & (target != ignore_index)
    places = busiest(counts_along(structure))
    masks = [
        laid_out([*three_slices(mask, places), front], spacing)
        for mask, front in zip((prediction, target), fronts(prediction, target, ignore_index), strict=True)
    ]
    channels = [
        laid_out([*three_slices(channel, places), channel.max(0)], spacing, float(channel.min())) for channel in image
    ]
    return np.stack(channels), masks[0], masks[1]


def counts_along(where: NDArray[np.bool_]) -> tuple[NDArray[np.int64], ...]:
    """The number of voxels of each slice D H W that a mask marks, along depth, height and width."""
    return where.sum((1, 2)), where.sum((0, 2)), where.sum((0, 1))


def busiest(counts: Sequence[NDArray[np.int64]]) -> tuple[int, ...]:
    """Of each axis the slice that has the largest number; the middle one where all have none."""
    return tuple(int(along.argmax()) if along.any() else len(along) // 2 for along in counts)


def three_slices(volume: _Array, places: Sequence[int]) -> list[_Array]:
    """The slices of a volume D H W, or D H W I, at one place of each axis."""
    z, y, x = places
    return [volume[z], volume[:, y], volume[:, :, x]]


def fronts(
    prediction: NDArray[np.integer], target: NDArray[np.integer], ignore_index: int | None = None
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """The voxel of each ray along the depth that says most, of both masks D H W.

    An error comes before structure that was found, and that before background, so that no error is hidden behind
    others. The slices are gone through one by one, so that the masks may be files that are mapped into memory.
    """
    seen, truth = prediction[0].copy(), target[0].copy()
    weight = _weight(seen, truth, ignore_index)
    for guess, true in zip(prediction[1:], target[1:], strict=True):
        says = _weight(guess, true, ignore_index)
        more = says > weight
        weight[more], seen[more], truth[more] = says[more], guess[more], true[more]
    return seen, truth


def _weight(guess: _Array, true: _Array, ignore_index: int | None) -> NDArray[np.uint8]:
    says = np.where(guess != true, 2, true > 0).astype(np.uint8)
    return says if ignore_index is None else says * (true != ignore_index)


def laid_out(pictures: Sequence[_Array], spacing: Sequence[float] | None, fill: float = 0, gap: int = 0) -> _Array:
    """The slices D, H and W and the projection in two rows, h w or h w I.

    Args:
        pictures: The four views, h w or h w I.
        spacing: Distance of the voxels along each axis, by which coarse axes are stretched; None is equal.
        fill: Value where nothing is.
        gap: Pixels between the views.
    """
    deep, high, wide = factors(spacing)
    stretch = [(high, wide), (deep, wide), (deep, high), (high, wide)]
    across, by_height, by_width, projection = (
        picture.repeat(rows, 0).repeat(columns, 1) for picture, (rows, columns) in zip(pictures, stretch, strict=True)
    )
    width, height = max(across.shape[1], by_width.shape[1]), by_height.shape[0]
    upper, lower = (across.shape[0] + gap, width + gap), (height, width)
    quarters = [(across, upper), (projection, (upper[0], width)), (by_height, (height, width + gap)), (by_width, lower)]
    first, second, third, fourth = (_padded(picture, size, fill) for picture, size in quarters)
    return np.concatenate([np.concatenate([first, second], axis=1), np.concatenate([third, fourth], axis=1)])


def factors(spacing: Sequence[float] | None) -> list[int]:
    """How often each voxel is repeated along depth, height and width, so that distances look as they are."""
    if spacing is None:
        return [1, 1, 1]
    return [min(max(round(distance / min(spacing)), 1), _MOST) for distance in spacing]


def _padded(picture: _Array, size: tuple[int, int], fill: float) -> _Array:
    missing = [(0, wanted - length) for wanted, length in zip(size, picture.shape, strict=False)]
    return np.pad(picture, [*missing, (0, 0)][: picture.ndim], constant_values=fill)
