"""Pictures as files and as text that a page can hold."""

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.class_colours import Colour, colours_of
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.files.printable import printable, shortened
from cwmi_seg.pictures.overlay import BLACK, ERRORS, WHITE
from cwmi_seg.reporting.album import Picture
from cwmi_seg.reporting.panels import ImagePanel

if TYPE_CHECKING:
    from PIL import Image

COLUMNS, TILE, TITLE, SPACE = 8, 240, 18, 8
"""Tiles in a row of a sheet; width of a tile, height of a label and space between tiles, in pixels."""
LETTERS = 36
"""Letters of a label that fit over a tile; longer labels are shortened."""
COLOURS = 64
"""Colours of a sheet: enough for its small photographs, in a third of the bytes that all colours take."""
LARGEST = 640
"""Pixels of the longer side of a picture inside a page."""
MOST_SIDE = 16383
"""Pixels of the longer side that the format WebP takes."""


def data_address(picture: Picture) -> str:
    """Write a picture, made smaller for a page that holds it inside, as a ``data:`` address."""
    from PIL import Image

    image = Image.fromarray(picture)
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    return f"data:image/webp;base64,{base64.b64encode(webp(np.asarray(image))).decode()}"


def webp(picture: Picture) -> bytes:
    """Write a picture as WebP, H W 4 without loss, H W 3 as a photograph; it is made smaller to fit the format."""
    from PIL import Image

    image = Image.fromarray(picture)
    image.thumbnail((MOST_SIDE, MOST_SIDE))
    options = {"quality": 85, "method": 2} if picture.shape[2] == 3 else {"lossless": True, "quality": 20, "method": 2}
    with io.BytesIO() as file:
        image.save(file, "webp", **options)
        return file.getvalue()


def transparent(errors: Picture) -> Picture:
    """The picture H W 4 of errors H W 3 that can be laid over an image: nothing where they are black."""
    seen = errors[..., 0] | errors[..., 1] | errors[..., 2]
    return np.dstack([errors, np.where(seen, 255, 0).astype(np.uint8)])


def error_layer(prediction: NDArray[np.integer], target: NDArray[np.integer]) -> Picture:
    """The errors of a mask H W, H W 4 to lay over an image, in the colours of ``cwmi_seg.pictures.overlay.errors``."""
    truth, guess, right = target > 0, prediction > 0, prediction == target
    kind = np.zeros(target.shape, dtype=np.uint8)
    for number, pixels in enumerate((truth & right, ~truth & guess, truth & ~guess, truth & guess & ~right), start=1):
        kind[pixels] = number
    colours = np.array([(0, 0, 0, 0), *((*colour, 255) for colour in ERRORS.values())], dtype=np.uint8)
    return colours[kind]


def coloured(labels: NDArray[np.integer], info: DatasetInfo) -> Picture:
    """The classes of a mask H W as H W 4, nothing for class 0 and pixels that take no part."""
    table = np.zeros((256, 4), dtype=np.uint8)
    for number, colour in enumerate(class_colours(info)):
        table[number] = (*colour, 255 if number else 0)
    if info.ignore_index is not None:
        table[info.ignore_index] = 0
    return table[labels]


def class_colours(info: DatasetInfo) -> list[Colour]:
    """The colours of the classes of a dataset: white for an only structure, else its own ones or those of overlays."""
    return [BLACK, WHITE] if info.num_classes == 2 else colours_of(info.num_classes, info.class_colours)


def png_address(png: bytes) -> str:
    """Write a PNG file as a ``data:`` address."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def sheet(panels: Sequence[ImagePanel]) -> bytes:
    """Draw all panels of a block as one PNG, at most ``COLUMNS`` tiles in a row, every tile under its label."""
    from PIL import Image, ImageDraw

    columns = min(COLUMNS, len(panels[0].tiles))
    rows = [panel.tiles[start : start + columns] for panel in panels for start in range(0, len(panel.tiles), columns)]
    heights = [TITLE + _scaled(row[0][1]).height + SPACE for row in rows]
    page = Image.new("RGB", (columns * (TILE + SPACE) + SPACE, sum(heights) + SPACE), "white")
    pen, top = ImageDraw.Draw(page), SPACE
    for row, height in zip(rows, heights, strict=True):
        for column, (label, picture) in enumerate(row):
            left = SPACE + column * (TILE + SPACE)
            pen.text((left, top), shortened(printable(label), LETTERS), fill="black", font_size=13)
            page.paste(_scaled(picture), (left, top + TITLE))
        top += height
    with io.BytesIO() as file:
        few = page.quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=3, dither=Image.Dither.NONE)
        few.save(file, "png", optimize=True)
        return file.getvalue()


def _scaled(picture: Picture) -> "Image.Image":
    """The tile as wide as all others; small ones keep their pixels visible."""
    from PIL import Image

    height, width = picture.shape[:2]
    way = Image.Resampling.NEAREST if width < TILE else Image.Resampling.BOX
    return Image.fromarray(picture).resize((TILE, max(1, round(TILE * height / width))), way)
