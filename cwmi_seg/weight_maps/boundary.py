"""The map of the boundary loss (Kervadec et al., MIDL 2019): signed distances to the boundary of each class."""

import numpy as np
from numpy.typing import NDArray

VERSION = 1


def weight_map(
    mask: NDArray[np.uint8],
    num_classes: int | None = 2,
    include_background: bool = False,
    ignore_index: int | None = None,
) -> NDArray[np.float32]:
    """The distance to the class outside of it, and 1 minus the distance to its outside within it.

    The outermost pixels of a class have 0, those that touch it from outside 1. A class that is absent or fills the
    mask has 0 everywhere.

    Args:
        mask: H W or D H W, class index.
        num_classes: C, of the dataset; None counts as 2.
        include_background: a channel for class 0 too.
        ignore_index: value that counts as class 0.

    Returns:
        C - 1 *space, or C *space with class 0, in pixels.
    """
    labels = mask if ignore_index is None else np.where(mask == ignore_index, 0, mask)
    classes = range(0 if include_background else 1, num_classes or 2)
    return np.stack([_signed_distance(labels == label) for label in classes]).astype(np.float32)


def _signed_distance(inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    from scipy.ndimage import distance_transform_edt

    if inside.all() or not inside.any():
        return np.zeros(inside.shape)
    return distance_transform_edt(~inside) - np.maximum(distance_transform_edt(inside) - 1, 0)
