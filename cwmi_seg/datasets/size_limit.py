"""A bound on the size that an image file declares, checked before anything of it is decoded.

A file of a few kilobytes can declare an image of 100,000 x 100,000 pixels, whose pixels would fill the memory.
"""

import os
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from cwmi_seg.mistakes import Mistake

if TYPE_CHECKING:
    from PIL import Image

LIMIT = 2**30
"""Values (height x width x channels) of the largest image that is read: 32768 x 32768 of one channel."""
VARIABLE = "CWMI_MAX_IMAGE_VALUES"
"""Environment variable that holds another limit."""
VOLUME_LIMIT = 2**34
"""Values of the largest volume that is prepared: 2560 x 2560 x 2560. It is read in parts, but its copy fills a disk."""
VOLUME_VARIABLE = "CWMI_MAX_VOLUME_VALUES"
"""Environment variable that holds another limit for volumes."""


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


def refuse_huge_volume(path: Path, shape: Sequence[int], chunks: Sequence[int] | None = None) -> None:
    """Refuse a volume that declares more values than the limit for volumes, or parts that do not fit into memory.

    Args:
        path: File that the message names.
        shape: Sizes along all axes.
        chunks: Sizes of the parts in which the file is packed, each of which is unpacked whole.

    Raises:
        HugeImageError: More values than the limit.
    """
    limit = largest(VOLUME_VARIABLE, VOLUME_LIMIT)
    if (values := prod(shape)) > limit:
        raise HugeImageError(
            f"{path}: expected at most {limit:,} values, got a volume of {' x '.join(map(str, shape))}; cut it into "
            f"pieces, or if you trust the file set {VOLUME_VARIABLE}={values}."
        )
    limit = largest()
    if chunks is not None and (values := prod(chunks)) > limit:
        raise HugeImageError(
            f"{path}: expected chunks of at most {limit:,} values, got {' x '.join(map(str, chunks))}; save it in "
            f"smaller ones, or if you trust the file set {VARIABLE}={values}."
        )


def largest(variable: str = VARIABLE, limit: int = LIMIT) -> int:
    """The limit in values: ``limit``, or what the environment variable says.

    Raises:
        ValueError: the variable holds no positive whole number.
    """
    text = os.environ.get(variable, str(limit))
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise Mistake(f"{variable}: expected a positive whole number, got {text}; unset it, or set {limit}.")
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
