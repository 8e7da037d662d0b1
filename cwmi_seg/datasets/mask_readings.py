"""The ways in which the numbers of a mask file can be meant.

A number can be meant as it is stored, or for what it shows: a position of a palette for its colour, the largest number
of 4 bits for white, the smallest for white where the file says so.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.stored_pixels import Stored, StoredPixels, UnfitImage, inverted, stretched

Palette = NDArray[np.uint8]
Convert = Callable[[Stored, Path], NDArray[np.integer]]
Ways = tuple[tuple[Stored, ...], ...]
"""Ways to read a file, each a list of numbers H W of which the first that make a mask count; all ways must agree."""
_REPAIR = "save it as a grey png with 0 for the background"


def readings(stored: StoredPixels, *, two_classes: bool) -> Ways:
    """Every way in which the mask H W can be meant, as background and structure or as the numbers of classes."""
    if stored.palette is not None:
        return _of_palette(stored, stored.palette, two_classes=two_classes)
    numbers = _one_channel(stored.pixels)
    ways = [_with_stretched(numbers, stored.bits)]
    if stored.min_is_white and not stored.numbers_meant and numbers.dtype.kind == "u" and stored.bits <= 16:
        ways.append(_with_stretched(inverted(numbers, stored.bits), stored.bits))
    return tuple(ways)


def classes_of(stored: StoredPixels, path: Path, convert: Convert, *, two_classes: bool) -> NDArray[np.integer]:
    """The classes that ``convert`` makes of the one reading that it accepts.

    Args:
        stored: The mask.
        path: File that messages name.
        convert: numbers H W to classes H W; raises ValueError for numbers that are no mask.
        two_classes: whether the classes are background and structure, so that colours must not say the opposite.

    Raises:
        ValueError: no reading is a mask (as ``convert`` says of the first).
        UnfitImage: two are, and differ.
    """
    refusals: list[ValueError] = []
    found: list[NDArray[np.integer]] = []
    for way in readings(stored, two_classes=two_classes):
        found.extend(_first_accepted(way, path, convert, refusals))
    if not found:
        raise refusals[0]
    if any(not np.array_equal(found[0], other) for other in found[1:]):
        raise UnfitImage(f"expected a mask that can be read in one way, got {_doubt(stored)}; {_REPAIR}")
    if two_classes and stored.palette is not None:
        _refuse_dark_structure(stored.palette[stored.pixels], found[0])
    return found[0]


def _first_accepted(
    way: tuple[Stored, ...], path: Path, convert: Convert, refusals: list[ValueError]
) -> list[NDArray[np.integer]]:
    for numbers in way:
        try:
            return [convert(numbers, path)]
        except ValueError as error:
            refusals.append(error)
    return []


def _with_stretched(numbers: Stored, bits: int) -> tuple[Stored, ...]:
    return (numbers, stretched(numbers, bits)) if bits < 8 else (numbers,)


def _of_palette(stored: StoredPixels, palette: Palette, *, two_classes: bool) -> Ways:
    """Black and white for what they show, colours for their numbers, other greys for either.

    Where black and white alone occur, but the palette has colours besides, it may be that of class numbers.
    """
    positions = np.unique(stored.pixels)
    used, numbers = palette[positions], stored.pixels
    if not (used == used[:, :1]).all():
        return ((numbers,),)
    grey = palette[:, 0][numbers]
    if not _black_or_white(used):
        return (numbers,), (grey,)
    white = (grey > 0).astype(np.uint8), grey
    if _black_or_white(palette) and (two_classes or positions.max() <= 1):
        told_apart = len(np.unique(used[:, 0])) == len(used) and not stored.transparent
        return ((*white, numbers),) if told_apart else ((numbers,), white)
    return ((numbers,), white) if two_classes else ((numbers, *white),)


def _black_or_white(colours: Palette) -> bool:
    return bool(np.isin(colours, (0, 255)).all() and (colours == colours[:, :1]).all())


def _one_channel(pixels: Stored) -> Stored:
    """Colour is accepted where it is grey."""
    if pixels.ndim == 2:
        return pixels
    if np.any(pixels[..., 1:] != pixels[..., :1]):
        raise UnfitImage(
            "expected a mask of one channel, got a colour image; are images and masks swapped? "
            "Save class numbers in one channel"
        )
    return pixels[..., 0]


def _refuse_dark_structure(colours: NDArray[np.uint8], classes: NDArray[np.integer]) -> None:
    """Refuse two classes by number whose colours say the opposite, with a background brighter than the structure."""
    background, structure = (colours[classes == number].sum(1) for number in (0, 1))
    if len(background) and len(structure) and background.mean() > structure.mean():
        raise UnfitImage(
            "expected a mask that can be read in one way, got a palette whose colour of number 0 is the brighter one; "
            f"{_REPAIR}, or in preparation name the class of each number: dataset.preparer.classes={{0:0,1:1}}"
        )


def _doubt(stored: StoredPixels) -> str:
    if stored.palette is not None:
        return "a palette whose numbers and colours say different things"
    return "a tif with white as its smallest number (photometric miniswhite) that may be stored turned round"
