"""The panel of one image with more than two classes, and the legend that names their colours."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.class_colours import Colour, colours_of, names_of
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.files.printable import printable, shortened
from cwmi_seg.pictures.overlay import ERRORS, GAP, errors, hatched, in_colours, panel, side_by_side, tiles

Picture = NDArray[np.uint8]
_LINE, _BOX, _LETTER, _SPACE = 18, 12, 7, 8  # of the legend, in pixels
_FONT = 12
_TILES = "tiles"
"""Text in the file of a panel: number of tiles, and their height."""
_LETTERS = 24
"""Letters of a name; longer ones are shortened."""


def drawn(
    image: Picture, prediction: NDArray[np.integer], target: NDArray[np.integer], info: DatasetInfo
) -> list[Picture]:
    """The tiles of one image, H W 3 each: image, target and errors, of more than two classes the prediction as well.

    Args:
        image: as it is displayed, H W 3.
        prediction, target: class indices H W.
        info: of the dataset.
    """
    if info.num_classes == 2:
        return tiles(panel(image, prediction, target, info.ignore_index))
    colours = colours_of(info.num_classes, info.class_colours)
    return class_tiles(image, prediction, target, colours, info.ignore_index)


def tints(info: DatasetInfo) -> list[Colour]:
    """The colours of classes that are laid over an image; a single structure is red, whatever colour its masks had."""
    return colours_of(info.num_classes, info.class_colours if info.num_classes > 2 else ())


def save_panel(pictures: Sequence[Picture], info: DatasetInfo, path: Path) -> None:
    """Write the tiles of :func:`drawn` side by side, with the legend where there are more than two classes."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text(_TILES, f"{len(pictures)} {len(pictures[0])}")
    if info.num_classes == 2:
        page = side_by_side(pictures)
    else:
        names, void = names_of(info.num_classes, info.class_names), info.ignore_index is not None
        page = class_panel(pictures, colours_of(info.num_classes, info.class_colours), names, void=void)
    Image.fromarray(page).save(path, pnginfo=text)


def cut_panel(page: Picture, about: Mapping[Any, object]) -> list[Picture]:
    """The tiles of a file that :func:`save_panel` wrote, or of one of before, which has three and no legend.

    Args:
        page: its pixels, H W 3.
        about: the texts in the file, as Pillow gives them in ``info``.
    """
    found = re.fullmatch(r"([34]) (\d{1,6})", str(about.get(_TILES, "")))
    number, height = (int(found[1]), int(found[2])) if found else (3, len(page))
    width = (page.shape[1] - (number - 1) * GAP) // number
    return [page[:height, start : start + width] for start in range(0, number * (width + GAP), width + GAP)]


def class_tiles(
    image: Picture,
    prediction: NDArray[np.integer],
    target: NDArray[np.integer],
    colours: Sequence[Colour],
    ignored: int | None = None,
) -> list[Picture]:
    """Image, target and prediction in the colours of the classes, and the errors, H W 3 each.

    Pixels whose target is ``ignored`` are hatched in the last three.
    """
    void = np.zeros(target.shape, dtype=bool) if ignored is None else target == ignored
    masks = [in_colours(labels, colours, void) for labels in (target, prediction)]
    return [image, *masks, errors(prediction, target, ignored)]


def class_panel(pictures: Sequence[Picture], colours: Sequence[Colour], names: Sequence[str], *, void: bool) -> Picture:
    """The tiles of :func:`class_tiles` side by side, with the legend below."""
    row = side_by_side(pictures)
    return np.concatenate([row, legend(colours, names, row.shape[1], void=void)])


def legend(colours: Sequence[Colour], names: Sequence[str], width: int, *, void: bool) -> Picture:
    """Colour and name of each class, of void and of each kind of error, in as many lines as the width asks for."""
    from PIL import Image, ImageDraw

    shown = [shortened(printable(name), _LETTERS) for name in names]
    marks = [(f"errors: {name}" if name == next(iter(ERRORS)) else name, colour) for name, colour in ERRORS.items()]
    entries = [*zip(shown, colours, strict=True), *([("void", None)] if void else []), *marks]
    places, height = _places([name for name, _ in entries], width)
    page = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(page)
    for (name, colour), (left, top) in zip(entries, places, strict=True):
        box = (left, top + 3, left + _BOX, top + 3 + _BOX)
        if colour is None:
            page.paste(Image.fromarray(hatched(*_blank(_BOX))), box[:2])
        pen.rectangle(box, fill=colour, outline="black")
        pen.text((left + _BOX + 4, top + 2), name, fill="black", font_size=_FONT)
    return np.asarray(page)


def _places(names: Sequence[str], width: int) -> tuple[list[tuple[int, int]], int]:
    """Left and top of each entry, and the height of all lines; the errors begin a line of their own."""
    places, left, top = [], _SPACE, _SPACE // 2
    for number, name in enumerate(names):
        needed = _BOX + 4 + _LETTER * len(name) + _SPACE
        if left > _SPACE and (left + needed > width or number == len(names) - len(ERRORS)):
            left, top = _SPACE, top + _LINE
        places.append((left, top))
        left += needed
    return places, top + _LINE + _SPACE // 2


def _blank(size: int) -> tuple[Picture, NDArray[np.bool_]]:
    return np.zeros((size, size, 3), dtype=np.uint8), np.ones((size, size), dtype=bool)
