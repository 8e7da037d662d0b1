"""The cut of an image or volume into overlapping tiles, and the weight of each tile where they overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.mistakes import Mistake

ALIGNMENT = 32
"""Tiles start at multiples of it, so that the pooling grid of a network lies as in the whole image."""
ALIGNMENT_OF_VOLUMES = 16
"""The same for volumes, which have fewer slices: the pooling grid of the U-Net."""
_DEFAULTS = {2: ((512, 512), (128, 128)), 3: ((64, 128, 128), (16, 32, 32))}
"""Tile and overlap along each axis of images and volumes."""


@dataclass(frozen=True)
class Tiling:
    """Size of the tiles along an axis and how many pixels neighbours share.

    Away from tile borders (further than the network sees, 122 pixels in the U-Net) a tile gives what the whole image
    would have given; the overlap hides the rest.

    Args:
        tile: Length in pixels, a multiple of the alignment; a smaller image is one tile.
        overlap: Pixels that neighbours share, a multiple of the alignment, at most half a tile.
        alignment: Number that all starts of tiles are multiples of.
    """

    tile: int = 512
    overlap: int = 128
    alignment: int = ALIGNMENT

    def __post_init__(self) -> None:
        grid = self.alignment
        if self.tile < grid or self.tile % grid:
            good = 512 if grid == ALIGNMENT else 64
            raise Mistake(f"tile: expected a multiple of {grid}, got {self.tile}; use for example {good}.")
        if not 0 <= self.overlap <= self.tile // 2 or self.overlap % grid:
            raise Mistake(
                f"overlap: expected a multiple of {grid} from 0 to half the tile ({self.tile // 2}), "
                f"got {self.overlap}; use for example {max(self.tile // 4 // grid * grid, 0)}."
            )

    def spans(self, length: int) -> list[tuple[int, int]]:
        """Start and end of each tile along an axis of ``length`` pixels; the last may lack some, less than the grid."""
        if length <= self.tile:
            return [(0, length)]
        last = -(-(length - self.tile) // self.alignment) * self.alignment
        starts = [*range(0, last, self.tile - self.overlap), last]
        return [(start, min(start + self.tile, length)) for start in starts]

    def weights(self, length: int) -> list[NDArray[np.float32]]:
        """Weights of the pixels of each span; at every pixel they sum to 1.

        They rise as sin^2 over the overlap, so that the weight and its slope are continuous from tile to tile.
        """
        spans, total = self.spans(length), np.zeros(length)
        windows = [self._window(start, end, length) for start, end in spans]
        for (start, end), window in zip(spans, windows, strict=True):
            total[start:end] += window
        # divided by the sum, since the last tile is moved back and may overlap two others
        return [(w / total[start:end]).astype(np.float32) for (start, end), w in zip(spans, windows, strict=True)]

    def _window(self, start: int, end: int, length: int) -> NDArray[np.float64]:
        """1 inside, falling towards those ends that are not the image's own."""
        window = np.ones(end - start)
        # at the middles of the pixels, where the two ramps of an overlap, sin^2 and cos^2, sum to 1
        ramp = np.sin(np.pi / 2 * (np.arange(self.overlap) + 0.5) / max(self.overlap, 1)) ** 2
        if start > 0:
            window[: self.overlap] *= ramp
        if end < length and self.overlap > 0:
            window[-self.overlap :] *= ramp[::-1]
        return window


def tilings(tile: object, overlap: object, dimensions: int) -> tuple[Tiling, ...]:
    """The tiles along each axis of images (``dimensions`` 2) or volumes (3).

    Args:
        tile: Length of the tiles, one number or one for each axis; None for 512, of volumes 64 x 128 x 128.
        overlap: The same for what neighbours share; None for a quarter of the default tile.
        dimensions: Number of axes.

    Raises:
        ValueError: another number of numbers, or some that are no tiling.
    """
    grid = ALIGNMENT if dimensions == 2 else ALIGNMENT_OF_VOLUMES
    default = _DEFAULTS[dimensions]
    lengths = _each("tile", tile, default[0])
    # a smaller tile than the default one has a smaller overlap, too
    shared = [min(each, length // 2 // grid * grid) for each, length in zip(default[1], lengths, strict=True)]
    overlaps = _each("overlap", overlap, shared)
    return tuple(Tiling(length, both, grid) for length, both in zip(lengths, overlaps, strict=True))


def _each(name: str, value: object, default: Sequence[int]) -> Sequence[int]:
    if value is None:
        return default
    numbers = [value] * len(default) if isinstance(value, int) else value
    if (
        isinstance(value, bool)
        or not isinstance(numbers, list | tuple)
        or len(numbers) != len(default)
        or not all(isinstance(number, int) for number in numbers)
    ):
        raise Mistake(
            f"{name}: expected a whole number, or {len(default)} of them, one for each axis, got {value}; "
            f"use for example {list(default)}."
        )
    return numbers
