"""Mean and standard deviation of each channel, exact, over images seen one at a time."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import Pixels


class ChannelStatistics:
    """Histograms of the pixel values of each channel; their size does not grow with the number of images."""

    def __init__(self, channels: int) -> None:
        self.histograms: NDArray[np.int64] = np.zeros((channels, 2**16), dtype=np.int64)

    def add(self, image: Pixels) -> None:
        """Count the pixels of an image H W I."""
        for channel, histogram in enumerate(self.histograms):
            histogram += np.bincount(image[..., channel].ravel(), minlength=2**16)

    def mean(self) -> tuple[float, ...]:
        """The mean of each channel over all pixels of all images."""
        values = np.arange(2.0**16)
        return tuple(float(histogram @ values / histogram.sum()) for histogram in self.histograms.astype(np.float64))

    def std(self) -> tuple[float, ...]:
        """The standard deviation of each channel; 1 for a channel that never changes, so that dividing is harmless."""
        values, histograms = np.arange(2.0**16), self.histograms.astype(np.float64)
        variances = [h @ (values - m) ** 2 / h.sum() for h, m in zip(histograms, self.mean(), strict=True)]
        return tuple(float(np.sqrt(variance)) if variance > 0 else 1.0 for variance in variances)
