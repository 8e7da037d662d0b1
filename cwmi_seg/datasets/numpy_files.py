"""npy and npz to stored pixels; nothing but numbers is loaded, and no more of them than the bound allows."""

import zipfile
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.size_limit import refuse_huge
from cwmi_seg.datasets.stored_pixels import StoredPixels, UnfitImage, compact

_MOST_CHANNELS = 64


def decode(path: Path, *, colours: bool = False) -> StoredPixels:
    """Read the one array of a file, which holds whole numbers or booleans H W, with ``colours`` also H W I."""
    if path.suffix.lower() == ".npy":
        with path.open("rb") as file:
            array = _array(path, file, colours)
    else:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            if len(names) != 1:
                raise UnfitImage(f"expected one array, got {len(names)}; save the mask alone in a .npy")
            with archive.open(names[0]) as entry:
                array = _array(path, entry, colours)
    bits = 1 if array.dtype == bool else 8 * array.itemsize
    return StoredPixels(compact(array), bits)


def _array(path: Path, file: IO[bytes], colours: bool) -> NDArray[np.generic]:
    """The header is checked before the numbers are read."""
    shape, _, dtype = _header(file)
    if colours and len(shape) == 3 and 0 < shape[2] <= _MOST_CHANNELS and 0 not in shape and dtype.kind in "biu":
        refuse_huge(path, *shape)
    elif colours and len(shape) != 2:
        raise UnfitImage(f"expected an image H x W or H x W x channels, got shape {shape}; transpose it, or cut it up")
    elif len(shape) != 2 or 0 in shape or dtype.kind not in "biu":
        raise UnfitImage(f"expected whole numbers H x W, got {dtype} of shape {shape}; save class numbers of one mask")
    else:
        refuse_huge(path, *shape)
    file.seek(0)
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)
