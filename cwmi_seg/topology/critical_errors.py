"""Wrong components that split, merge, lose or invent an object: the critical components of the supervoxel loss."""

from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def critical_misses(prediction: Mask, target: Mask) -> Mask:
    """Find missed pixels whose component cannot be left out of its object without a change of the number of objects.

    Objects are the 4-connected components of the target (6-connected in volumes). The missed pixels of one object form
    8-connected (26-connected) components. Such a component is critical unless the rest of its object that touches it,
    corners included, belongs to exactly one 4-connected (6-connected) component of what the prediction has of the
    target: with none the object is lost, with two or more it is split. With the arguments exchanged, these are the
    false pixels that invent or merge objects.

    Args:
        prediction, target: H W or D H W.

    Reference: A. Grim, J. Chandrashekar, U. Sümbül, arXiv:2501.01022.
    """
    missed = target & ~prediction
    if not missed.any():
        return missed
    volume = target.ndim == 3
    objects = _label(target.astype(np.uint8), 6 if volume else 4)
    holes = _label(np.where(missed, objects, 0), 26 if volume else 8)
    rests = _label((target & prediction).astype(np.uint8), 6 if volume else 4)
    number = int(rests.max()) + 1  # base of the pairs (hole, rest), which are counted once each
    beside = [_touching(holes, rests, objects, step) for step in product((-1, 0, 1), repeat=target.ndim) if any(step)]
    touched = np.unique(np.concatenate([hole * number + rest for hole, rest in beside])) // number
    critical = np.bincount(touched, minlength=int(holes.max()) + 1) != 1
    critical[0] = False
    return critical[holes]


def _label(labels: NDArray[np.integer], connectivity: Literal[4, 6, 8, 26]) -> NDArray[np.int64]:
    """Components of equal labels above 0, from 1 on."""
    import cc3d

    return cc3d.connected_components(labels, connectivity=connectivity).astype(np.int64)


def _touching(
    holes: NDArray[np.int64], rests: NDArray[np.int64], objects: NDArray[np.int64], step: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of a hole and of the rest that lies one step from it in the same object, for each pair of such pixels."""
    here = tuple(slice(max(0, -d), min(0, -d) or None) for d in step)
    there = tuple(slice(max(0, d), min(0, d) or None) for d in step)
    both = (holes[here] > 0) & (rests[there] > 0) & (objects[here] == objects[there])
    return holes[here][both], rests[there][both]
