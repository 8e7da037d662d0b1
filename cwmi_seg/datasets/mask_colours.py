"""Masks whose classes are colours."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.class_table import Colour
from cwmi_seg.datasets.image_files import read_image, read_palette
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.datasets.mask_values import white
from cwmi_seg.mistakes import Mistake

_MOST = 64  # more colours are a photograph
_SHOWN = 6
_BORDER = 255
"""Number of the pixels between objects in the masks of Pascal VOC, which take no part."""


def colour_classes(pixels: Pixels, classes: Mapping[Colour, int], path: Path) -> NDArray[np.uint8]:
    """Classes H W of a mask H W 3, or of a grey one H W 1.

    Raises:
        ValueError: A colour has no class, or the mask has other channels.
    """
    colours, inverse = np.unique(_packed(pixels, path), return_inverse=True)
    found = [_unpacked(int(colour)) for colour in colours]
    unknown = [colour for colour in found if colour not in classes]
    if unknown:
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        raise Mistake(
            f"{path}: expected the colours of dataset.preparer.classes, got {_listed(unknown)}{more}; name the class "
            "of each there, or ignore for one that takes no part."
        )
    return np.array([classes[colour] for colour in found], dtype=np.uint8)[inverse].reshape(pixels.shape[:2])


def coloured_palette(path: Path, page: int | None) -> dict[int, Colour]:
    """The numbers that occur in a mask with their colours, where they are positions in a palette of colours; else none.

    A palette of greys, or of more colours than a mask has, counts as none.
    """
    try:
        found = read_palette(path, page)
    except (OSError, ValueError):
        return {}
    if found is None or not 2 <= len(found[0]) <= _MOST or (found[1] == found[1][:, :1]).all():
        return {}
    colours = [(red, green, blue) for red, green, blue in found[1].tolist()]
    return dict(zip(found[0].tolist(), colours, strict=True))


def refuse_unnamed_numbers(path: Path, palette: Mapping[int, Colour], mistake: Mistake, class_file: str = "") -> None:
    """For a mask that was refused: name its numbers, where they are those of several classes.

    Args:
        path: The mask.
        palette: Its numbers and their colours; border pixels of Pascal VOC have the number 255.
        mistake: Why it was refused.
        class_file: A file beside it that seems to name the classes, "" for none.

    Raises:
        ValueError: They are.
    """
    if white(np.array([*palette])) is not None:
        return  # a mask of two classes, refused for its colours
    border = f" dataset.preparer.ignore_value={_BORDER}" if _BORDER in palette else ""
    by_number = ",".join(f"{number}:{index}" for index, number in enumerate(sorted({0, *palette} - {_BORDER})))
    by_colour = ",".join(f"{_text(colour)}:{index}" for index, colour in enumerate([*palette.values()][:2]))
    by_file = f", or by dataset.preparer.classes={class_file}" if class_file else ""
    raise Mistake(
        f"{path}: expected a mask of 0 and 1 or 0 and 255, got a palette with the numbers "
        f"{', '.join(map(str, palette))}; name the class of each, as in 'dataset.preparer.classes={{{by_number}}}'"
        f"{border} (other masks may hold more){by_file}, or where the palettes of files differ that of each colour, "
        f"as in 'dataset.preparer.classes={{{by_colour}}}'."
    ) from mistake


def refuse_unnamed_colours(path: Path, page: int | None, mistake: Mistake, class_file: str = "") -> None:
    """For a mask that was refused: name its colours, where it has some and not too many for a mask.

    Args:
        path: The mask.
        page: Of it.
        mistake: Why it was refused.
        class_file: A file beside it that seems to name the colours, "" for none.

    Raises:
        ValueError: it has.
    """
    try:
        pixels = read_image(path, page)
        colours, counts = np.unique(_packed(pixels, path), return_counts=True)
    except (OSError, ValueError):
        return
    found = [_unpacked(int(colour)) for colour in colours[np.argsort(-counts)]]
    if pixels.shape[2] < 3 or not 2 <= len(found) <= _MOST or all(len(set(colour)) == 1 for colour in found):
        return
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    example = ",".join(f"{_text(colour)}:{number}" for number, colour in enumerate(found[:2]))
    raise Mistake(
        f"{path}: expected a mask of one channel, got the colours {_listed(found)}{more}; name the class of each, as "
        f"in 'dataset.preparer.classes={{{example}}}', or by a file of names and colours"
        f"{f', dataset.preparer.classes={class_file}' if class_file else ''}."
    ) from mistake


def _packed(pixels: Pixels, path: Path) -> NDArray[np.uint32]:
    if pixels.dtype != np.uint8 or pixels.shape[2] not in (1, 3):
        raise Mistake(f"{path}: expected a mask of 8-bit colours, got {pixels.shape[2]} channels; convert it.")
    red, green, blue = (pixels[..., channel % pixels.shape[2]].astype(np.uint32) for channel in range(3))
    return np.asarray((red << 16) | (green << 8) | blue, dtype=np.uint32)


def _unpacked(number: int) -> Colour:
    return number >> 16, number >> 8 & 255, number & 255


def _text(colour: Colour) -> str:
    return "/".join(map(str, colour))


def _listed(colours: list[Colour]) -> str:
    return ", ".join(map(_text, colours[:_SHOWN]))
