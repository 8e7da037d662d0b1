"""The files that the first reader of images and masks read otherwise than the one of today.

Data that were prepared from such files must not pass for those of today, so their fingerprint holds the version of the
reader; that of all others stays what it was.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cwmi_seg.datasets import pillow_files
from cwmi_seg.datasets.file_kinds import is_numpy, is_tif
from cwmi_seg.datasets.mask_readings import readings
from cwmi_seg.datasets.mask_values import white
from cwmi_seg.datasets.orientation import is_turned, of_page
from cwmi_seg.datasets.raw import RawDataset
from cwmi_seg.datasets.read_errors import named_errors
from cwmi_seg.datasets.size_limit import open_bounded
from cwmi_seg.datasets.stored_pixels import StoredPixels
from cwmi_seg.files.counted import counted

if TYPE_CHECKING:
    from tifffile import TiffPage

READER = 2
_WHITE_FIRST, _BLACK_FIRST = 0, 1  # grey, by the smallest number; values of the tag PhotometricInterpretation
_ALPHA = (1, 2)  # values of the tag ExtraSamples


def read_otherwise(dataset: RawDataset) -> list[Path]:
    """The raw images and masks of which the first reader made something else."""
    images = {sample.files[0] for sample in dataset.samples}
    masks = {sample.files[-1] for sample in dataset.samples}
    found = {path for path in images if _holds(partial(_differs, mask=False), path)}
    return sorted(found | {path for path in masks if _holds(partial(_differs, mask=True), path)})


def turned_note(dataset: RawDataset) -> tuple[str, ...]:
    """A note if files were turned, since masks may have been drawn on the pixels as they lie in the file."""
    files = sorted({path for sample in dataset.samples for path in sample.files})
    turned = [path.name for path in files if _holds(is_turned, path)]
    if not turned:
        return ()
    return (
        f"{counted(len(turned), 'file asks', 'files ask')} to be turned (orientation tag), which was done: "
        f"{turned[0]}; look at the preview",
    )


def _holds(question: Callable[[Path], bool], path: Path) -> bool:
    try:
        with named_errors(path):
            return question(path)
    except (OSError, ValueError):
        return False  # reading it says what is wrong


def _differs(path: Path, *, mask: bool) -> bool:
    if is_numpy(path):
        return False
    return _tif_differs(path, mask=mask) if is_tif(path) else _other_than_tif_differs(path, mask=mask)


def _tif_differs(path: Path, *, mask: bool) -> bool:
    import tifffile  # takes a while

    from cwmi_seg.datasets.tif_files import decode

    with tifffile.TiffFile(path) as file:
        pages = [page for page in file.pages if isinstance(page, tifffile.TiffPage)]
        if any(_page_differs(page, mask=mask) for page in pages):
            return True
        palette = mask and pages[0].photometric == tifffile.PHOTOMETRIC.PALETTE
    return palette and _palette_differs(decode(path, 0))


def _page_differs(page: "TiffPage", *, mask: bool) -> bool:
    """The first reader had Pillow read grey, RGB and palettes, which turned white, and let tifffile read the rest as
    it is stored."""
    alpha, white_first = any(kind in _ALPHA for kind in page.extrasamples), page.photometric == _WHITE_FIRST
    samples, deep = page.samplesperpixel, page.bitspersample > 8
    by_tifffile = samples > 3 or (samples > 1 and (deep or (page.photometric <= _BLACK_FIRST and not alpha)))
    turned = by_tifffile and of_page(page) != 1
    turned_white = white_first and (mask != (deep or by_tifffile))
    wrapped = page.dtype == np.int8 and not by_tifffile and page.asarray().min() < 0
    other_pages = page.is_reduced or page.is_mask
    return bool(other_pages or turned or turned_white or wrapped or (by_tifffile and alpha))


def _other_than_tif_differs(path: Path, *, mask: bool) -> bool:
    """The first reader left pictures of a turned camera as they lie, and read palettes of masks by number."""
    if is_turned(path):
        return True
    with open_bounded(path) as image:
        palette = image.mode == "P"
    return mask and palette and _palette_differs(pillow_files.decode(path))


def _palette_differs(stored: StoredPixels) -> bool:
    """Whether the positions in the palette alone are another mask than the colours tell."""
    ways = readings(stored, two_classes=True)
    if len(ways) > 1 or white(np.unique(stored.pixels)) is None:
        return False
    return not np.array_equal(ways[0][0] != 0, stored.pixels != 0)
