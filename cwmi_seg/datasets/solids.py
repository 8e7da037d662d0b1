"""Solids on a grid of voxels that have the topology they are meant to have: tubes, sheets, hollow balls and rings.

Each lies in a box of its own and keeps away from the faces of it, so that no two touch. Their measures are such that
no voxel grid closes a tunnel, opens a wall or breaks a tube, however it is turned and shifted against them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Rng = np.random.Generator
Box = tuple[slice, slice, slice]
Shape = tuple[int, int, int]
Drawing = tuple[Mask, tuple[int, int, int]]

CELL = 16  # voxels
SMALLEST = CELL
"""Voxels that a scene has at least along each axis."""
_MARGIN = 2.0  # voxels between a solid and the faces of its box


@dataclass(frozen=True)
class Solid:
    """The mask of a solid in its box, and its Betti numbers b0 (components), b1 (tunnels), b2 (cavities)."""

    box: Box
    mask: Mask
    betti: tuple[int, int, int]


def draw(solids: list[Solid], shape: Shape) -> Mask:
    """All solids in one mask D H W."""
    mask = np.zeros(shape, dtype=bool)
    for solid in solids:
        mask[solid.box] |= solid.mask
    return mask


def scene(kind: str, shape: Shape, rng: Rng) -> list[Solid]:
    """Solids of one of ``KINDS``, at least one, in a volume of ``shape``; one box in four stays empty."""
    cells, drawings = KINDS[kind]
    axis = int(rng.integers(3))  # along which tubes run, and which sheets lie across
    boxes = list(_boxes(shape, [CELL if cell else None for cell in np.roll(cells, axis)]))
    filled = rng.random(len(boxes)) < 0.75
    filled[rng.integers(len(boxes))] = True
    solids = []
    for box in (box for box, is_filled in zip(boxes, filled, strict=True) if is_filled):
        size = [part.stop - part.start for part in np.roll(np.array(box, dtype=object), -axis)]
        mask, betti = drawings[rng.integers(len(drawings))]((size[0], size[1], size[2]), rng)
        back = np.argsort(np.roll(np.arange(3), -axis))
        solids.append(Solid(box, mask.transpose(back), betti))
    return solids


def _boxes(shape: Shape, sizes: list[int | None]) -> Iterator[Box]:
    """Boxes of a size, or of the whole length of an axis where it is None, from the first corner on."""
    spans = []
    for length, size in zip(shape, sizes, strict=True):
        side = size or length
        spans.append([slice(start, start + side) for start in range(0, length - side + 1, side)])
    return ((first, second, third) for first in spans[0] for second in spans[1] for third in spans[2])


def tube(shape: Shape, rng: Rng) -> Drawing:
    """A winding tube along the first axis: one component."""
    radius = rng.uniform(1.5, 2.2)
    depth, *across = _coordinates(shape)
    centres = []
    for length in shape[1:]:
        room = min(length / 2 - _MARGIN - radius, 3.5)
        # one slice and the next overlap by more than a half: 3.5 * 2 pi / 28 = 0.8 voxels
        centres.append((rng.uniform(0.5, 1) * room, rng.uniform(28, 64), rng.uniform(0, 2 * np.pi)))
    offsets = [a * np.sin(2 * np.pi * depth / period + phase) for a, period, phase in centres]
    distance = np.hypot(across[0] - offsets[0], across[1] - offsets[1])
    return (distance <= radius) & (np.abs(depth) <= shape[0] / 2 - _MARGIN), (1, 0, 0)


def sheet(shape: Shape, rng: Rng) -> Drawing:
    """A waving sheet across the first axis, one component, with a tunnel for each hole that is pierced."""
    depth, *along = _coordinates(shape)
    half = rng.uniform(0.9, 1.3)
    room = min(shape[0] / 2 - _MARGIN - half, 4.0)
    surface = sum(
        room / 2 * np.sin(2 * np.pi * each / rng.uniform(32, 64) + rng.uniform(0, 2 * np.pi)) for each in along
    )
    inside = np.abs(depth - surface) <= half
    for coordinate, length in zip(along, shape[1:], strict=True):
        inside = inside & (np.abs(coordinate) <= length / 2 - _MARGIN)
    holes = [centre for centre in _hole_places(shape) if rng.random() < 0.3]
    for row, column in holes:
        inside = inside & (np.hypot(along[0] - row, along[1] - column) > rng.uniform(1.6, 2.6))
    return inside, (1, len(holes), 0)


def shell(shape: Shape, rng: Rng) -> Drawing:
    """A hollow ball: one component and one cavity."""
    outer = rng.uniform(4.5, _largest_radius(shape))
    distance = _distance_from_centre(shape)
    return (distance <= outer) & (distance >= outer - rng.uniform(1.4, 2.0)), (1, 0, 1)


def torus(shape: Shape, rng: Rng) -> Drawing:
    """A ring of any direction: one component and one tunnel."""
    normal = rng.normal(size=3)
    normal /= np.linalg.norm(normal)
    minor = rng.uniform(1.3, 1.7)
    major = rng.uniform(minor + 2.3, _largest_radius(shape) - minor)
    height = sum(n * x for n, x in zip(normal, _coordinates(shape), strict=True))
    from_axis = np.sqrt(np.maximum(_distance_from_centre(shape) ** 2 - height**2, 0))
    return np.hypot(from_axis - major, height) <= minor, (1, 1, 0)


def _coordinates(shape: Shape) -> list[NDArray[np.float64]]:
    """Voxels from the centre of the box along each axis, as open grids."""
    return [grid - (length - 1) / 2 for grid, length in zip(np.ogrid[tuple(map(slice, shape))], shape, strict=True)]


def _distance_from_centre(shape: Shape) -> NDArray[np.float64]:
    return np.sqrt(sum(coordinate**2 for coordinate in _coordinates(shape)))


def _largest_radius(shape: Shape) -> float:
    return min(shape) / 2 - _MARGIN


def _hole_places(shape: Shape) -> list[tuple[float, float]]:
    """Centres of squares of about 12 voxels that a sheet is made of: far enough from its rim and from each other."""
    lines = []
    for length in shape[1:]:
        number = max(int((length - 2 * _MARGIN) // 12), 1)
        lines.append([((i + 0.5) / number - 0.5) * (length - 2 * _MARGIN) for i in range(number)])
    return [(row, column) for row in lines[0] for column in lines[1]]


KINDS: dict[str, tuple[tuple[bool, bool, bool], tuple[Callable[[Shape, Rng], Drawing], ...]]] = {
    "tubes": ((False, True, True), (tube,)),
    "sheets": ((True, False, False), (sheet,)),
    "shells": ((True, True, True), (shell,)),
    "tori": ((True, True, True), (torus,)),
    "mixed": ((True, True, True), (tube, sheet, shell, torus)),
}
"""The axes along which boxes are cells (before a turn), and what is drawn in each box."""
