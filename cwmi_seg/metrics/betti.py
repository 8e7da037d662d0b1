"""Betti numbers of masks and volumes, and their errors."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.metrics.per_class import PerClassMetric
from cwmi_seg.mistakes import Mistake
from cwmi_seg.topology.components import CONNECTIVITIES, Connectivity, check_connectivity, label_components
from cwmi_seg.topology.masks import IMAGE_OR_VOLUME, Mask, MaskLike, read_masks

Border = Literal["open", "closed"]
Counts = NDArray[np.int64]
_TILES = ("T H W", "T D H W")


def betti_numbers(
    tiles: MaskLike, connectivity: Connectivity | None = None, border: Border = "open"
) -> tuple[Counts, ...]:
    """Count the connected components b0, the holes b1 and in volumes the cavities b2 of each tile's structure, exactly.

    b0 by labelling, b2 = (components of the background) - 1 by labelling too, and b1 = b0 + b2 - chi with the Euler
    characteristic chi of the cubical complex; in an image b2 = 0. A hole of a volume is a tunnel through it.

    Images: empty (0, 0); full (1, 0); a ring (1, 1); a ring cut by the border (1, 0); two pixels that touch at a
    corner (1, 0) with 8-connectivity, (2, 0) with 4. Volumes: empty (0, 0, 0); full and a ball (1, 0, 0); a hollow
    ball (1, 0, 1); a solid torus (1, 1, 0), cut by the border (1, 0, 0); a hollow torus (1, 2, 1). Two tori that are
    linked have the numbers of two that are not: (2, 2, 0).

    Args:
        tiles: structure, T H W or T D H W.
        connectivity: Connectivity of the structure, 8 or 4 in images, 26 or 6 in volumes; its background has the other
            one. None takes the larger.
        border: "open": background that touches the border is no hole and no cavity. "closed": it is (the tile is
            framed with structure before they are counted; b0 stays that of "open").

    Returns:
        b0 and b1, in volumes b2 as well, each T.
    """
    (tiles,) = read_masks(_TILES, tiles=tiles)
    connectivity = _of_structure(connectivity, tiles)
    _check_border(border)
    components = _components(tiles, connectivity)
    # A frame of structure would make one component of all that touch the border: b0 keeps that of the open border.
    within = components
    if border == "closed":
        tiles = _framed(tiles, structure=True)
        within = _components(tiles, connectivity)
    around = within - euler_characteristic(tiles, connectivity)  # b1 - b2
    if tiles.ndim == 3:
        return components, around
    wide, narrow = CONNECTIVITIES[3]
    # the frame joins all background at the border into one component, which is the outside and no cavity
    cavities = _components(~_framed(tiles, structure=False), narrow if connectivity == wide else wide) - 1
    return components, around + cavities, cavities


def _framed(tiles: Mask, *, structure: bool) -> Mask:
    return np.pad(tiles, [(0, 0), *[(1, 1)] * (tiles.ndim - 1)], constant_values=structure)


def _components(tiles: Mask, connectivity: Connectivity) -> Counts:
    """Components of each tile: all tiles one above the other, a row of background between, are labelled at once."""
    column = np.pad(tiles, [(0, 0), (0, 1), *[(0, 0)] * (tiles.ndim - 2)])
    number_of_tiles, rows, *others = column.shape
    labels, number = label_components(column.reshape(number_of_tiles * rows, *others), connectivity)
    if len(tiles) == 1:
        return np.array([number])
    # each pixel writes the number of its tile at its label, a component lies in one tile; label 0 is the background
    tile = np.zeros(number + 1, np.int64)
    tile[labels.reshape(column.shape)] = np.arange(len(tiles)).reshape(-1, *[1] * (tiles.ndim - 1))
    return np.bincount(tile[1:], minlength=len(tiles))


def euler_characteristic(tiles: MaskLike, connectivity: Connectivity | None = None) -> Counts:
    """Vertices - edges + faces (- cubes) of the cubical complex of each tile.

    With 8- and 26-connectivity pixels are faces and voxels cubes, and a cell that bounds them belongs to the complex
    when one beside it does. With 4- and 6-connectivity pixels and voxels are vertices, and a cell that joins them
    belongs to it when all of its vertices do.

    Args:
        tiles: Structure, T H W or T D H W.
        connectivity: Connectivity of the structure, 8 or 4 in images, 26 or 6 in volumes; None takes the larger.

    Returns:
        The number chi of each tile, T.
    """
    (tiles,) = read_masks(_TILES, tiles=tiles)
    connectivity = _of_structure(connectivity, tiles)
    ndim = tiles.ndim - 1
    # cells joined along all axes count with +1: of the one kind these are the vertices, of the other the faces or cubes
    join, sign = (np.logical_or, 1) if connectivity in (8, 26) else (np.logical_and, (-1) ** ndim)
    return sign * _alternating(_framed(tiles, structure=False), join, ndim)


def _alternating(cells: Mask, join: np.ufunc, axis: int) -> Counts:
    """Join neighbours along some of the axes 1 to ``axis`` and count the cells that are set; the sum over all choices.

    A count has the sign -1 for each axis along which nothing was joined.
    """
    if axis == 0:
        return np.array([np.count_nonzero(tile) for tile in cells], np.int64)
    after, before = (np.moveaxis(cells, axis, 0)[part] for part in (slice(1, None), slice(-1)))
    joined = np.moveaxis(join(after, before), 0, axis)
    return _alternating(joined, join, axis - 1) - _alternating(cells, join, axis - 1)


def tiled(mask: MaskLike, size: int | None, stride: int | None = None) -> Mask:
    """Cut squares or cubes of side ``size``, every ``stride`` pixels from the first corner, until they cover the mask.

    Tiles that stick out of the mask are background there. With ``size`` None the whole mask is the only tile.

    Args:
        mask: H W or D H W.
        size, stride: pixels; ``stride`` None is ``size``.

    Returns:
        T H W or T D H W.
    """
    _check_patches(size, stride)
    (mask,) = read_masks(IMAGE_OR_VOLUME, mask=mask)
    if size is None:
        return mask[None]
    stride = stride or size
    missing = [-(length - size) % stride if length > size else size - length for length in mask.shape]
    padded = np.pad(mask, [(0, amount) for amount in missing])
    shape = (size,) * mask.ndim
    windows = np.lib.stride_tricks.sliding_window_view(padded, shape)[(slice(None, None, stride),) * mask.ndim]
    return windows.reshape(-1, *shape)


def betti_errors(
    prediction: MaskLike,
    target: MaskLike,
    patch_size: int | None = None,
    stride: int | None = None,
    connectivity: Connectivity | None = None,
    border: Border = "open",
) -> tuple[float, ...]:
    """Errors |b0(P) - b0(T)|, |b1(P) - b1(T)|, in volumes |b2(P) - b2(T)|, and their sum; each the mean over the tiles.

    0 for equal masks; but masks with equal numbers need not agree, least of all on the whole image. See
    :func:`betti_numbers` and :func:`tiled`.

    Args:
        prediction, target: structure, H W or D H W.
        patch_size: Side of square or cubic tiles in pixels; None takes the whole image as one.
        stride: Pixels from one tile to the next; None takes ``patch_size``.
        connectivity: Connectivity of the structure, 8 or 4 in images, 26 or 6 in volumes; None takes the larger.
        border: "open" or "closed", as for :func:`betti_numbers`.

    Returns:
        Numbers in [0, inf); 0 is best.
    """
    prediction, target = read_masks(IMAGE_OR_VOLUME, prediction=prediction, target=target)
    of_prediction = betti_numbers(tiled(prediction, patch_size, stride), connectivity, border)
    of_target = betti_numbers(tiled(target, patch_size, stride), connectivity, border)
    errors = [float(np.abs(found - true).mean()) for found, true in zip(of_prediction, of_target, strict=True)]
    return *errors, sum(errors)


class BettiError(PerClassMetric):
    """:func:`betti_errors` as ``betti_0_error``, ``betti_1_error``, ``betti_error``; tiles add ``_SIZE`` to the names.

    With a connectivity of volumes ``betti_2_error`` as well.

    Args:
        num_classes, ignore_index: Number of classes and ignored value, as in the base class.
        patch_size, stride, border: Arguments of :func:`betti_errors`.
        connectivity: Connectivity of the structure, 8 or 4 for images, 26 or 6 for volumes.
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
        _check_patches(patch_size, stride)
        self.axes = _axes_of(connectivity)
        _check_border(border)
        self.patch_size, self.stride, self.connectivity, self.border = patch_size, stride, connectivity, border
        suffix = "" if patch_size is None else f"_{patch_size}"
        numbers = ("_0", "_1", "_2")[: self.axes[0]]
        self.names = tuple(f"betti{number}_error{suffix}" for number in (*numbers, ""))

    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> tuple[float, ...]:
        """The errors of one structure."""
        return betti_errors(
            prediction,
            target,
            patch_size=self.patch_size,
            stride=self.stride,
            connectivity=self.connectivity,
            border=self.border,
        )


def _axes_of(connectivity: int) -> tuple[int, ...]:
    """2 for a connectivity of images, 3 for one of volumes."""
    for axes, connectivities in CONNECTIVITIES.items():
        if connectivity in connectivities:
            return (axes,)
    raise Mistake(f"connectivity: expected 8 or 4 for images, 26 or 6 for volumes, got {connectivity}; use 8, or 26.")


def _of_structure(connectivity: Connectivity | None, tiles: Mask) -> Connectivity:
    """The connectivity, by default the larger one, checked against the number of axes."""
    ndim = tiles.ndim - 1
    chosen = CONNECTIVITIES[ndim][0] if connectivity is None else connectivity
    check_connectivity(chosen, ndim)
    return chosen


def _check_patches(patch_size: int | None, stride: int | None) -> None:
    if patch_size is not None and patch_size < 1:
        raise Mistake(f"patch_size: expected at least 1 or null, got {patch_size}; use for example 64.")
    if stride is not None and (patch_size is None or not 1 <= stride <= patch_size):
        raise Mistake(f"stride: expected 1 to patch_size or null, got {stride}; use null for tiles side by side.")


def _check_border(border: str) -> None:
    if border not in ("open", "closed"):
        raise Mistake(f"border: expected open or closed, got {border}; use open.")
