"""The maps of the adaptive boundary weight (Liu et al., arXiv:1905.09226)."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.topology.components import label_components
from cwmi_seg.topology.masks import Labels, read_labels
from cwmi_seg.weight_maps._distance import distance_to

VERSION = 1


def weight_map(mask: Labels) -> NDArray[np.float32]:
    """Weights that fall off within each object, as fast as the object is wide.

    With d the distance of an object pixel to the structure, D its largest value in the object, s = D / 2.58:
    channel 0 = 1 + 10 exp(-(D - d)^2 / (2 s^2)), largest in the middle of the object, 1 outside the objects;
    channel 1 = 10 exp(-d^2 / (2 s^2)), largest beside the structure, 30 on it. With no structure d = D = 0.

    Args:
        mask: H W; 1 structure, 0 objects, other values take no part.

    Returns:
        2 H W, in [0, 30].
    """
    (mask,) = read_labels(mask=mask)
    labels, structure = label_components(mask == 0, 4)[0], mask == 1
    distance = distance_to(structure).astype(np.float32)
    largest = _largest(distance, labels)[labels]
    # 99 % of a normal distribution lie within 2.58 standard deviations: s makes the object as wide as that
    variance = (np.where(largest > 0, largest, 1) / 2.58) ** 2
    weights = np.stack([largest - distance, distance])  # 2 H W
    weights **= 2
    weights /= -2 * variance
    np.exp(weights, out=weights)
    weights *= 10 * (labels > 0)
    weights[0] += 1
    weights[1] += 30 * structure
    return weights


def _largest(distance: NDArray[np.float32], labels: Labels) -> NDArray[np.float32]:
    """Largest distance in each object, indexed by its number; 0 outside the objects."""
    largest = np.zeros(int(labels.max(initial=0)) + 1, np.float32)
    np.maximum.at(largest, labels.ravel(), distance.ravel())
    largest[0] = 0
    return largest
