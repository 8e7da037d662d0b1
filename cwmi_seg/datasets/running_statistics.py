"""Mean and standard deviation of each channel of any numbers, seen in pieces."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class RunningStatistics:
    """Merges the moments of the pieces by the update of Chan, Golub and LeVeque (1979), in float64.

    Unlike sums of squares, that loses no digits where the mean is far larger than the deviation.
    """

    def __init__(self, channels: int) -> None:
        self._count = 0
        self._mean = np.zeros(channels)
        self._squares = np.zeros(channels)

    def add(self, piece: NDArray[Any]) -> None:
        """Take in the values of a piece (...) I."""
        values = piece.reshape(-1, piece.shape[-1])
        count = len(values)
        mean = values.mean(axis=0, dtype=np.float64)
        squares = np.array([np.square(values[:, c] - mean[c]).sum() for c in range(len(mean))])
        total = self._count + count
        apart = mean - self._mean
        self._squares += squares + apart**2 * (self._count * count / total)
        self._mean += apart * (count / total)
        self._count = total

    def mean(self) -> tuple[float, ...]:
        """The mean of each channel."""
        return tuple(self._mean.tolist())

    def std(self) -> tuple[float, ...]:
        """The standard deviation of each channel; 1 for a channel that never changes, so that dividing is harmless."""
        return tuple(float(np.sqrt(each / self._count)) if each > 0 else 1.0 for each in self._squares)
