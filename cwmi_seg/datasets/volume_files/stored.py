"""A volume as its file has it, before its axes are put into order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = tuple[slice | int, ...]
Step = float | None


@dataclass(frozen=True)
class StoredVolume:
    """An opened file: what it says about its array, and how to read a part of it.

    Args:
        shape, dtype: Those of the array in the file.
        read: Reads the part that an index takes; a number drops its axis, as in numpy.
        axes: A letter for each axis, of Z, Y, X, C (channels), T (time) and ? (not said); "" says nothing.
        steps: Distance of neighbouring samples along each axis, None where the file does not say it.
        unit: Unit of the steps, such as "nm".
        chunks: Size along each axis of the parts that the file is packed in; None where any part may be read alone.
        notes: What is odd about the file.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    read: Callable[[Index], NDArray[np.generic]]
    axes: str = ""
    steps: tuple[Step, ...] = ()
    unit: str = ""
    chunks: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()


def of_array(array: NDArray[np.generic], axes: str = "", steps: Sequence[Step] = (), unit: str = "") -> StoredVolume:
    """A volume in an array that is mapped into memory."""
    return StoredVolume(array.shape, array.dtype, lambda index: np.array(array[index]), axes, tuple(steps), unit)
