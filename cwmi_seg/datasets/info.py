"""Everything that is known about a dataset without opening its images: the content of ``dataset.json``."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class ImageInfo:
    """One image and its mask.

    ``part`` is the image's place in the official split ("train", "val" or "test"; None without one).
    Images of one ``group`` belong together (two eyes of one person, neighbouring slices of a volume).
    """

    name: str
    height: int
    width: int
    class_counts: tuple[int, ...]
    group: str
    part: str | None = None
    image_sha256: str = ""
    mask_sha256: str = ""


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset: its images, and ``mean`` and ``std`` of each channel in units of the stored pixel values.

    ``dtype`` is that of the stored images ("uint8" or "uint16"). ``fingerprint`` is a checksum of the raw
    files and of how they were converted: equal fingerprints, equal data. ``notes`` say what was special.
    """

    name: str
    source: str
    channels: int
    num_classes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    images: tuple[ImageInfo, ...]
    ignore_index: int | None = None
    dtype: str = "uint8"
    fingerprint: str = ""
    notes: tuple[str, ...] = ()


class ImageSource(Protocol):
    """The images of a dataset, from prepared files or from a generator."""

    @property
    def info(self) -> DatasetInfo:
        """Everything that is known about the images without reading them."""
        ...

    def read(self, index: int) -> tuple[Pixels, NDArray[np.uint8]]:
        """Image H W I and mask H W (class indices) of one entry of ``info.images``."""
        ...
