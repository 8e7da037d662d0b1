"""A contact sheet: images beside their masks, to see at a glance whether a preparation went right."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cwmi_seg.datasets.class_colours import colours_of
from cwmi_seg.datasets.info import Pixels

THUMBNAIL = 192  # pixels, longer side
COLUMNS = 4  # pairs of image and mask in a row
MOST = 24  # pairs

_STRUCTURE = ((0, 0, 0), (255, 255, 255))  # of two classes
_IGNORED = np.array((128, 128, 128), dtype=np.uint8)


class ContactSheet:
    """Collects thumbnails of at most 24 images, evenly spaced over ``num_images``."""

    def __init__(self, num_images: int, num_classes: int) -> None:
        self.num_classes = num_classes
        self.colours = np.array(_STRUCTURE if num_classes == 2 else colours_of(num_classes), dtype=np.uint8)
        # evenly spaced: raw folders are often sorted by part or by patient
        self.shown = set(np.linspace(0, num_images - 1, min(num_images, MOST)).round().astype(int).tolist())
        self.pairs: list[Image.Image] = []

    def add(self, index: int, image: Pixels, mask: NDArray[np.uint8]) -> None:
        """Keep a thumbnail of image H W I and mask H W, if ``index`` is one of the shown."""
        if index not in self.shown:
            return
        pair = Image.new("RGB", (2 * THUMBNAIL, THUMBNAIL), (40, 40, 40))
        colours = np.where((mask >= self.num_classes)[..., None], _IGNORED, self.colours[mask % self.num_classes])
        for column, pixels in enumerate((_visible(image), colours)):
            thumbnail = Image.fromarray(pixels)
            thumbnail.thumbnail((THUMBNAIL - 4, THUMBNAIL - 4), reducing_gap=2.0)
            pair.paste(thumbnail, (column * THUMBNAIL + 2, 2))
        self.pairs.append(pair)

    def save(self, path: Path) -> None:
        """Write the sheet, with the images in their order row by row."""
        rows = -(-len(self.pairs) // COLUMNS)
        columns = min(COLUMNS, len(self.pairs))
        sheet = Image.new("RGB", (columns * 2 * THUMBNAIL, rows * THUMBNAIL), (40, 40, 40))
        for index, pair in enumerate(self.pairs):
            sheet.paste(pair, (index % COLUMNS * 2 * THUMBNAIL, index // COLUMNS * THUMBNAIL))
        sheet.save(path)


def _visible(image: Pixels) -> NDArray[np.uint8]:
    """H W 3, 8 bit; the first channels, stretched to the image's own range where it is not an 8-bit photograph."""
    channels = image[..., :3] if image.shape[2] >= 3 else image[..., [0, 0, 0]]
    if image.dtype == np.uint8:
        return np.ascontiguousarray(channels).astype(np.uint8)
    low, high = float(channels.min()), float(channels.max())
    return ((channels.astype(np.float32) - low) * (255 / ((high - low) or 1))).clip(0, 255).astype(np.uint8)
