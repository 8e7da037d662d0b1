"""Axes of the oriented filters, in the plane and in space.

An axis is a unit vector v_k, one of each antipodal pair; the filters are (v_k.u)^n of the direction u of a frequency,
up to sign and one-sidedness. The squares of the real filters a sqrt(m_k) |v_k.u|^n sum to one in every direction if
and only if the points +-v_k with weights m_k are a spherical 2n-design. In the plane K equally spaced axes are one for
n = K-1. In space the coordinate axes are one for n = 1, the diagonals of the icosahedron for n = 2, and those of
icosahedron and dual dodecahedron together, with weights 20/21 and 36/35, for n = 4.
"""

import math
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor

from cwmi_seg.mistakes import Mistake

MOST_ORIENTATIONS = 32
"""Most orientations of an image: the polynomials of the covariances lose digits with each; 32 leave six of the loss."""

_GOLDEN = (1 + math.sqrt(5)) / 2
_COORDINATES = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
_ICOSAHEDRON = (
    *((0, 1, _GOLDEN), (_GOLDEN, 0, 1), (1, _GOLDEN, 0)),
    *((0, 1, -_GOLDEN), (-_GOLDEN, 0, 1), (1, -_GOLDEN, 0)),
)
_DUAL_DODECAHEDRON = (  # the one whose axes are the centres of the faces of that icosahedron; no other makes a design
    *((1, 1, 1), (1, 1, -1), (1, -1, 1), (1, -1, -1)),
    *((0, _GOLDEN, 1 / _GOLDEN), (1 / _GOLDEN, 0, _GOLDEN), (_GOLDEN, 1 / _GOLDEN, 0)),
    *((0, _GOLDEN, -1 / _GOLDEN), (-1 / _GOLDEN, 0, _GOLDEN), (_GOLDEN, -1 / _GOLDEN, 0)),
)
_IN_SPACE = {  # number of axes: vectors, their weights, order of the filters
    3: (_COORDINATES, (1.0,) * 3, 1),
    6: (_ICOSAHEDRON, (1.0,) * 6, 2),
    16: (_ICOSAHEDRON + _DUAL_DODECAHEDRON, (20 / 21,) * 6 + (36 / 35,) * 10, 4),
}


class Axes(NamedTuple):
    """Directions of the K filters of a scale, and their order."""

    directions: Tensor  # K d, unit vectors, float64
    weights: Tensor  # K, mean 1
    order: int  # n, exponent of the cosine

    def gain(self) -> float:
        """a = 1 / sqrt(K mu), mu the mean of (v.u)^(2n) over all directions; the squared real filters sum to one."""
        # a ratio of gamma functions, which is a product of n fractions
        num_axes, num_dims = self.directions.shape
        mean = math.prod((2 * j + 1) / (num_dims + 2 * j) for j in range(self.order))
        return 1 / math.sqrt(num_axes * mean)


def axes(num_dims: int, num_axes: int) -> Axes:
    """The K axes of images (``num_dims`` 2) or volumes (3). Their order and signs matter to one-sided filters.

    In the plane ``v_k = (cos pi k/K, sin pi k/K)`` for k = 0..K-1: axis 0 runs along the rows' index, and the order is
    K-1. In space K is 3, 6 or 16 with order 1, 2 or 4.
    """
    if num_dims == 2:
        angles = math.pi / num_axes * torch.arange(num_axes, dtype=torch.float64)
        directions = torch.stack([angles.cos(), angles.sin()], 1)
        return Axes(directions, torch.ones(num_axes, dtype=torch.float64), num_axes - 1)
    vectors, weights, order = _IN_SPACE[num_axes]
    directions = torch.tensor(list(chain(*vectors)), dtype=torch.float64).view(-1, 3)
    directions = directions / torch.linalg.vector_norm(directions, dim=1, keepdim=True)
    return Axes(directions, torch.tensor(weights, dtype=torch.float64), order)


def check_axes(name: str, num_dims: int, num_axes: int, *, complex: bool) -> None:
    """Refuse numbers of axes that have no tight filters, or dependent ones.

    Raises:
        ValueError: ``name: expected RULE, got VALUE; REPAIR.``
    """
    if num_dims == 2:
        _check_orientations(name, num_axes, complex)
    elif num_axes not in _IN_SPACE:
        raise Mistake(f"{name}: expected 3, 6 or 16 in volumes, got {num_axes}; use 6.")
    elif num_axes == 16 and not complex:
        raise Mistake(
            f"{name}: expected 3 or 6 for real subbands or augmented covariances of volumes, got 16, whose real parts "
            "are linearly dependent; use 6, or complex subbands with proper covariances."
        )


def _check_orientations(name: str, num_axes: int, complex: bool) -> None:
    least = 2 if complex else 1
    if not least <= num_axes <= MOST_ORIENTATIONS:
        repair = "one orientation needs the real pyramid" if num_axes == 1 else "4 is the paper's"
        raise Mistake(f"{name}: expected a whole number from {least} to {MOST_ORIENTATIONS}, got {num_axes}; {repair}.")
