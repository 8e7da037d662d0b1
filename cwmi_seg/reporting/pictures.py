"""Tiles as files and as text that a page can hold."""

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cwmi_seg.files.printable import printable, shortened
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
LARGEST = 400
"""Pixels of the longer side of a tile in a page."""


def data_address(picture: Picture, *, photograph: bool) -> str:
    """Write a tile as a ``data:`` address, a JPEG for photographs and a PNG for masks."""
    from PIL import Image

    image = Image.fromarray(picture)
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    kind, options = ("jpeg", {"quality": 85}) if photograph else ("png", {"optimize": True})
    with io.BytesIO() as file:
        image.save(file, kind, **options)
        return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


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
