"""The tag by which a camera says how it was held (EXIF and TIFF tag 274): which way up an image is meant."""

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cwmi_seg.datasets.file_kinds import is_numpy, is_tif
from cwmi_seg.datasets.size_limit import open_bounded

if TYPE_CHECKING:
    from tifffile import TiffPage

TAG = 274
_Number = TypeVar("_Number", bound=np.generic)


def upright(pixels: NDArray[_Number], orientation: int) -> NDArray[_Number]:
    """Pixels H W [C] turned and mirrored as the tag asks for; only 2 to 8 ask for something."""
    flip_rows, flip_columns, transpose = _TURNS.get(orientation, (False, False, False))
    pixels = pixels.swapaxes(0, 1) if transpose else pixels
    return np.ascontiguousarray(pixels[:: 1 - 2 * flip_rows, :: 1 - 2 * flip_columns])


# by tag: whether rows and columns, of the transposed pixels where they are, run backwards
_TURNS = {
    2: (False, True, False), 3: (True, True, False), 4: (True, False, False), 5: (False, False, True),
    6: (False, True, True), 7: (True, True, True), 8: (True, False, True),
}  # fmt: skip


def of_image(image: Image.Image) -> int:
    """The tag of an opened image that is no tif; 1 where it has none."""
    return _known(image.getexif().get(TAG, 1))


def of_page(page: "TiffPage") -> int:
    """The tag of a page of a tif; 1 where it has none."""
    return _known(page.tags.valueof(TAG, default=1))


def is_turned(path: Path) -> bool:
    """Whether an image asks to be turned or mirrored; only the head of the file is read."""
    if is_numpy(path):
        return False
    if is_tif(path):
        import tifffile  # takes a while

        with tifffile.TiffFile(path) as file:
            return of_page(file.pages.first) != 1
    with open_bounded(path) as image:
        return _known(Image.Image.getexif(image).get(TAG, 1)) in _TURNS  # that of the format may read all pixels


def _known(value: object) -> int:
    return value if isinstance(value, int) and value in _TURNS else 1
