"""Masks of numbered objects to a structure of thin lines."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.snemi3d import membranes


def objects(labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Mark every pixel of an object (label other than 0)."""
    return (labels != 0).astype(np.uint8)


def touching(labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Mark, on both sides, the borders at which two objects touch; 4-neighbours are compared."""
    return (membranes(labels) & (labels != 0)).astype(np.uint8)


WAYS: Mapping[str, Callable[[NDArray[np.integer]], NDArray[np.uint8]]] = {
    "objects": objects, "membranes": membranes, "touching": touching,
}  # fmt: skip
"""``objects``: the objects are the structure; ``membranes``: what is no object, and the borders between objects that
touch, as in SNEMI3D; ``touching``: those borders alone."""
