"""A training crop, batch and number of crops that fit a dataset, by a formula from what is known without its pixels.

    side   = 24 structure widths, at least 256, at most 512 pixels, a multiple of 32
    crop   = side, along each axis at most the smallest image (in whole multiples of 32 where it has that many pixels)
    batch  = 655,360 pixels / crop pixels / max(classes / 4, 1), at least 1, at most 10
    crops  = of each image and epoch as many as make 25 steps of about half of the images

655,360 pixels are ten crops of 256 x 256, the default. Where the smallest image is less than half as high or wide as
the middle one, it is padded instead of dictating the crop.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo

WIDTHS, SMALLEST, LARGEST, MULTIPLE = 24, 256, 512, 32
PIXELS, MOST, FREE_CLASSES = 10 * 256 * 256, 10, 4
STEPS, TRAINED = 25, 0.5
"""Steps of an epoch, and the share of images that trains."""


@dataclass(frozen=True)
class Proposal:
    """What to train with; ``pads`` says that some images are smaller than the crop."""

    crop_size: tuple[int, int]
    batch_size: int
    crops_per_image: int
    pads: bool

    def overrides(self, crop_size: Sequence[int] | None = None, *, padded: bool = False) -> list[str]:
        """As they are typed, without what the config says already: its ``crop_size``, whether it pads, and the
        defaults of the command.
        """
        wanted = (
            [] if list(self.crop_size) == list(crop_size or ()) else [f"dataset.crop_size={_listed(self.crop_size)}"]
        )
        wanted += ["dataset.pad_image=edge", "dataset.pad_target=edge"] if self.pads and not padded else []
        wanted += [f"data.batch_size={self.batch_size}"] if self.batch_size != MOST else []
        return wanted + ([f"data.crops_per_image={self.crops_per_image}"] if self.crops_per_image != 1 else [])


def proposal(info: DatasetInfo) -> Proposal | None:
    """What fits the images of ``info``; None for volumes, which are cut otherwise, and for no images."""
    if not info.images or info.dimensions != 2:
        return None
    crop = crop_size(info.images, info.structure_width)
    pixels = crop[0] * crop[1] * max(info.num_classes / FREE_CLASSES, 1)
    trained = max(TRAINED * len(info.images), 1)
    batch = int(min(max(PIXELS // pixels, 1), MOST))
    crops = math.ceil(STEPS * batch / trained)
    pads = any(image.height < crop[0] or image.width < crop[1] for image in info.images)
    return Proposal(crop, batch, crops, pads)


def crop_size(images: Sequence[ImageInfo], structure_width: float | None) -> tuple[int, int]:
    """Height and width of the crop."""
    wanted = min(max(WIDTHS * (structure_width or 0), SMALLEST), LARGEST)
    side = math.ceil(wanted / MULTIPLE) * MULTIPLE
    return _along([image.height for image in images], side), _along([image.width for image in images], side)


def _along(lengths: Sequence[int], side: int) -> int:
    """The crop along one axis, from the lengths of the images."""
    length, middle = min(lengths), int(statistics.median(lengths))
    length = middle if 2 * length < min(middle, side) else length
    return min(side, length // MULTIPLE * MULTIPLE or length)


class StructureWidth:
    """The typical width of the structure in pixels, over masks seen one at a time.

    A stripe of width w has distances 1, 2, ..., w / 2, ..., 2, 1 to what is around it; their mean is about (w + 2) / 4,
    so that w is 4 times the mean of the distances over all pixels of the structure, minus 2.
    """

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def add(self, mask: NDArray[np.uint8], ignore_index: int | None) -> None:
        """Take in a mask H W of class indices; all classes above 0 are the structure."""
        from scipy.ndimage import distance_transform_edt  # takes a while to import

        structure = mask > 0 if ignore_index is None else (mask > 0) & (mask != ignore_index)
        if not structure.any():
            return
        distances = distance_transform_edt(np.pad(structure, 1, mode="edge"))[1:-1, 1:-1]
        self.total += float(distances[structure].sum())
        self.count += int(np.count_nonzero(structure))

    def width(self) -> float | None:
        """In pixels, rounded to a tenth; None where there is no structure."""
        return round(max(4 * self.total / self.count - 2, 1.0), 1) if self.count else None


def _listed(numbers: Sequence[int]) -> str:
    return f"[{','.join(map(str, numbers))}]"
