"""What a preparer gives, which may be anybody's: held to its contract before anything is written."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import Pixels
from cwmi_seg.datasets.raw import RawDataset, RawSample
from cwmi_seg.datasets.raw_volumes import Raw, RawVolumes
from cwmi_seg.mistakes import Mistake


def check_given(given: object) -> Raw:
    """The samples that a preparer has returned.

    Raises:
        Mistake: It has returned something else, or no sample.
    """
    if not isinstance(given, RawDataset | RawVolumes):
        raise Mistake(
            f"dataset.preparer: expected it to return a RawDataset or RawVolumes, got {type(given).__name__}."
        )
    if not given.samples:
        raise Mistake(
            f"dataset.preparer: expected at least one sample, got a {type(given).__name__} without any; "
            "find the images by RawFiles.require, which says what it looked for."
        )
    return given


def read_sample(sample: RawSample) -> tuple[Pixels, NDArray[np.uint8]]:
    """The image H W I and the mask H W of a sample; a mask may come in any type that holds whole numbers.

    Raises:
        Mistake: The image has other axes or another type than uint8 and uint16, or the mask is none of class indices.
    """
    image, mask = sample.read()
    if image.ndim != 3 or str(image.dtype) not in ("uint8", "uint16"):
        raise Mistake(
            f"{sample.files[0]}: expected an image H W I of uint8 or uint16, got one of shape {image.shape} of "
            f"{image.dtype}; mend the preparer that read it."
        )
    if mask.ndim != 2 or mask.dtype.kind not in "bui" or (mask.size and (mask.min() < 0 or mask.max() > 255)):
        raise Mistake(
            f"{sample.files[-1]}: expected a mask H W of class indices from 0 to 255, got one of shape {mask.shape} of "
            f"{mask.dtype}; mend the preparer that read it."
        )
    return image, mask.astype(np.uint8, copy=False)
