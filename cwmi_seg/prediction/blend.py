"""Probabilities of an image of any size, tile by tile, in strips from top to bottom."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cwmi_seg.datasets.info import Pixels
from cwmi_seg.prediction.tiles import Tiling

Predictor = Callable[[Tensor], Tensor]
"""Pixels B I h w to probabilities B C h w, both on the CPU."""
Strip = NDArray[np.float32]


def blended_strips(predict: Predictor, image: Pixels, tiling: Tiling, batch_size: int = 1) -> Iterator[Strip]:
    """Yield strips C h W of the blended probabilities, which one under the other are C H W.

    Args:
        predict: Function that makes probabilities of batches of tiles.
        image: Pixels as stored, H W I.
        tiling: The tiles along both axes.
        batch_size: Number of tiles given to ``predict`` at once.
    """
    height = image.shape[0]
    spans, weights = tiling.spans(height), tiling.weights(height)
    tops = [start for start, _ in spans] + [height]
    carried: Strip | None = None  # the lower part of the tile row before, which this one overlaps
    for (top, bottom), next_top, weight in zip(spans, tops[1:], weights, strict=True):
        strip = _tile_row(predict, image[top:bottom], tiling, batch_size)
        strip *= weight[:, None]
        if carried is not None:
            strip[:, : carried.shape[1]] += carried
        yield strip[:, : next_top - top]
        # a copy, for a view would keep the whole strip in memory until the next one is done
        carried = strip[:, next_top - top :].copy()


def _tile_row(predict: Predictor, rows: Pixels, tiling: Tiling, batch_size: int) -> Strip:
    """One row of tiles, blended from left to right: C h W."""
    width = rows.shape[1]
    spans, weights = tiling.spans(width), tiling.weights(width)
    row: Strip | None = None
    for (start, end), weight, tile in zip(spans, weights, _tiles(predict, rows, spans, batch_size), strict=True):
        # only the first tile tells how many classes the network has
        if row is None:
            row = np.zeros((len(tile), len(rows), width), dtype=np.float32)
        row[..., start:end] += tile * weight
    assert row is not None  # there is at least one tile
    return row


def _tiles(predict: Predictor, rows: Pixels, spans: list[tuple[int, int]], batch_size: int) -> Iterator[Strip]:
    """Probabilities C h w of each tile; tiles of a batch have one width, only the last may be narrower."""
    same = [span for span in spans if span[1] - span[0] == spans[0][1]]
    batches = [same[i : i + batch_size] for i in range(0, len(same), batch_size)]
    for batch in [*batches, *([span] for span in spans[len(same) :])]:
        pixels = np.stack([rows[:, start:end].transpose(2, 0, 1) for start, end in batch])
        yield from predict(torch.from_numpy(pixels)).numpy()
