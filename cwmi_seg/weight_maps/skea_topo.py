"""The maps of the Skea-topo loss (Liu et al., arXiv:2404.18539): nearness to the skeleton, and the skeletons."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.topology.components import label_components
from cwmi_seg.topology.masks import Labels, read_labels
from cwmi_seg.topology.skeletons import dilated, object_boxes, skeleton
from cwmi_seg.weight_maps._distance import distance_to
from cwmi_seg.weight_maps._two_nearest import two_nearest

VERSION = 1


def weight_map(mask: Labels) -> NDArray[np.float32]:
    """Skeleton-aware weights of objects and structure, and the skeletons of both.

    - Channel 0, on objects: 1 - d0 / d1, with d0 the distance to the object's skeleton, clipped to d1, the distance
      to the structure of the nearest skeleton pixel. 0 with no structure.
    - Channel 1, on the structure: 1 + (2 D - d1 - d2) / (2 D), clipped at 0, with d1 <= d2 the distances to the two
      nearest objects and D the largest d1 of the image. With one object d2 = d1, with none the channel is 1.
    - Channel 2: 1 on the skeletons of the objects, dilated by 3x3.
    - Channel 3: 1 on the skeleton of the structure.

    Args:
        mask: H W; 1 structure, 0 objects, other values take no part.

    Returns:
        4 H W, in [0, 2].
    """
    (mask,) = read_labels(mask=mask)
    labels, structure = label_components(mask == 0, 4)[0], mask == 1
    weights = np.zeros((4, *mask.shape), np.float32)
    weights[1].ravel()[structure.ravel()] = _structure_weight(labels, structure)
    lines = _object_weight(labels, distance_to(structure), weights[0])
    weights[2] = dilated(lines)
    weights[3] = skeleton(structure)
    return weights


def _object_weight(labels: Labels, to_structure: NDArray[np.float64], weight: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Write the weight of every object, return the union of their skeletons."""
    from scipy.ndimage import distance_transform_edt

    lines = np.zeros(labels.shape, bool)
    for number, box in enumerate(object_boxes(labels), start=1):
        inside = labels[box] == number
        line = skeleton(inside)
        away, nearest = distance_transform_edt(~line, return_indices=True)
        reach = to_structure[box][tuple(nearest)]
        nearness = 1 - np.minimum(away, reach) / np.where(reach > 0, reach, 1)
        weight[box][inside] = np.where(reach > 0, nearness, 0)[inside]
        lines[box] |= line
    return lines


def _structure_weight(labels: Labels, structure: NDArray[np.bool_]) -> NDArray[np.float64] | float:
    """Weight of every pixel of the structure."""
    if not labels.any() or not structure.any():
        return 1.0
    largest = distance_to(labels > 0)[structure].max()
    first, second = two_nearest(labels, np.flatnonzero(structure), limit=4 * largest)  # beyond it the weight is 0
    return np.maximum(2 - (np.sqrt(first) + np.sqrt(second)) / (2 * largest), 0)
