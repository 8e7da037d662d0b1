"""Where an image of the earth lies: the tags of GeoTIFF, handed on to its masks and probabilities as they are.

They hold the coordinate reference system and the transform from pixels to coordinates, both exact for a mask that has
the size of its image. No library of GIS is needed for that.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from cwmi_seg.datasets.file_kinds import is_tif
from cwmi_seg.datasets.orientation import of_page
from cwmi_seg.datasets.read_errors import named_errors

if TYPE_CHECKING:
    from tifffile import TiffPage

Tag = tuple[int, int, int, object, bool]
"""As tifffile takes it: code, type, number of values, values, and whether it stands in the first page alone."""
Tags = tuple[Tag, ...]
_SHORT, _ASCII, _DOUBLE = 3, 2, 12
_TYPES = {
    33550: _DOUBLE,  # size of a pixel
    33922: _DOUBLE,  # places of pixels
    34264: _DOUBLE,  # matrix of the transform
    34735: _SHORT,  # keys of the coordinate reference system
    34736: _DOUBLE,  # their numbers
    34737: _ASCII,  # their texts
    50844: _DOUBLE,  # coefficients of a camera of a satellite (RPC)
}
_MOST = 100_000  # values; a whole reference takes about a hundred
_GEOJP2 = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03")  # identity of the box
_HEAD = 1 << 16  # bytes, before the pixels


def georeference(path: Path) -> Tags:
    """The tags of a GeoTIFF; none of other files, and of one that asks to be turned, for they say where it lies as is.

    Raises:
        ValueError: The file is damaged.
    """
    if not is_tif(path):
        return ()
    import tifffile  # takes a while

    with named_errors(path), tifffile.TiffFile(path) as file:
        page = file.pages.first
        return _tags(page) if of_page(page) == 1 else ()


def is_left_behind(path: Path, num_pages: int) -> bool:
    """Whether it is known where an image lies, but not by what :func:`georeference` hands on to a single page.

    That is a world file beside it, a box of JPEG 2000, or the tags of several pages or of one that asks to be turned.

    Raises:
        ValueError: The file is damaged.
    """
    if georeference(path):
        return num_pages > 1
    ending = path.suffix
    worlds = (f"{ending[:2]}{ending[-1:]}w", f"{ending}w", ".wld") if ending else ()  # .tfw and .tifw of a .tif
    return any(path.with_suffix(world).is_file() for world in worlds) or _has_box(path) or _has_tags(path)


def _has_box(path: Path) -> bool:
    if path.suffix.lower() != ".jp2":
        return False
    with path.open("rb") as file:
        return _GEOJP2 in file.read(_HEAD)


def _has_tags(path: Path) -> bool:
    if not is_tif(path):
        return False
    import tifffile

    with tifffile.TiffFile(path) as file:
        return bool(_tags(file.pages.first))


def _tags(page: "TiffPage") -> Tags:
    found: list[Tag] = []
    for code, kind in _TYPES.items():
        tag = page.tags.get(code)
        if tag is not None and tag.dtype == kind and tag.count <= _MOST:
            text = isinstance(tag.value, str)
            found.append((code, kind, 0 if text else tag.count, tag.value.encode() if text else tag.value, True))
    return tuple(found)
