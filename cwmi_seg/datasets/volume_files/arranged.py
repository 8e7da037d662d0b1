"""A stored volume with its axes in the order depth, height, width, channel."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.read_errors import named_errors
from cwmi_seg.datasets.size_limit import refuse_huge, refuse_huge_volume
from cwmi_seg.datasets.stored_pixels import UnfitImage
from cwmi_seg.datasets.volume_files.stored import Index, StoredVolume

_PIECE = 1 << 22  # values that are worked on at a time
_LARGEST_PIECE = 1 << 26  # values; files packed in thicker parts are unpacked more than once
_ORDER = "ZYXC"
_REPAIR = "name each stored axis by dataset.preparer.axes (of masks mask_axes), such as ZYX, XYZC or TCZYX"


@dataclass(frozen=True)
class Volume:
    """An opened file of a volume.

    Args:
        path: The file.
        shape: Depth, height, width, channels.
        dtype: Type of the stored numbers.
        axes: The letters of the stored axes.
        axes_from: Who says so: the "file", the "config", or a "guess", for three axes that nobody names are Z, Y, X.
        spacing: Distance of neighbouring voxels along depth, height, width; None where the file does not say all three.
        unit: Unit of the spacing; "" where it is not said.
        thickness: Number of slices that are best read at a time.
        notes: What is odd about the file.
        reader: Reads slices, which :meth:`read` does with errors that name the file.
    """

    path: Path
    shape: tuple[int, int, int, int]
    dtype: np.dtype[np.generic]
    axes: str
    axes_from: str
    spacing: tuple[float, ...] | None
    unit: str
    thickness: int
    notes: tuple[str, ...]
    reader: Callable[[int, int], NDArray[np.generic]]

    def read(self, start: int, stop: int) -> NDArray[np.generic]:
        """The slices from ``start`` to before ``stop``, D H W I.

        Raises:
            Mistake: The file is damaged there.
        """
        with named_errors(self.path, "a volume"):
            return self.reader(start, stop)

    def slabs(self, slices: range) -> Iterator[NDArray[np.generic]]:
        """Neighbouring slices, some at a time: fewer than are read at a time where a file is packed in thick parts."""
        step = max(_PIECE // prod(self.shape[1:]), 1)
        for first in range(slices.start, slices.stop, self.thickness):
            slab = self.read(first, min(first + self.thickness, slices.stop))
            yield from (slab[start : start + step] for start in range(0, len(slab), step))


def arranged(stored: StoredVolume, path: Path, axes: str | None) -> Volume:
    """Put the axes into order.

    Args:
        stored: An opened file.
        path: Its name, for messages.
        axes: The letters of the stored axes by the config, which count before those that the file says.

    Raises:
        UnfitImage: The axes are not known, or are no volume.
    """
    refuse_huge_volume(path, stored.shape, stored.chunks)
    if stored.dtype.kind not in "biuf" or stored.dtype.itemsize > 8:
        raise UnfitImage(f"expected numbers of up to 64 bits, got {stored.dtype}; convert them")
    letters, known = _letters(stored, axes)
    _check_letters(letters, stored.shape)
    sizes = dict(zip(letters, stored.shape, strict=True))
    steps = dict(zip(letters, stored.steps, strict=True)) if stored.steps else {}
    spacing = tuple(step for letter in "ZYX" if (step := steps.get(letter)) is not None)
    shape = (sizes["Z"], sizes["Y"], sizes["X"], sizes.get("C", 1))
    refuse_huge(path, *shape[1:])  # a slice is read whole
    return Volume(
        path=path,
        shape=shape,
        dtype=stored.dtype,
        axes=letters,
        axes_from=known,
        spacing=spacing if len(spacing) == 3 else None,
        unit=stored.unit,
        thickness=_thickness(shape, stored.chunks[letters.index("Z")] if stored.chunks else 1),
        notes=stored.notes,
        reader=lambda start, stop: _read(stored, letters, slice(start, stop)),
    )


def _letters(stored: StoredVolume, axes: str | None) -> tuple[str, str]:
    number = len(stored.shape)
    if axes is not None:
        if len(axes) != number:
            raise UnfitImage(f"expected {len(axes)} axes as in axes={axes}, got the shape {stored.shape}; {_REPAIR}")
        return axes, "config"
    # ? of a single axis beside height and width is what the pages of a stack are called where nothing is said
    said = stored.axes.replace("?", "Z") if "Z" not in stored.axes and stored.axes.count("?") == 1 else stored.axes
    if said and said.strip("?"):
        return said, "file" if said == stored.axes else "guess"
    if number > 3:
        raise UnfitImage(f"expected known axes, got the shape {stored.shape} without names of them; {_REPAIR}")
    return "ZYX"[3 - number :], "guess"


def _check_letters(letters: str, shape: tuple[int, ...]) -> None:
    if min(shape, default=0) < 1:
        raise UnfitImage(f"expected a voxel at least, got the shape {shape}; save it again")
    for letter, length in zip(letters, shape, strict=True):
        if letter not in _ORDER and length > 1:
            kind = "points in time" if letter == "T" else "along an axis that has no name"
            raise UnfitImage(
                f"expected a single volume, got {length} {kind} (axes {letters}, shape {shape}); {_REPAIR}"
            )
    if any(letters.count(letter) > 1 for letter in _ORDER):
        raise UnfitImage(f"expected each axis once, got {letters} of the shape {shape}; {_REPAIR}")
    if len(shape) < 3:
        raise UnfitImage(f"expected a volume, got an image of the shape {shape}; leave it out, or use dataset=folder")
    if not set("ZYX") <= set(letters):
        raise UnfitImage(f"expected the axes Z, Y and X, got {letters} of the shape {shape}; {_REPAIR}")


def _read(stored: StoredVolume, letters: str, slices: slice) -> NDArray[np.generic]:
    """D H W I, in the byte order of the machine."""
    index: Index = tuple(slices if letter == "Z" else slice(None) if letter in _ORDER else 0 for letter in letters)
    kept = [letter for letter in letters if letter in _ORDER]
    part = stored.read(index).transpose([kept.index(letter) for letter in _ORDER if letter in kept])
    ordered = part if "C" in kept else part[..., None]
    return ordered.astype(ordered.dtype.newbyteorder("="), copy=False)


def _thickness(shape: tuple[int, ...], chunk: int) -> int:
    """Slices of about 4 million values, in whole parts of a packed file unless these are huge."""
    of_slice = prod(shape[1:])
    slices = max(_PIECE // of_slice, 1)
    whole = -(-slices // chunk) * chunk
    return max(min(whole, max(_LARGEST_PIECE // of_slice, 1), shape[0]), 1)
