"""npy, and npz of one array: they say nothing about axes and spacing. Nothing but numbers is loaded."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from cwmi_seg.datasets.size_limit import refuse_huge_volume
from cwmi_seg.datasets.stored_pixels import UnfitImage
from cwmi_seg.datasets.volume_files.stored import StoredVolume, of_array
from cwmi_seg.datasets.volume_files.unpacking import unpacked


@contextmanager
def open_npy(path: Path) -> Iterator[StoredVolume]:
    """Map the array into memory."""
    yield of_array(np.lib.format.open_memmap(path, mode="r"))


@contextmanager
def open_npz(path: Path, key: str | None) -> Iterator[StoredVolume]:
    """The one array, or that of the name ``key``, unpacked into a temporary file when it is read."""
    with zipfile.ZipFile(path) as archive:
        names = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
        name = _chosen(names, key)
        with archive.open(name) as entry:
            shape, dtype, size = _header(path, entry)
        with unpacked(lambda: archive.open(name), size) as file:
            array = cache(lambda: np.lib.format.open_memmap(file(), mode="r"))
            yield StoredVolume(shape, dtype, lambda index: np.array(array()[index]))


def _chosen(names: dict[str, str], key: str | None) -> str:
    if key in names:
        return names[key]
    if key is not None or len(names) != 1:
        expected = "one array" if key is None else f"an array {key}"
        raise UnfitImage(
            f"expected {expected}, got {', '.join(sorted(names)[:6]) or 'none'}; name it by "
            "dataset.preparer.image_key=NAME, of masks mask_key=NAME"
        )
    return next(iter(names.values()))


def _header(path: Path, entry: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[np.generic], int]:
    """Shape and type of the array, and the number of bytes that its file has by them."""
    version = np.lib.format.read_magic(entry)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(entry)
    refuse_huge_volume(path, shape)
    return shape, dtype, entry.tell() + prod(shape) * dtype.itemsize
