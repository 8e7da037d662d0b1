"""What a preview shows of a volume: its middle slice and the largest values along its depth."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Views:
    """Collects the two views from the slabs of a volume and of its mask, which come from the first slice on.

    Args:
        shape: D H W I.
        ignore_index: Class that is left out of the projection of the mask, which it would hide.
    """

    def __init__(self, shape: tuple[int, ...], ignore_index: int | None) -> None:
        self.middle, self.ignore_index = shape[0] // 2, ignore_index
        self._image, self._mask = _View(self.middle), _View(self.middle)

    def add_image(self, slab: NDArray[Any]) -> None:
        """The next slices D H W I."""
        self._image.add(slab, slab)

    def add_mask(self, slab: NDArray[np.uint8]) -> None:
        """The next slices D H W."""
        self._mask.add(slab, slab if self.ignore_index is None else np.where(slab == self.ignore_index, 0, slab))

    def pairs(self) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """The middle slice and the projection, each as image H W I and mask H W."""
        return [(self._image.slice, self._mask.slice), (self._image.largest, self._mask.largest)]


class _View:
    def __init__(self, middle: int) -> None:
        self._middle, self._seen = middle, 0
        self.slice: NDArray[Any] = np.zeros(0)
        self.largest: NDArray[Any] = np.zeros(0)

    def add(self, slab: NDArray[Any], projected: NDArray[Any]) -> None:
        if 0 <= self._middle - self._seen < len(slab):
            self.slice = slab[self._middle - self._seen].copy()
        largest = projected.max(axis=0)
        self.largest = np.maximum(self.largest, largest) if self._seen else largest
        self._seen += len(slab)
