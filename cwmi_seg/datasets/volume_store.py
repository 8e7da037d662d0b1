"""Prepared volumes on disk: plain ``.npy`` files, written slab by slab and read through a mapping into memory.

A window that is cut out of a mapped volume reads the parts of the file that hold it and no others, and what was read
is shared by all processes; such pages belong to the file and make room whenever memory is short.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.mistakes import Mistake

SUFFIX = ".npy"
_REPAIR = "prepare the dataset again with overwrite=true"


def map_volume(path: Path, shape: Sequence[int], dtype: str) -> NDArray[Any]:
    """Map a prepared volume into memory, read-only; nothing but its header is read.

    Args:
        path: File that :func:`write_volume` wrote.
        shape, dtype: What ``dataset.json`` says about it.

    Raises:
        FileNotFoundError: No such file.
        Mistake: The file is damaged, cut short, or holds an array of another shape or type.
    """
    try:
        found = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file; {_REPAIR}.") from None
    except PermissionError:
        raise PermissionError(f"{path}: may not be read; run chmod u+r on it.") from None
    except Exception as error:  # a damaged header is evaluated, and fails as it likes
        raise Mistake(f"{path}: damaged ({error}); {_REPAIR}.") from error
    if found.shape != tuple(shape):
        raise Mistake(f"{path}: expected shape {tuple(shape)} as in dataset.json, got {found.shape}; {_REPAIR}.")
    if found.dtype != np.dtype(dtype):
        raise Mistake(f"{path}: expected {dtype} as in dataset.json, got {found.dtype}; {_REPAIR}.")
    return found.view(np.ndarray)


def write_volume(path: Path, shape: Sequence[int], dtype: str, slabs: Iterable[NDArray[Any]]) -> str:
    """Write a volume through to the disk and return the SHA-256 of its file.

    Args:
        path: File to write.
        shape: Shape of the whole volume.
        dtype: Type of its values, in the byte order of most machines (little endian).
        slabs: The volume in pieces along its first axis, from the first to the last.

    Raises:
        ValueError: The pieces do not make the whole volume.
    """
    stored = np.dtype(dtype).newbyteorder("<")
    header = {"descr": stored.str, "fortran_order": False, "shape": tuple(shape)}
    with path.open("w+b") as file:
        np.lib.format.write_array_header_1_0(file, header)
        end = file.tell() + prod(shape) * stored.itemsize
        for slab in slabs:
            file.write(np.ascontiguousarray(slab, dtype=stored).data)
        if file.tell() != end:
            raise ValueError(
                f"slabs: expected a volume of {tuple(shape)}, got {file.tell() - end} bytes more than that"
            )
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()
