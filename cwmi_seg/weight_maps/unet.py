"""The map of the U-Net (Ronneberger et al., arXiv:1505.04597, equation 2): structure between two near objects."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.mistakes import Mistake
from cwmi_seg.topology.components import label_components
from cwmi_seg.topology.masks import Labels, read_labels
from cwmi_seg.weight_maps._two_nearest import two_nearest

VERSION = 1


def weight_map(mask: Labels, w0: float = 10.0, sigma: float = 5.0) -> NDArray[np.float32]:
    """w0 exp(-(d1 + d2)^2 / (2 sigma^2)) on the structure, d1 <= d2 its distances to the two nearest objects.

    Largest where a thin structure separates two objects; 0 on objects. With one object d2 = d1, with none the map is
    0. Where d1 + d2 exceeds 8 sigma, the value may be 0 instead of less than 1e-13 w0.

    Args:
        mask: H W; 1 structure, 0 objects, other values take no part.
        w0: largest weight.
        sigma: width, in pixels.

    Returns:
        1 H W, in [0, w0].
    """
    if sigma <= 0:
        raise Mistake(f"sigma: expected more than 0 pixels, got {sigma}; use for example 5.")
    (mask,) = read_labels(mask=mask)
    labels, structure = label_components(mask == 0, 4)[0], np.flatnonzero(mask == 1)
    weights = np.zeros(mask.shape, np.float32)
    if labels.any():
        first, second = two_nearest(labels, structure, limit=8 * sigma)
        weights.ravel()[structure] = w0 * np.exp(-((np.sqrt(first) + np.sqrt(second)) ** 2) / (2 * sigma**2))
    return weights[None]
