"""Betti numbers of masks, and their errors."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.metrics.per_class import PerClassMetric
from cwmi_seg.topology.components import label_components
from cwmi_seg.topology.masks import Mask, MaskLike, read_masks

Connectivity = Literal[4, 8]
Border = Literal["open", "closed"]
Counts = NDArray[np.int64]
_TILES = ("T H W",)


def betti_numbers(tiles: MaskLike, connectivity: Connectivity = 8, border: Border = "open") -> tuple[Counts, Counts]:
    """Number b0 of connected components and number b1 of holes of each tile's structure.

    b0 by labelling, b1 = b0 - chi with the Euler characteristic chi of the cubical complex. Exact. Empty: (0, 0);
    full: (1, 0); a ring: (1, 1); a ring cut by the border: (1, 0); two pixels that touch at a corner: (1, 0) with
    ``connectivity=8``, (2, 0) with 4.

    Args:
        tiles: structure, T H W.
        connectivity: of the structure, 8 or 4; its background has the other one.
        border: "open": background that touches the border is no hole. "closed": it is (the tile is framed with
            structure before holes are counted; b0 stays that of "open").

    Returns:
        b0 and b1, T.
    """
    _refuse_impossible(connectivity=connectivity, border=border)
    (tiles,) = read_masks(_TILES, tiles=tiles)
    components = _components(tiles, connectivity)
    if border == "open":
        return components, components - euler_characteristic(tiles, connectivity)
    framed = np.pad(tiles, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    return components, _components(framed, connectivity) - euler_characteristic(framed, connectivity)


def _components(tiles: Mask, connectivity: Connectivity) -> Counts:
    """Components of each tile: all tiles one above the other, a row of background between, are labelled at once."""
    column = np.pad(tiles, ((0, 0), (0, 1), (0, 0)))
    number_of_tiles, height, width = column.shape
    labels, number = label_components(column.reshape(number_of_tiles * height, width), connectivity)
    if len(tiles) == 1:
        return np.array([number])
    tile = np.zeros(number + 1, np.int64)
    tile[labels.reshape(column.shape)] = np.arange(len(tiles))[:, None, None]
    return np.bincount(tile[1:], minlength=len(tiles))


def euler_characteristic(tiles: MaskLike, connectivity: Connectivity = 8) -> Counts:
    """Vertices - edges + faces of the cubical complex of each tile, T H W in, T out.

    8-connectivity: pixels are faces, and edges and vertices belong when a pixel beside them does. 4-connectivity:
    pixels are vertices, and edges and faces belong when all their pixels do.
    """
    _refuse_impossible(connectivity=connectivity)
    (tiles,) = read_masks(_TILES, tiles=tiles)
    join = np.logical_or if connectivity == 8 else np.logical_and
    padded = np.pad(tiles, ((0, 0), (1, 1), (1, 1)))
    rows, columns = join(padded[:, 1:], padded[:, :-1]), join(padded[:, :, 1:], padded[:, :, :-1])
    squares = join(rows[:, :, 1:], rows[:, :, :-1])
    return _areas(tiles) - _areas(rows) - _areas(columns) + _areas(squares)


def _areas(tiles: Mask) -> Counts:
    return np.array([np.count_nonzero(tile) for tile in tiles], np.int64)


def tiled(mask: MaskLike, size: int | None, stride: int | None = None) -> Mask:
    """Windows ``size`` x ``size``, every ``stride`` pixels from the upper left corner, until they cover the mask.

    What sticks out of the mask is background. ``size`` None gives the whole mask as the only tile.

    Args:
        mask: H W.
        size, stride: pixels; ``stride`` None is ``size``.

    Returns:
        T H W.
    """
    _refuse_impossible(size, stride)
    (mask,) = read_masks(mask=mask)
    if size is None:
        return mask[None]
    stride = stride or size
    missing = [-(length - size) % stride if length > size else size - length for length in mask.shape]
    padded = np.pad(mask, [(0, amount) for amount in missing])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size))[::stride, ::stride]
    return windows.reshape(-1, size, size)


def betti_errors(
    prediction: MaskLike,
    target: MaskLike,
    patch_size: int | None = None,
    stride: int | None = None,
    connectivity: Connectivity = 8,
    border: Border = "open",
) -> tuple[float, float, float]:
    """|b0(P) - b0(T)|, |b1(P) - b1(T)| and their sum, means over the tiles; see :func:`betti_numbers`, :func:`tiled`.

    0 for equal masks; but masks with equal numbers need not agree, least of all on the whole image.

    Args:
        prediction, target: structure, H W.
        patch_size: of square tiles, pixels; None for the whole image.
        stride: from tile to tile; None for ``patch_size``.
        connectivity: of the structure, 8 or 4.
        border: "open" or "closed".
    """
    prediction, target = read_masks(prediction=prediction, target=target)
    pairs = zip(
        *(betti_numbers(tiled(mask, patch_size, stride), connectivity, border) for mask in (prediction, target)),
        strict=True,
    )
    errors = [float(np.abs(predicted - true).mean()) for predicted, true in pairs]
    return errors[0], errors[1], errors[0] + errors[1]


class BettiError(PerClassMetric):
    """:func:`betti_errors` as ``betti_0_error``, ``betti_1_error``, ``betti_error``; tiles add ``_SIZE`` to the names.

    Args:
        num_classes, ignore_index: as in the base class.
        patch_size, stride, connectivity, border: of :func:`betti_errors`.
    """

    def __init__(
        self,
        num_classes: int = 2,
        ignore_index: int | None = None,
        patch_size: int | None = None,
        stride: int | None = None,
        connectivity: Connectivity = 8,
        border: Border = "open",
    ) -> None:
        super().__init__(num_classes, ignore_index)
        _refuse_impossible(patch_size, stride, connectivity, border)
        self.patch_size, self.stride, self.connectivity, self.border = patch_size, stride, connectivity, border
        suffix = "" if patch_size is None else f"_{patch_size}"
        self.names = tuple(name + suffix for name in ("betti_0_error", "betti_1_error", "betti_error"))

    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> tuple[float, float, float]:
        return betti_errors(prediction, target, self.patch_size, self.stride, self.connectivity, self.border)


def _refuse_impossible(
    patch_size: int | None = None, stride: int | None = None, connectivity: int = 8, border: str = "open"
) -> None:
    if patch_size is not None and patch_size < 1:
        raise ValueError(f"patch_size: expected at least 1 or null, got {patch_size}; use for example 64.")
    if stride is not None and (patch_size is None or not 1 <= stride <= patch_size):
        raise ValueError(f"stride: expected 1 to patch_size or null, got {stride}; use null for tiles side by side.")
    if connectivity not in (4, 8):
        raise ValueError(f"connectivity: expected 8 or 4, got {connectivity}; use 8.")
    if border not in ("open", "closed"):
        raise ValueError(f"border: expected open or closed, got {border}; use open.")
