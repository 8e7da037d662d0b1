"""A bound on the size that an image file declares, checked before anything of it is decoded.

A file of a few kilobytes can declare an image of 100,000 x 100,000 pixels, whose pixels would fill the memory.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cwmi_seg.mistakes import Mistake

if TYPE_CHECKING:
    from PIL import Image

LIMIT = 2**30
"""Values (height x width x channels) of the largest image that is read: 32768 x 32768 of one channel."""
VARIABLE = "CWMI_MAX_IMAGE_VALUES"
"""Environment variable that holds another limit."""


class HugeImageError(Mistake):
    """An image beyond the limit; the message is whole and needs no file name before it."""


def refuse_huge(path: Path, height: int, width: int, channels: int = 1) -> None:
    """Refuse an image that declares more values than the limit.

    Args:
        path: File that the message names.
        height, width: Size in pixels.
        channels: Values of one pixel.

    Raises:
        HugeImageError: more values than the limit.
    """
    limit = largest()
    if height * width * channels > limit:
        depth = f" x {channels}" if channels > 1 else ""
        raise HugeImageError(
            f"{path}: expected at most {limit:,} values, got an image of {height} x {width}{depth}; cut it into "
            f"pieces, or if you trust the file set {VARIABLE}={height * width * channels}."
        )


def largest() -> int:
    """The limit in values: ``LIMIT``, or what the environment variable says.

    Raises:
        ValueError: the variable holds no positive whole number.
    """
    text = os.environ.get(VARIABLE, str(LIMIT))
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise Mistake(f"{VARIABLE}: expected a positive whole number, got {text}; unset it, or set {LIMIT}.")
    return int(text)


def open_bounded(path: Path) -> "Image.Image":
    """Open an image as ``PIL.Image.open`` does, under this bound in place of Pillow's own.

    That one is smaller, and cannot be raised from outside.

    Raises:
        HugeImageError: The image is too large.
        OSError: It is none that Pillow knows.
    """
    from PIL import Image

    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        image = Image.open(path)
    finally:
        Image.MAX_IMAGE_PIXELS = before
    try:
        refuse_huge(path, image.height, image.width, 4 if image.mode == "P" else len(image.getbands()))
    except ValueError:
        image.close()
        raise
    return image
