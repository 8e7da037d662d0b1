"""What is validated and tested as one: a whole image, or a block of a volume."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.datasets.volume_proposal import LARGEST
from cwmi_seg.mistakes import Mistake

if TYPE_CHECKING:
    from cwmi_seg.loading.crops import Window  # imports torch, which reports do without


@dataclass(frozen=True)
class Block:
    """A part of the dataset that is scored as one image.

    Args:
        index: number among all blocks of the dataset; of whole images, that of the image.
        image: number of the image in the dataset.
        name: of the image, for a part of a volume with the places where it starts.
        group: of the image: blocks of one volume are one observation.
        window: the part; None for the whole image.
    """

    index: int
    image: int
    name: str
    group: str
    window: "Window | None" = None


def blocks_of(info: DatasetInfo, block_size: Sequence[int] | None = None) -> tuple[Block, ...]:
    """All blocks of a dataset.

    Args:
        info: The dataset.
        block_size: Largest depth, height and width of a block of a volume; volumes are cut into parts of about equal
            size. None takes images and volumes whole.

    Raises:
        ValueError: the size is none of a block, is given for images, or is missing for volumes that are too large to go
            through a network in one piece.
    """
    if block_size is not None:
        _check_size(info, block_size)
    pieces = [(i, image, window) for i, image in enumerate(info.images) for window in _windows(image, block_size)]
    return tuple(
        Block(index, number, _name(image, window), image.group, window)
        for index, (number, image, window) in enumerate(pieces)
    )


def image_of(name: str) -> str:
    """The name of the image that a block of this name is of; a name that is not that of a part stays as it is."""
    return re.sub(r"_z[0-9]+_y[0-9]+_x[0-9]+$", "", name)


def _check_size(info: DatasetInfo, size: Sequence[int]) -> None:
    if info.dimensions != 3:
        raise Mistake(f"dataset.test_block: expected null for images, which are scored whole, got {size}; remove it.")
    whole = isinstance(size, list | tuple) and len(size) == 3 and all(isinstance(length, int) for length in size)
    if not whole or min(size) < 1:
        raise Mistake(
            f"dataset.test_block: expected depth, height and width of a block, or null, got {size}; "
            "use for example [64,128,128]."
        )


def _windows(image: ImageInfo, block_size: Sequence[int] | None) -> "list[Window | None]":
    if block_size is None:
        _refuse_large(image)
        return [None]
    windows = list(product(*(_spans(length, most) for length, most in zip(image.shape, block_size, strict=True))))
    return list(windows) if len(windows) > 1 else [None]


def _refuse_large(image: ImageInfo) -> None:
    if image.depth is not None and image.depth * image.height * image.width > LARGEST:
        size = "x".join(map(str, image.shape))
        raise Mistake(
            f"dataset.test_block: expected a size for volumes of more than {LARGEST:,} voxels, got null, but "
            f"{image.name} is {size}; use for example [32,256,256]."
        )


def _spans(length: int, most: int) -> list[slice]:
    """As few parts as possible, of lengths that differ by at most 1."""
    number = -(-length // most)
    ends = [length * part // number for part in range(number + 1)]
    return [slice(start, end) for start, end in pairwise(ends)]


def _name(image: ImageInfo, window: "Window | None") -> str:
    if window is None:
        return image.name
    places = "_".join(f"{axis}{part.start}" for axis, part in zip("zyx", window, strict=True))
    return f"{image.name}_{places}"
