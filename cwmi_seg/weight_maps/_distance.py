"""Distances in pixels, defined in all empty cases."""

import numpy as np
from numpy.typing import NDArray


def distance_to(where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Euclidean distance of each pixel to the nearest pixel of ``where``; 0 with no such pixel."""
    from scipy.ndimage import distance_transform_edt

    return distance_transform_edt(~where) if where.any() else np.zeros(where.shape)
