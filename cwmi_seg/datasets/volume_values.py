"""Stored numbers of volumes to the values and classes that are prepared."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.raw_volumes import Slabs
from cwmi_seg.datasets.volume_files.arranged import Volume
from cwmi_seg.mistakes import Mistake

Classes = Callable[[NDArray[np.integer], Path], NDArray[np.uint8]]
_MOST_NUMBERS = 1 << 16  # different ones in a mask; more are neither classes nor neurons


def require_same_size(image: Volume, mask: Volume) -> None:
    """Check that a volume and its mask have one size.

    Raises:
        Mistake: they differ.
    """
    expected, got = (" x ".join(map(str, volume.shape[:3])) for volume in (mask, image))
    if got != expected:
        raise Mistake(
            f"{image.path}: expected the size of its mask {mask.path.name}, {expected} (depth x height x width), got "
            f"{got} by the axes {image.axes} and {mask.axes}; is it the mask of another volume, or are its axes others?"
        )


def image_slabs(volume: Volume, slices: range) -> Slabs:
    """Neighbouring slices of an image.

    8 and 16 bits without a sign stay as they are; all other numbers become float32, as long as that keeps whole
    numbers what they are.
    """
    dtype = prepared_dtype(volume.dtype)
    return Slabs(
        (len(slices), *volume.shape[1:]),
        dtype,
        lambda: (_as(slab, dtype, volume.path) for slab in volume.slabs(slices)),
    )


def prepared_dtype(dtype: np.dtype[np.generic]) -> str:
    """The type in which numbers of a type are prepared."""
    if dtype.kind == "b" or dtype == np.uint8:
        return "uint8"
    return "uint16" if dtype.kind == "u" and dtype.itemsize == 2 else "float32"


def _as(slab: NDArray[Any], dtype: str, path: Path) -> NDArray[Any]:
    with np.errstate(over="ignore"):  # what becomes infinite is refused
        values = slab.astype(dtype, copy=False)
    if dtype != "float32":
        return values
    if not np.isfinite(values).all():
        raise Mistake(f"{path}: expected finite values, got NaN or infinity; replace them, for example by 0.")
    if slab.dtype.kind in "iu" and slab.dtype.itemsize > 2 and not np.array_equal(values.astype(slab.dtype), slab):
        raise Mistake(f"{path}: expected whole numbers of at most 24 bits, got larger ones; convert the volume.")
    return values


def mask_slabs(volume: Volume, classes: Classes, slices: range, *, by_slice: bool = False) -> Slabs:
    """The classes of a mask.

    Args:
        volume: The opened mask, of whole numbers of any type, also where they are stored as floats.
        classes: Gives the classes of numbers H W, or raises ValueError with the path it is given.
        slices: The neighbouring slices that are read.
        by_slice: Whether the class of a voxel depends on its neighbours in the slice. Else it depends on its number
            alone, and stays the same whatever further numbers there are.

    Raises:
        Mistake: The file holds channels.
    """
    if volume.shape[3] != 1:
        raise Mistake(
            f"{volume.path}: expected a mask of one channel, got {volume.shape[3]}; are images and masks swapped?"
        )
    read = _of_slices if by_slice else _of_numbers
    return Slabs((len(slices), *volume.shape[1:3]), "uint8", lambda: read(volume, classes, slices))


def _of_slices(volume: Volume, classes: Classes, slices: range) -> Iterator[NDArray[np.uint8]]:
    for slab in volume.slabs(slices):
        yield np.stack([classes(page, volume.path) for page in whole_numbers(slab[..., 0], volume.path)])


def _of_numbers(volume: Volume, classes: Classes, slices: range) -> Iterator[NDArray[np.uint8]]:
    """Slab by slab, by the numbers that occurred so far: what makes a mask of all of them makes one of each slab."""
    known: NDArray[Any] = np.zeros(0, dtype=np.int64)
    of_known: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
    for slab in volume.slabs(slices):
        numbers = whole_numbers(slab[..., 0], volume.path)
        found = np.union1d(known, np.unique(numbers))
        if len(found) > len(known):
            if len(found) > _MOST_NUMBERS:
                raise Mistake(f"{volume.path}: expected classes, got more than {_MOST_NUMBERS} numbers; mend the mask.")
            known, of_known = found, classes(found[None], volume.path)[0]
        yield of_known[np.searchsorted(known, numbers)]


def whole_numbers(values: NDArray[Any], path: Path) -> NDArray[Any]:
    """Numbers of a mask as integers.

    Raises:
        Mistake: A number is not whole, or does not fit into 64 bits with a sign.
    """
    if values.dtype.kind == "b":
        return values.astype(np.uint8)
    if values.dtype == np.uint64:  # which numpy would compare with others as floats
        if values.max(initial=0) > np.iinfo(np.int64).max:
            raise Mistake(f"{path}: expected whole numbers of 63 bits, got {values.max()}; renumber the mask.")
        return values.astype(np.int64)
    if values.dtype.kind != "f":
        return values
    with np.errstate(invalid="ignore"):
        numbers = values.astype(np.int64)
    if (odd := values[numbers != values]).size:
        raise Mistake(
            f"{path}: expected whole numbers, got {odd[0]:.6g} ({values.dtype}); save class numbers, no probabilities."
        )
    return numbers
