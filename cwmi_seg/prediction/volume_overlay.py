"""A small copy of a volume and of its mask, kept while the volume goes by, for a picture of both."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.class_colours import colours_of
from cwmi_seg.datasets.info import DatasetInfo, Pixels
from cwmi_seg.pictures.overlay import displayable, tinted
from cwmi_seg.pictures.views import views
from cwmi_seg.prediction.blend import Rows

SIDE = 256
"""Voxels of the longest axis of the copy; larger volumes are shrunk by a whole number."""

_AT_A_TIME = 16  # slices


class Thumbnail:
    """Hands on the slices of a volume, and keeps every n-th voxel of what it has seen.

    Args:
        image: Volume D H W I.
    """

    def __init__(self, image: Rows) -> None:
        self.image, self.shape = image, image.shape
        self.step = -(-max(self.shape[:3]) // SIDE)
        sizes = [-(-length // self.step) for length in self.shape[:3]]
        self._pixels = np.zeros((self.shape[3], *sizes), dtype=np.float32)
        self._mask = np.zeros(sizes, dtype=np.uint8)

    def __getitem__(self, slices: slice) -> Pixels:
        """Neighbouring slices d H W I."""
        found = self.image[slices]
        start = slices.indices(self.shape[0])[0]
        first = -start % self.step
        kept = found[first :: self.step, :: self.step, :: self.step]
        place = (start + first) // self.step
        self._pixels[:, place : place + len(kept)] = np.moveaxis(kept, -1, 0)
        return found

    def look_at(self, stop: int) -> None:
        """See the slices before ``stop``, for they will not go by."""
        for start in range(0, stop, _AT_A_TIME):
            self[start : min(start + _AT_A_TIME, stop)]

    def add_mask(self, mask: NDArray[np.unsignedinteger]) -> None:
        """Keep of each block of the mask D H W the largest class, so that thin structures stay."""
        for z, plane in enumerate(mask):
            rows = np.maximum.reduceat(plane, range(0, plane.shape[0], self.step), axis=0)
            largest = np.maximum.reduceat(rows, range(0, plane.shape[1], self.step), axis=1)
            place = self._mask[z // self.step]
            np.maximum(place, largest, out=place)

    def save(self, path: Path, info: DatasetInfo) -> None:
        """Write three orthogonal slices and a projection, with the mask in the colours of the classes."""
        from PIL import Image

        pixels, mask, _ = views(self._pixels, self._mask, self._mask, info.spacing)
        colours = colours_of(info.num_classes, info.class_colours if info.num_classes > 2 else ())
        with path.open("wb") as file:
            Image.fromarray(tinted(displayable(pixels), mask, colours)).save(file, "PNG")
