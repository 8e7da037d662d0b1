"""Skeletons by thinning (Lee et al., CVGIP 56(6), 1994), which keeps components, holes and centre lines."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Box = tuple[slice, slice]


def skeleton(mask: Mask) -> Mask:
    """One pixel wide skeleton of ``mask`` H W, 8-connected."""
    from skimage.morphology import skeletonize

    return skeletonize(mask, method="lee").astype(bool)  # type: ignore[no-untyped-call]


def dilated(mask: Mask) -> Mask:
    """``mask`` H W grown by 3x3."""
    rows = mask.copy()
    rows[1:] |= mask[:-1]
    rows[:-1] |= mask[1:]
    both = rows.copy()
    both[:, 1:] |= rows[:, :-1]
    both[:, :-1] |= rows[:, 1:]
    return both


def object_boxes(labels: NDArray[np.integer]) -> list[Box]:
    """Rows and columns that enclose each object of ``labels`` H W, numbered from 1 on."""
    from scipy.ndimage import find_objects

    return find_objects(labels.astype(np.int32, copy=False))


def object_skeletons(labels: NDArray[np.integer], wanted: NDArray[np.bool_] | None = None) -> Mask:
    """Union of the skeletons of the single objects of ``labels`` H W, of those alone whose number is ``wanted``.

    Each is thinned in the box that encloses it: thinning a whole image repeats its passes over every pixel as often
    as the widest object needs, and lets objects that meet at a corner grow together.
    """
    union = np.zeros(labels.shape, bool)
    for number, box in enumerate(object_boxes(labels), start=1):
        if wanted is None or wanted[number]:
            union[box] |= skeleton(labels[box] == number)
    return union
