"""tif to stored pixels: any number of channels, 1 to 16 bits, the pages that are images of their own."""

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from cwmi_seg.datasets import pillow_files
from cwmi_seg.datasets.orientation import of_page, upright
from cwmi_seg.datasets.size_limit import open_bounded, refuse_huge
from cwmi_seg.datasets.stored_pixels import StoredPixels, UnfitImage, compact, opaque
from cwmi_seg.mistakes import Mistake

_KINDS = tifffile.PHOTOMETRIC
_GREY = (_KINDS.MINISWHITE, _KINDS.MINISBLACK)
_TRANSPARENT = "save it without transparency, or where the channel holds data with photometric minisblack"
_ALPHA = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)


def num_pages(path: Path) -> int:
    """The number of pages, without thumbnails, levels of a pyramid and masks of transparency."""
    return len(_own_pages(path))


def decode(path: Path, page: int | None) -> StoredPixels:
    """Read one of the pages that :func:`num_pages` counts; None expects a single one."""
    own = _own_pages(path)
    if page is None and len(own) > 1:
        raise UnfitImage(
            f"expected a single image, got {len(own)} pages; save each page as an image, channels in one page"
        )
    index = own[page or 0]
    with tifffile.TiffFile(path) as file:
        tags = file.pages[index]
        assert isinstance(tags, tifffile.TiffPage)
        _check(path, tags)
        meant = file.is_imagej or tags.software.startswith("tifffile") or _written_by_tifffile(file)
        white = tags.photometric == _KINDS.MINISWHITE
        try:
            # Pillow turns YCbCr into the colours that a viewer shows
            if tags.photometric == _KINDS.YCBCR:
                raise KeyError("left to Pillow")
            return _stored(tags, _pixels(tags), white, meant)
        except (KeyError, ValueError) as error:
            if not (isinstance(error, KeyError) or "imagecodecs" in str(error)):
                raise
            return _read_by_pillow(path, index, tags, white, meant)


def pages_differ(path: Path) -> bool:
    """Whether the file has pages that are no images of their own."""
    with tifffile.TiffFile(path) as file:
        return len(file.pages) != num_pages(path)


def _own_pages(path: Path) -> tuple[int, ...]:
    status = os.stat(path)
    return _listed(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _listed(path: Path, _time: int, _size: int) -> tuple[int, ...]:
    """Kept, since a stack is read page by page and its pages are a chain."""
    with tifffile.TiffFile(path) as file:
        kept = tuple(i for i, page in enumerate(file.pages) if not (page.is_reduced or page.is_mask))  # type: ignore[union-attr]
    if not kept:
        raise Mistake("no pages")
    return kept


def _written_by_tifffile(file: tifffile.TiffFile) -> bool:
    first = file.pages[0]
    return isinstance(first, tifffile.TiffPage) and first.software.startswith("tifffile")


def _check(path: Path, tags: tifffile.TiffPage) -> None:
    refuse_huge(path, tags.imagelength, tags.imagewidth, tags.samplesperpixel * tags.imagedepth)
    if tags.photometric == _KINDS.SEPARATED:
        raise UnfitImage("expected grey, RGB or a palette, got the pixel format CMYK; convert the image")
    if tags.photometric not in (*_GREY, _KINDS.RGB, _KINDS.PALETTE, _KINDS.YCBCR):
        name = getattr(tags.photometric, "name", tags.photometric)
        raise UnfitImage(f"expected grey, RGB or a palette, got the pixel format {name}; convert the image")
    if tags.axes not in ("YX", "YXS", "SYX"):
        raise UnfitImage(f"expected an image of height and width, got the axes {tags.axes}; save one image in a page")
    # a damaged file may name more places than lengths: only whole pairs can be checked
    segments = min(len(tags.dataoffsets), len(tags.databytecounts))
    ends = (tags.dataoffsets[i] + tags.databytecounts[i] for i in range(segments))
    if max(ends, default=0) > path.stat().st_size:
        raise Mistake("the file is cut short")


def _pixels(tags: tifffile.TiffPage) -> NDArray[np.integer]:
    """H W or H W C."""
    pixels = tags.asarray()
    return compact(np.moveaxis(pixels, 0, -1) if tags.axes == "SYX" else pixels)


def _stored(tags: tifffile.TiffPage, pixels: NDArray[np.integer], white: bool, meant: bool) -> StoredPixels:
    palette = _palette(tags) if tags.photometric == _KINDS.PALETTE else None
    colours = 3 if tags.photometric == _KINDS.RGB else 1
    for channel in reversed([colours + i for i, kind in enumerate(tags.extrasamples) if kind in _ALPHA]):
        pixels = opaque(pixels, channel, _TRANSPARENT)
    bits = tags.bitspersample if tags.bitspersample in (1, 2, 4) else 8 * pixels.itemsize
    return StoredPixels(upright(pixels, of_page(tags)), bits, palette, min_is_white=white, numbers_meant=meant)


def _palette(tags: tifffile.TiffPage) -> NDArray[np.uint8]:
    """256 x 3; colours have 16 bits, but some writers store 8."""
    colours = np.asarray(tags.colormap).T
    if len(colours) > 256:
        raise UnfitImage("expected a palette of at most 256 colours, got more; convert the image")
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(colours)] = colours >> 8 if colours.max() > 255 else colours
    return table


def _read_by_pillow(path: Path, index: int, tags: tifffile.TiffPage, white: bool, meant: bool) -> StoredPixels:
    """Compressions that tifffile leaves to imagecodecs, where Pillow reads the same numbers."""
    if not _kept_whole_by_pillow(tags):
        name = getattr(tags.compression, "name", tags.compression)
        raise UnfitImage(
            f"compressed by {name}, which the package imagecodecs reads; install it (pip install imagecodecs), "
            "or save the image without compression"
        )
    with open_bounded(path) as image:
        image.seek(index)
        read = pillow_files.stored(image, tags.bitspersample)  # upright: Pillow turns a tif by itself
    if white and tags.bitspersample <= 8:  # what Pillow has turned round
        stored = (2**read.bits - 1 - read.pixels).astype(np.uint8)
        return StoredPixels(stored, read.bits, min_is_white=True, numbers_meant=meant)
    return StoredPixels(read.pixels, read.bits, read.palette, min_is_white=white, numbers_meant=meant)


def _kept_whole_by_pillow(tags: tifffile.TiffPage) -> bool:
    """It drops channels that it has no name for, cuts 16-bit colour to 8 bit, and takes no notice of signs."""
    alpha = len(tags.extrasamples) == 1 and tags.extrasamples[0] in _ALPHA
    colours = tags.samplesperpixel - alpha
    grey = tags.photometric not in (_KINDS.RGB, _KINDS.YCBCR)
    whole = colours == (1 if grey else 3)
    unsigned = tags.sampleformat == tifffile.SAMPLEFORMAT.UINT
    return whole and unsigned and (tags.bitspersample <= 8 or (tags.bitspersample == 16 and tags.samplesperpixel == 1))
