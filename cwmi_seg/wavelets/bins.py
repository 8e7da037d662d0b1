"""The order in which frequencies are visited.

The base are the frequencies w that are not negative along any axis. All others but their negatives are mirror images of
these: some signs of w changed, not that of the last axis. A mirror image has the same radius; the sets of axes v_k are
symmetric, so that mirroring takes the planes v_k.u = 0 to one another; and a product of filters at a mirrored frequency
is the product of the mirrored filters at that of the base. So the R mirror images (2 in the plane, 4 in space) of a
spectrum count as R spectra, and there are R times fewer weights to keep and to read.

The bins of the base are put in order by octave, and within an octave by sign class: the signs of all v_k.u. Each such
group is filled up to whole blocks.
"""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from cwmi_seg.wavelets.axes import Axes
from cwmi_seg.wavelets.grid import FrequencyGrid

BLOCK = 128
"""Bins of a block: enough for a product of matrices, few enough to waste little on groups that do not fill theirs."""


class Bins(NamedTuple):
    """Bins of the base in groups that are filled up to whole blocks; the last place of all is always empty."""

    position: Tensor  # T*128, among those that were given
    used: Tensor  # T*128 bool, False where a block is filled up
    group: Tensor  # T, octave * Q + class


def base(grid: FrequencyGrid, scales: range) -> tuple[Tensor, ...]:
    """The bins of the scales, not negative along any axis: for each axis their indices.

    Bins of no band are left out: the corners beyond r = pi alone are a fifth of the plane.
    """
    number = octave(grid.radius)
    inside = (number >= scales[0] - 1) & (number <= scales[-1]) & ~grid.nyquist
    return (inside & (grid.direction >= 0).all(0)).nonzero(as_tuple=True)


def octave(radius: Tensor) -> Tensor:
    """Octave j holds r from pi/2^(j+1) up to pi/2^j; from pi on it is -1, in no band; infinite at zero frequency."""
    return -1 - (radius / math.pi).log2().floor()


def sign_classes(direction: Tensor, axes: Axes, form: str) -> tuple[Tensor, Tensor]:
    """The class of each direction, F, and the signs of each class, Q K.

    A direction within rounding of the plane where a filter is 0 may go to either side, but all such to the same one.
    Real filters of even order have no sign.
    """
    if form == "real" and axes.order % 2 == 0:
        classes, patterns = torch.zeros(direction.shape[1], dtype=torch.long), torch.zeros(1, dtype=torch.long)
    else:
        # the signs of all axes as one whole number, so that equal patterns are found by sorting numbers
        bits = 2 ** torch.arange(len(axes.directions))
        positive = axes.directions @ direction > -1e-12
        pattern = bits @ positive.long()
        patterns, classes = pattern.unique(return_inverse=True)  # type: ignore[no-untyped-call]
    signs = 2.0 * (patterns[:, None] >> torch.arange(len(axes.directions)) & 1) - 1
    return classes, signs.double()


def in_blocks(group: Tensor, num_groups: int) -> Bins:
    """Put bins in order by their group, F, and fill up to whole blocks."""
    # stable, so that the bins of a group keep the order in which they lie in memory
    order = group.argsort(stable=True)
    counts = group.bincount(minlength=num_groups)
    blocks = -(-counts // BLOCK)
    blocks[-1] = counts[-1] // BLOCK + 1
    skipped = (blocks * BLOCK - counts).cumsum(0) - (blocks * BLOCK - counts)  # filled up before each group
    places = torch.arange(len(order)) + skipped[group[order]]
    position = torch.zeros(int(blocks.sum()) * BLOCK, dtype=torch.long)
    used = torch.zeros(len(position), dtype=torch.bool)
    position[places], used[places] = order, True
    return Bins(position, used, torch.arange(num_groups).repeat_interleave(blocks))


def mirrors(num_dims: int) -> Tensor:
    """The signs along each axis of every mirror image, R d."""
    signs = itertools.product((1, -1), repeat=num_dims - 1)
    return torch.tensor([(*outer, 1) for outer in signs])


def mirrored(indices: tuple[Tensor, ...], shape: Sequence[int], mirrors: Tensor) -> Tensor:
    """The positions in the flattened half spectrum of every mirror image of the base: R F."""
    positions = torch.zeros(len(mirrors), 1, dtype=torch.long)
    for index, size, signs in zip(indices, shape, mirrors.T, strict=True):
        positions = positions * size + (signs[:, None] * index) % size
    return positions


def inverse(positions: Tensor, used: Tensor, size: int) -> Tensor:
    """The place of each bin of the half spectrum, or the last, which is empty: a gather does what a scatter would."""
    numbers = torch.arange(positions.numel()).view(positions.shape)
    places = torch.full((size,), positions.numel() - 1, dtype=torch.long)
    places[positions[:, used].flatten()] = numbers[:, used].flatten()
    return places
