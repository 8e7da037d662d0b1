"""A folder of images that are the slices of a volume, in the order of the numbers in their names."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.file_kinds import IMAGES, of_kinds
from cwmi_seg.datasets.image_files import read_image, read_labels
from cwmi_seg.datasets.size_limit import refuse_huge_volume
from cwmi_seg.datasets.volume_files.stored import Index, StoredVolume
from cwmi_seg.mistakes import Mistake


@contextmanager
def open_slices(path: Path, *, labels: bool) -> Iterator[StoredVolume]:
    """Open the folder; each image is read when its slice is.

    Args:
        path: Folder of images of one size.
        labels: Whether the numbers that are stored are wanted, not what a viewer shows.
    """
    files = sorted(of_kinds(list(path.iterdir()), IMAGES), key=_by_numbers)
    if not files:
        raise Mistake("no images in the folder")
    read: Callable[[Path], NDArray[Any]] = _read_labels if labels else read_image
    first = read(files[0])
    shape = (len(files), *first.shape)
    refuse_huge_volume(path, shape)
    yield StoredVolume(shape, first.dtype, partial(_part, files, read, first), "ZYX" if labels else "ZYXC")


def _read_labels(path: Path) -> NDArray[np.int64]:
    return read_labels(path).astype(np.int64)  # or their type would depend on the numbers of each slice


def _by_numbers(path: Path) -> list[tuple[int, str]]:
    """Slice 10 comes after slice 9, with zeros in front or without."""
    return [(int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", path.name)]


def _part(
    files: list[Path], read: Callable[[Path], NDArray[Any]], first: NDArray[Any], index: Index
) -> NDArray[np.generic]:
    slices = index[0]
    assert isinstance(slices, slice)
    return np.stack([_checked(read(path), first, path) for path in files[slices]])[(slice(None), *index[1:])]


def _checked(pixels: NDArray[Any], first: NDArray[Any], path: Path) -> NDArray[Any]:
    if pixels.shape != first.shape or pixels.dtype != first.dtype:
        got, expected = (f"{'x'.join(map(str, each.shape))} of {each.dtype}" for each in (pixels, first))
        raise Mistake(f"{path}: expected {expected} as in the first slice, got {got}; convert it.")
    return pixels
