"""Skeletons by thinning (Lee et al., CVGIP 56(6), 1994), which keeps components, holes and centre lines."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.topology.masks import Labels, Mask, MaskLike, read_labels, read_masks

Box = tuple[slice, slice]


def skeleton(mask: MaskLike) -> Mask:
    """One pixel wide skeleton of ``mask`` H W, 8-connected."""
    from skimage.morphology import skeletonize

    (mask,) = read_masks(mask=mask)
    return skeletonize(mask, method="lee").astype(bool)  # type: ignore[no-untyped-call]


def dilated(mask: MaskLike) -> Mask:
    """``mask`` H W grown by 3x3."""
    (mask,) = read_masks(mask=mask)
    rows = mask.copy()
    rows[1:] |= mask[:-1]
    rows[:-1] |= mask[1:]
    both = rows.copy()
    both[:, 1:] |= rows[:, :-1]
    both[:, :-1] |= rows[:, 1:]
    return both


def object_boxes(labels: Labels) -> list[Box]:
    """Rows and columns that enclose each object of ``labels`` H W, numbered from 1 on."""
    from scipy.ndimage import find_objects

    (labels,) = read_labels(labels=labels)
    return find_objects(labels.astype(np.int32, copy=False)) if labels.size else []


def object_skeletons(labels: Labels, wanted: NDArray[np.bool_] | None = None) -> Mask:
    """Union of the skeletons of the single objects of ``labels`` H W, of those alone whose number is ``wanted``.

    Each is thinned in the box that encloses it: thinning a whole image repeats its passes over every pixel as often
    as the widest object needs, and lets objects that meet at a corner grow together.
    """
    (labels,) = read_labels(labels=labels)
    union = np.zeros(labels.shape, bool)
    for number, box in enumerate(object_boxes(labels), start=1):
        if wanted is None or wanted[number]:
            union[box] |= skeleton(labels[box] == number)
    return union
