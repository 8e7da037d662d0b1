"""The panel of one image with more than two classes, and the legend that names their colours."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.class_colours import Colour
from cwmi_seg.files.printable import printable, shortened
from cwmi_seg.overlay import ERRORS, errors, hatched, in_colours, side_by_side

Picture = NDArray[np.uint8]
_LINE, _BOX, _LETTER, _SPACE = 18, 12, 7, 8  # of the legend, in pixels
_FONT = 12
_LETTERS = 24
"""Letters of a name; longer ones are shortened."""


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


def class_panel(tiles: Sequence[Picture], colours: Sequence[Colour], names: Sequence[str], *, void: bool) -> Picture:
    """The tiles of :func:`class_tiles` side by side, with the legend below."""
    row = side_by_side(tiles)
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
