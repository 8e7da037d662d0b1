"""The cut of an image into overlapping tiles, and the weight of each tile where they overlap."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.mistakes import Mistake

ALIGNMENT = 32
"""Tiles start at multiples of it, so that the pooling grid of a network lies as in the whole image."""


@dataclass(frozen=True)
class Tiling:
    """Size of the tiles and how many pixels neighbours share.

    Away from tile borders (further than the network sees, 122 pixels in the U-Net) a tile gives what the whole image
    would have given; the overlap hides the rest.

    Args:
        tile: Height and width in pixels, a multiple of 32; a smaller image is one tile.
        overlap: Pixels that neighbours share, a multiple of 32, at most half a tile.
    """

    tile: int = 512
    overlap: int = 128

    def __post_init__(self) -> None:
        if self.tile < ALIGNMENT or self.tile % ALIGNMENT:
            raise Mistake(f"tile: expected a multiple of {ALIGNMENT}, got {self.tile}; use for example 512.")
        if not 0 <= self.overlap <= self.tile // 2 or self.overlap % ALIGNMENT:
            raise Mistake(
                f"overlap: expected a multiple of {ALIGNMENT} from 0 to half the tile ({self.tile // 2}), "
                f"got {self.overlap}; use for example {max(self.tile // 4 // ALIGNMENT * ALIGNMENT, 0)}."
            )

    def spans(self, length: int) -> list[tuple[int, int]]:
        """Start and end of each tile along an axis of ``length`` pixels; the last may lack up to 31 pixels."""
        if length <= self.tile:
            return [(0, length)]
        last = -(-(length - self.tile) // ALIGNMENT) * ALIGNMENT
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
