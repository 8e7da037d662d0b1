"""Everything that is known about a dataset without opening its images: the content of ``dataset.json``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
"""Stored values of an image H W I, uint8 or uint16, or of a volume D H W I, which may be float32 as well."""


@dataclass(frozen=True)
class ImageInfo:
    """One image and its mask, or one volume and its mask.

    ``part`` is the image's place in the official split ("train", "val" or "test"; None without one).
    Images of one ``group`` belong together (two eyes of one person, neighbouring slices of a volume).
    ``depth`` is the number of slices of a volume, None for an image.
    """

    name: str
    height: int
    width: int
    class_counts: tuple[int, ...]
    group: str
    part: str | None = None
    image_sha256: str = ""
    mask_sha256: str = ""
    depth: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width of an image; depth, height and width of a volume."""
        size = (self.height, self.width)
        return size if self.depth is None else (self.depth, *size)


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset: its images, and ``mean`` and ``std`` of each channel in units of the stored pixel values.

    ``dtype`` is that of the stored images ("uint8" or "uint16", of volumes also "float32"). ``fingerprint`` is a
    checksum of the raw files and of how they were converted: equal fingerprints, equal data. ``notes`` say what was
    special. ``dimensions`` is 2 for images and 3 for volumes; ``spacing`` is the distance of neighbouring samples along
    each axis (depth, height, width) in ``unit``, None where it is not known.

    ``class_names`` and ``class_colours`` (red, green, blue) are by class number, empty where none were given.
    ``structure_width`` is the typical width of the classes above 0 in pixels, ``crop_size`` the training crop that was
    proposed for it (:mod:`cwmi_seg.datasets.proposal`). ``tags`` say by which properties a report splits the images:
    value of each tag, by the name of the image; they are no part of the fingerprint.
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
    dimensions: int = 2
    spacing: tuple[float, ...] | None = None
    unit: str = ""
    class_names: tuple[str, ...] = ()
    class_colours: tuple[tuple[int, int, int], ...] = ()
    structure_width: float | None = None
    crop_size: tuple[int, int] | None = None
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class ImageSource(Protocol):
    """The images of a dataset, from prepared files or from a generator."""

    @property
    def info(self) -> DatasetInfo:
        """Everything that is known about the images without reading them."""
        ...

    def read(self, index: int) -> tuple[Pixels, NDArray[np.uint8]]:
        """Image H W I and mask H W (class indices) of one entry of ``info.images``; of volumes D H W I and D H W."""
        ...
