"""Skeletons by thinning (Lee et al., CVGIP 56(6), 1994), which keeps components, holes and centre lines."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.topology.components import label_components
from cwmi_seg.topology.masks import Labels, Mask, MaskLike, read_labels, read_masks

Box = tuple[slice, slice]


def skeleton(mask: MaskLike) -> Mask:
    """The skeleton of a mask H W, one pixel wide and 8-connected."""
    (mask,) = read_masks(mask=mask)
    return _lee(mask)


def _lee(mask: Mask) -> Mask:
    from skimage.morphology import skeletonize

    return skeletonize(mask, method="lee").astype(bool)  # type: ignore[no-untyped-call]


def centre_lines(volume: MaskLike) -> Mask:
    """The skeleton of a volume D H W, one voxel wide and 26-connected; each component has one.

    A component that the thinning removes as a whole, as scikit-image does with some compact ones, keeps its innermost
    voxel, the first of several.
    """
    (volume,) = read_masks(("D H W",), volume=volume)
    lines = _lee(volume)
    labels, number = label_components(volume, 26)
    lost = np.setdiff1d(np.arange(1, number + 1), labels[lines])
    if lost.size:
        from scipy.ndimage import distance_transform_edt, maximum_position

        inside = distance_transform_edt(np.pad(volume, 1))[1:-1, 1:-1, 1:-1]
        lines[tuple(np.transpose(maximum_position(inside, labels, lost)))] = True
    return lines


def dilated(mask: MaskLike) -> Mask:
    """A mask H W dilated by 3x3 pixels."""
    (mask,) = read_masks(mask=mask)
    rows = mask.copy()
    rows[1:] |= mask[:-1]
    rows[:-1] |= mask[1:]
    both = rows.copy()
    both[:, 1:] |= rows[:, :-1]
    both[:, :-1] |= rows[:, 1:]
    return both


def object_boxes(labels: Labels) -> list[Box]:
    """The rows and columns that enclose each object of ``labels`` H W, in the order of their numbers from 1 on."""
    from scipy.ndimage import find_objects

    (labels,) = read_labels(labels=labels)
    return find_objects(labels.astype(np.int32, copy=False)) if labels.size else []


def object_skeletons(labels: Labels, wanted: NDArray[np.bool_] | None = None) -> Mask:
    """The union of the skeletons of the objects of ``labels`` H W; ``wanted`` names those that count, by default all.

    Each is thinned in the box that encloses it: thinning a whole image repeats its passes over every pixel as often
    as the widest object needs, and lets objects that meet at a corner grow together.
    """
    (labels,) = read_labels(labels=labels)
    union = np.zeros(labels.shape, bool)
    for number, box in enumerate(object_boxes(labels), start=1):
        if wanted is None or wanted[number]:
            union[box] |= skeleton(labels[box] == number)
    return union
