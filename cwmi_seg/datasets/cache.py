"""Decoded images in memory that the data loader's processes share."""

import mmap
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import DatasetInfo, Pixels

Entry = tuple[Pixels, NDArray[np.uint8]]


class PixelCache:
    """Images and masks of a dataset in one anonymous shared mapping, up to a bound.

    Sizes are known beforehand, so each entry has its place and is written there by whichever process reads it first;
    a flag behind the pixels says that it is there. Two that write the same entry write the same bytes. Forked
    processes share the mapping: memory does not grow with their number, and all is there after the first epoch. The
    first images that fit are kept and nothing is thrown out to make room: under shuffled access that serves the
    largest share from memory. Pages take memory when they are written, not before.

    Args:
        info: The dataset.
        limit: Bytes that the mapping may take.
    """

    def __init__(self, info: DatasetInfo, limit: int) -> None:
        self._dtype = np.dtype(info.dtype)
        self._shapes = [(image.height, image.width, info.channels) for image in info.images]
        ends = np.cumsum([self._size(shape) for shape in self._shapes])
        # a prefix: an image that does not fit ends it, even if a smaller one behind it would
        self._starts = (ends - [self._size(shape) for shape in self._shapes])[ends <= limit]
        kept = len(self._starts)
        self._memory = mmap.mmap(-1, max(int(ends[kept - 1]) if kept else 0, 1))
        self._filled = np.frombuffer(mmap.mmap(-1, max(kept, 1)), dtype=np.uint8)

    def get(self, index: int) -> Entry | None:
        """Image and mask, read-only; None where they are not kept (yet)."""
        if index >= len(self._starts) or not self._filled[index]:
            return None
        image, mask = self._place(index)
        image.setflags(write=False)
        mask.setflags(write=False)
        return image, mask

    def put(self, index: int, entry: Entry) -> None:
        """Keep image and mask, if they have a place."""
        if index >= len(self._starts):
            return
        for place, pixels in zip(self._place(index), entry, strict=True):
            place[...] = pixels
        self._filled[index] = 1

    def _place(self, index: int) -> Entry:
        shape, start = self._shapes[index], int(self._starts[index])
        image: Pixels = np.ndarray(shape, self._dtype, self._memory, start)
        return image, np.ndarray(shape[:2], np.uint8, self._memory, start + image.nbytes)

    def _size(self, shape: Sequence[int]) -> int:
        """Bytes of image and mask, rounded up so that 16-bit pixels are aligned."""
        height, width, channels = shape
        return -(-height * width * (channels * self._dtype.itemsize + 1) // 2) * 2
