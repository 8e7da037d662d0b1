"""Stacks in tif by tifffile: many pages, tiles, ImageJ, OME-TIFF; pages are decoded one at a time, or mapped."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cwmi_seg.datasets.size_limit import refuse_huge_volume
from cwmi_seg.datasets.stored_pixels import UnfitImage
from cwmi_seg.datasets.volume_files.ome_metadata import pixel_sizes
from cwmi_seg.datasets.volume_files.stored import Index, Step, StoredVolume
from cwmi_seg.datasets.volume_files.units import in_one_unit, unit_name
from cwmi_seg.mistakes import Mistake

_LETTERS = {"S": "C", **dict(zip("ZYXCT", "ZYXCT", strict=True))}
_UNFIT = (tifffile.PHOTOMETRIC.PALETTE, tifffile.PHOTOMETRIC.MINISWHITE, tifffile.PHOTOMETRIC.SEPARATED)


@contextmanager
def open_tif(path: Path) -> Iterator[StoredVolume]:
    """Open the one stack of a file, at its full resolution; thumbnails and parts in other files are left out."""
    with _opened(path) as file:
        stack = _only_stack(file)
        refuse_huge_volume(path, stack.shape)
        _refuse_cut(file, path)
        _refuse_unfit(file, stack)
        axes = "".join(_LETTERS.get(letter, "?") for letter in stack.axes)
        steps, unit = _steps(file, axes)
        chunks = _chunks(stack)
        yield StoredVolume(stack.shape, stack.dtype, _reader(file, stack, path), axes, steps, unit, chunks)


def _opened(path: Path) -> tifffile.TiffFile:
    """The file; where tifffile wrote its pages one by one and described each as an image, without that description."""
    file = tifffile.TiffFile(path, _multifile=False)
    if not file.is_shaped or len(_stacks(file)) == 1:
        return file
    file.close()
    return tifffile.TiffFile(path, _multifile=False, is_shaped=False)


def _stacks(file: tifffile.TiffFile) -> list[Any]:
    return [each for each in file.series if not (each.keyframe.is_reduced or each.keyframe.is_mask)]


def _only_stack(file: tifffile.TiffFile) -> Any:
    stacks = _stacks(file)
    if len(stacks) != 1:
        sizes = ", ".join("x".join(map(str, each.shape)) for each in stacks[:4])
        raise UnfitImage(f"expected one stack, got {len(stacks)} of the sizes {sizes}; save each as a file of its own")
    return stacks[0]


def _refuse_cut(file: tifffile.TiffFile, path: Path) -> None:
    """Each page names the place of the next; where the file ends before that, tifffile gives the pages until there."""
    last, kind = file.pages[len(file.pages) - 1], file.tiff
    handle = file.filehandle
    handle.seek(last.offset)
    (tags,) = struct.unpack(kind.tagnoformat, handle.read(kind.tagnosize))
    handle.seek(last.offset + kind.tagnosize + tags * kind.tagsize)
    following = handle.read(kind.offsetsize)
    if len(following) < kind.offsetsize or any(following):
        raise Mistake(f"the file is cut short, behind page {len(file.pages)}")
    if max((_end(page) for page in file.pages), default=0) > path.stat().st_size:
        raise Mistake("the file is cut short")


def _end(page: Any) -> int:
    pairs = zip(page.dataoffsets, page.databytecounts, strict=False)
    return max((offset + count for offset, count in pairs), default=0)


def _refuse_unfit(file: tifffile.TiffFile, stack: Any) -> None:
    frame = stack.keyframe
    meant = file.is_imagej or frame.software.startswith("tifffile") or file.is_shaped  # they never turn numbers round
    if frame.photometric in _UNFIT and not (frame.photometric == tifffile.PHOTOMETRIC.MINISWHITE and meant):
        raise UnfitImage(f"expected grey or RGB, got the pixel format {frame.photometric.name}; convert it")
    if frame.tags.valueof(274, default=1) != 1:
        raise UnfitImage("expected pages as they lie in the file, got a tag that asks to turn them; save them upright")
    if any(page is None for page in stack.pages):
        raise UnfitImage("expected all planes in the same file, got an OME-TIFF of several files; save it as one")


def _reader(file: tifffile.TiffFile, stack: Any, path: Path) -> Callable[[Index], NDArray[Any]]:
    if stack.dataoffset is not None:
        dtype = np.dtype(stack.dtype).newbyteorder(file.byteorder)
        array = np.memmap(path, dtype, "r", stack.dataoffset, stack.shape)
        return lambda index: np.array(array[index])
    if stack.keyframe.axes in ("YX", "YXS"):
        return lambda index: _pages(stack, index)
    import zarr  # cuts a part out of pages that are volumes themselves

    tiles = zarr.open_array(stack.aszarr(), mode="r")
    return lambda index: np.asarray(tiles[index])


def _pages(stack: Any, index: Index) -> NDArray[Any]:
    """The part of a stack whose pages are images H W [C]."""
    inner = len(stack.keyframe.shape)
    outer = len(stack.shape) - inner
    if stack.shape[outer:] != stack.keyframe.shape:
        raise Mistake(f"pages of {stack.keyframe.shape} do not make a stack of {stack.shape}")
    numbers = np.arange(len(stack.pages)).reshape(stack.shape[:outer])[index[:outer]]
    pages = [stack.pages[int(number)].asarray()[index[outer:]] for number in numbers.ravel()]
    return np.stack(pages).reshape(*numbers.shape, *pages[0].shape)


def _chunks(stack: Any) -> tuple[int, ...] | None:
    """Along a page that is a volume, the depth of its tiles."""
    frame = stack.keyframe
    if stack.dataoffset is not None or frame.axes in ("YX", "YXS"):
        return None
    return (1,) * (len(stack.shape) - len(frame.chunks)) + tuple(frame.chunks)


def _steps(file: tifffile.TiffFile, axes: str) -> tuple[tuple[Step, ...], str]:
    """Distances along the axes, of OME's XML, or of ImageJ's and tifffile's words; mere resolution says nothing."""
    sizes = pixel_sizes(file.ome_metadata) if file.is_ome and file.ome_metadata else _described(file)
    steps, units = zip(*(sizes.get(letter, (None, "")) for letter in axes), strict=True)
    return in_one_unit(steps, units)


def _described(file: tifffile.TiffFile) -> dict[str, tuple[object, str]]:
    words = file.imagej_metadata or (file.shaped_metadata or ({},))[0]
    unit = unit_name(words.get("unit"))
    if "spacing" not in words and not unit:
        return {}
    page = file.pages.first
    return {
        "Z": (words.get("spacing"), unit),
        "Y": (_per_pixel(page, 283), unit_name(words.get("yunit")) or unit),
        "X": (_per_pixel(page, 282), unit),
    }


def _per_pixel(page: Any, tag: int) -> float | None:
    """Distance of pixels by the tag of the number of pixels in a unit, a fraction."""
    pixels, units = page.tags.valueof(tag, default=(0, 1))
    return units / pixels if pixels else None
