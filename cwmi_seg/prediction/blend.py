"""Probabilities of an image or volume of any size, tile by tile, in strips (slabs) along its first axis."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import groupby, product
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cwmi_seg.datasets.info import Pixels
from cwmi_seg.prediction.tiles import Tiling

Predictor = Callable[[Tensor], Tensor]
"""Pixels B I *space to probabilities B C *space, both on the CPU."""
Strip = NDArray[np.float32]
Spans = tuple[tuple[int, int], ...]
"""Start and end of a tile along each axis but the first."""


class Rows(Protocol):
    """Pixels *space I, of which neighbouring rows (slices of a volume) are read when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """H W I, or D H W I."""
        ...

    def __getitem__(self, rows: slice, /) -> Pixels:
        """Some rows, with all else."""
        ...


def blended_strips(
    predict: Predictor, image: Rows, tilings: Sequence[Tiling], batch_size: int = 1, begin: int = 0
) -> Iterator[Strip]:
    """Yield strips C h W (C d H W) of the blended probabilities, which one under the other are those of the image.

    At a time one row of tiles is held in memory, as long as whoever takes a strip lets go of it.

    Args:
        predict: Function that makes probabilities of batches of tiles.
        image: Pixels as stored, H W I or D H W I.
        tilings: The tiles along each axis.
        batch_size: Number of tiles given to ``predict`` at once.
        begin: First row (slice) that is wanted; the strips from there are the same numbers as without it.
    """
    first, *others = tilings
    length = image.shape[0]
    spans, weights = first.spans(length), first.weights(length)
    tops = [start for start, _ in spans] + [length]
    carried: Strip | None = None  # the lower part of the tile row before, which this one overlaps
    for (top, bottom), next_top, weight in zip(spans, tops[1:], weights, strict=True):
        if bottom <= begin:
            continue
        strip = _tile_row(predict, image[top:bottom], others, batch_size)
        strip *= weight.reshape(-1, *[1] * len(others))
        if carried is not None:
            strip[:, : carried.shape[1]] += carried
        if begin < next_top:
            yield strip[:, max(begin - top, 0) : next_top - top]
        # a copy, for a view would keep the whole strip in memory until the next one is done
        carried = strip[:, next_top - top :].copy()
        del strip  # not beside the next one


def _tile_row(predict: Predictor, rows: Pixels, tilings: Sequence[Tiling], batch_size: int) -> Strip:
    """One row of tiles, blended along all axes but the first: C h W, or C d H W."""
    sizes = rows.shape[1:-1]
    tiles = list(product(*(tiling.spans(size) for tiling, size in zip(tilings, sizes, strict=True))))
    weights = product(*(tiling.weights(size) for tiling, size in zip(tilings, sizes, strict=True)))
    row: Strip | None = None
    for spans, weight, tile in zip(tiles, weights, _predicted(predict, rows, tiles, batch_size), strict=True):
        # only the first tile tells how many classes the network has
        if row is None:
            row = np.zeros((len(tile), *rows.shape[:-1]), dtype=np.float32)
        place: tuple[Any, ...] = (..., *_slices(spans))
        row[place] += tile * reduce(np.multiply.outer, weight)
    assert row is not None  # there is at least one tile
    return row


def _predicted(predict: Predictor, rows: Pixels, tiles: Sequence[Spans], batch_size: int) -> Iterator[Strip]:
    """Probabilities C h w (C d h w) of each tile; the tiles of a batch have one size, the last ones may be smaller."""
    for _, same in groupby(tiles, key=lambda spans: [end - start for start, end in spans]):
        alike = list(same)
        for start in range(0, len(alike), batch_size):
            cut = [rows[slice(None), *_slices(spans)] for spans in alike[start : start + batch_size]]
            pixels = np.stack([np.moveaxis(tile, -1, 0) for tile in cut])
            yield from predict(torch.from_numpy(pixels)).numpy()


def _slices(spans: Spans) -> tuple[slice, ...]:
    return tuple(slice(start, end) for start, end in spans)
