"""The map of Skeleton Recall (Kirchhoff et al., ECCV 2024): the widened skeleton of the foreground."""

import numpy as np
from numpy.typing import NDArray

VERSION = 1


def weight_map(mask: NDArray[np.uint8], tube: int = 2, ignore_index: int | None = None) -> NDArray[np.float32]:
    """The class of each pixel within ``tube`` steps of the skeleton of the foreground; 0 elsewhere.

    The foreground is every class but 0, all together. Its skeleton (2D: Zhang and Suen, 3D: Lee) is dilated ``tube``
    times by the cross of 4 (6) neighbours and clipped to the foreground; each pixel of it has the class that it lies
    in. Where the foreground is thinner than about 5 pixels it is taken whole.

    Args:
        mask: H W or D H W, class index.
        tube: number of dilations.
        ignore_index: value that is no foreground.

    Returns:
        1 *space, whole numbers.
    """
    from scipy.ndimage import binary_dilation
    from skimage.morphology import skeletonize

    foreground = (mask > 0) if ignore_index is None else (mask > 0) & (mask != ignore_index)
    if not foreground.any():
        return np.zeros((1, *mask.shape), np.float32)
    near = skeletonize(foreground).astype(bool)  # type: ignore[no-untyped-call]
    if tube:
        near = binary_dilation(near, iterations=tube)
    return np.where(near & foreground, mask, 0)[None].astype(np.float32)
