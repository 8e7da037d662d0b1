"""Thinning that keeps the Euler number and end points, in eight subfields, as cbDice has it."""

from itertools import combinations, product

import torch
from torch import Tensor
from torch.nn import functional as F

Offset = tuple[int, int, int]
SUBFIELDS: list[Offset] = [(i, j, k) for k in (0, 1) for j in (0, 1) for i in (0, 1)]
NEIGHBOURS: list[Offset] = [(i, j, k) for i, j, k in product((-1, 0, 1), repeat=3) if any((i, j, k))]


def thinned(masks: Tensor, passes: int = 5) -> Tensor:
    """Skeletons of a batch of masks; objects wider than about two pixels a pass are not yet lines.

    A pass marks the end points (at most one of 26 neighbours set), then goes through the voxels of each of the eight
    combinations of odd and even coordinates and deletes at once, among those set and not marked, the voxels that leave
    the Euler number of the background around them as it is. Voxels of one combination are no neighbours, so this is
    the same as one after the other. Components minus holes (in volumes: plus cavities) stay, as published; a component
    and a hole may go together.

    Args:
        masks: bool n H W or n D H W.
        passes: number of passes.
    """
    volumes = masks[:, None] if masks.ndim == 3 else masks
    found = F.pad(volumes, [2] * 6)  # one voxel that is thought of, one for the neighbours of that
    for _ in range(passes):
        ends = _number_of_neighbours(found) <= 1
        for subfield in SUBFIELDS:
            here = _moved(found, (0, 0, 0), subfield, 2)
            kept_end = ends[:, subfield[0] :: 2, subfield[1] :: 2, subfield[2] :: 2]
            here &= kept_end | (_euler_change(~found, subfield) != 0)
    return found[:, 2:-2, 2:-2, 2:-2].reshape(masks.shape)


def _number_of_neighbours(volumes: Tensor) -> Tensor:
    number = torch.zeros_like(_moved(volumes, (0, 0, 0), (0, 0, 0), 1), dtype=torch.int8)
    for offset in NEIGHBOURS:
        number += _moved(volumes, offset, (0, 0, 0), 1)
    return number


def _moved(volumes: Tensor, offset: Offset, start: Offset, step: int) -> Tensor:
    """A view of every ``step``-th voxel from ``start`` on, moved by ``offset``, of volumes with a margin of one."""
    slices = [slice(1 + s + d, size - 1 + d, step) for s, d, size in zip(start, offset, volumes.shape[1:], strict=True)]
    return volumes[:, slices[0], slices[1], slices[2]]


def _euler_change(background: Tensor, subfield: Offset) -> Tensor:
    """The change of the Euler number of the background if a voxel joins it, for each voxel of a subfield.

    1 - background neighbours across faces + squares whose other 3 voxels are background - cubes whose other 7 are.
    """
    near = {offset: _moved(background, offset, subfield, 2) for offset in NEIGHBOURS}
    change = torch.ones_like(near[1, 0, 0], dtype=torch.int8)
    for axes in (1, 2, 3):
        for corner in (offset for offset in NEIGHBOURS if sum(map(abs, offset)) == axes):
            change += (-1) ** axes * _all(near, corner)
    return change


def _all(near: dict[Offset, Tensor], corner: Offset) -> Tensor:
    """Whether every voxel between the centre and ``corner`` is set, the centre left out, as int8."""
    axes = [axis for axis in range(3) if corner[axis]]
    parts = [part for count in range(1, len(axes) + 1) for part in combinations(axes, count)]
    result = torch.ones_like(near[corner])
    for part in parts:
        i, j, k = (corner[axis] if axis in part else 0 for axis in range(3))
        result &= near[i, j, k]
    return result.to(torch.int8)
