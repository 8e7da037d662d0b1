"""The order in which frequencies are visited, and the weights that depend on the sizes and the pyramid alone.

Scale n takes the octaves n-1 (r from pi/2^n to pi/2^(n-1)) and n. The bins of ``rfftn`` are put in order by octave,
and within an octave by sign class: the signs of all v_k.u. Each such group is filled up to whole blocks. Every octave
but the last is then the finer half of a scale, every octave but the first the coarser half of one, and both are
contiguous: two batched products of small matrices give all moments, whatever the number of scales and classes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from cwmi_seg.wavelets.axes import Axes, axes
from cwmi_seg.wavelets.grid import frequency_grid
from cwmi_seg.wavelets.mixing import mixing, monomials
from cwmi_seg.wavelets.radial import radial_band

BLOCK = 128
"""Bins of a block: enough for a product of matrices, few enough to waste little on groups that do not fill theirs."""


class Half(NamedTuple):
    """The finer or the coarser halves of all scales: a range of the blocks."""

    first: int  # block
    basis: Tensor  # T M 128, float64: radial weight times the monomials of the direction; 0 where a block is filled up
    row: Tensor  # T, each block's row of the table of moments, which has one for each scale and class
    rows: tuple[int, ...]  # the same, known without a look at the device
    membership: Tensor  # rows T, 1 where a block belongs to a row


@dataclass(frozen=True, eq=False)
class SpectralPlan:
    """Weights of :func:`spectral_plan`: N scales, Q sign classes, M monomials, T blocks."""

    sizes: tuple[int, ...]
    num_scales: int  # N
    num_classes: int  # Q
    num_blocks: int  # T
    bins: Tensor  # T*128, positions in the flattened half spectrum; 0 where a block is filled up
    places: Tensor  # of every bin of the flattened half spectrum, its place in ``bins``, or T*128 if it is in no band
    halves: tuple[Half, Half]  # finer, coarser
    even: Tensor  # Q*M n*n, from moments to covariances, see ``mixing``
    odd: Tensor | None

    @property
    def table_shape(self) -> tuple[int, int]:
        """The numbers of rows N*Q and of moments M."""
        finer = self.halves[0]
        return len(finer.membership), finer.basis.shape[1]


def spectral_plan(
    sizes: tuple[int, ...],
    spacing: tuple[float, ...],
    scales: range,
    num_axes: int,
    form: str,
    device: torch.device,
) -> SpectralPlan:
    """Make the weights for images or volumes of ``sizes`` and neighbouring scales (1 is the finest).

    They are kept for the last 4 settings of images and the last 2 of volumes. They take about ``8 K + 4`` bytes for
    each pixel of an image, and 45 to 65 for each voxel with six axes.
    """
    cached = _image_plan if len(sizes) == 2 else _volume_plan
    return cached(sizes, spacing, scales, num_axes, form, device)


class _Bins(NamedTuple):
    """Bins of the half spectrum in groups that are filled up to whole blocks."""

    position: Tensor  # T*128
    used: Tensor  # T*128 bool, False where a block is filled up
    group: Tensor  # T, octave * Q + class


@torch.inference_mode(False)  # what is kept must serve trainings too
def _made(
    sizes: tuple[int, ...],
    spacing: tuple[float, ...],
    scales: range,
    num_axes: int,
    form: str,
    device: torch.device,
) -> SpectralPlan:
    of_filters, grid = axes(len(sizes), num_axes), frequency_grid(sizes, spacing, half=True)
    radius, direction = grid.radius.flatten(), grid.direction.flatten(1)
    # octave j holds r from pi/2^(j+1) up to pi/2^j; frequencies from pi on get -1, and are in no band
    octave = -1 - (radius / math.pi).log2().floor()  # infinite at zero frequency
    inside = (octave >= scales[0] - 1) & (octave <= scales[-1]) & ~grid.nyquist.flatten()
    positions = inside.nonzero()[:, 0]
    # bins of no band are left out: the corners beyond r = pi alone are a fifth of the plane
    sign_class, signs = _sign_classes(direction[:, positions], of_filters, form)
    group = (octave[positions].long() - (scales[0] - 1)) * len(signs) + sign_class
    bins = _in_blocks(positions, group, (len(scales) + 1) * len(signs))
    share = torch.ones_like(grid.radius)
    share[..., 0] = 0.5  # this plane holds f and -f already
    weight = torch.where(bins.used, share.flatten()[bins.position], 0)
    made = _Weights(
        radius=radius[bins.position],
        direction=direction[:, bins.position],
        share=weight,
        num_samples=math.prod(sizes),
        order=of_filters.order,
    )
    even, odd = mixing(of_filters, signs, form)
    return SpectralPlan(
        sizes=sizes,
        num_scales=len(scales),
        num_classes=len(signs),
        num_blocks=len(bins.group),
        bins=bins.position.to(device),
        places=_inverse(bins, len(radius)).to(device),
        halves=_halves(made, bins.group, scales, len(signs), device),
        even=even.flatten(0, 1).flatten(1).to(device),
        odd=None if odd is None else odd.flatten(0, 1).flatten(1).to(device),
    )


def _sign_classes(direction: Tensor, axes: Axes, form: str) -> tuple[Tensor, Tensor]:
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


def _in_blocks(positions: Tensor, group: Tensor, num_groups: int) -> _Bins:
    # stable, so that the bins of a group keep the order in which they lie in memory
    order = group.argsort(stable=True)
    counts = group.bincount(minlength=num_groups)
    blocks = -(-counts // BLOCK)
    skipped = (blocks * BLOCK - counts).cumsum(0) - (blocks * BLOCK - counts)  # filled up before each group
    places = torch.arange(len(order)) + skipped[group[order]]
    position = torch.zeros(int(blocks.sum()) * BLOCK, dtype=torch.long)
    used = torch.zeros(len(position), dtype=torch.bool)
    position[places], used[places] = positions[order], True
    return _Bins(position, used, torch.arange(num_groups).repeat_interleave(blocks))


def _inverse(bins: _Bins, size: int) -> Tensor:
    """The place of each bin of the half spectrum, or the length: a gather then does what a scatter would."""
    places = torch.full((size,), len(bins.position), dtype=torch.long)
    places[bins.position[bins.used]] = bins.used.nonzero()[:, 0]
    return places


class _Weights(NamedTuple):
    """The quantities that the weights of a bin depend on."""

    radius: Tensor  # T*128
    direction: Tensor  # d T*128
    share: Tensor  # T*128
    num_samples: int  # V
    order: int  # n

    def basis(self, scale: int, blocks: slice) -> Tensor:
        """2^(d(s-1))/V R_s^2 times the monomials of the direction: T M 128."""
        span = slice(blocks.start * BLOCK, blocks.stop * BLOCK)
        gain = 2 ** (len(self.direction) * (scale - 1)) / self.num_samples
        weight = gain * self.share[span] * radial_band(self.radius[span], scale) ** 2
        return (weight * monomials(self.direction[:, span], 2 * self.order)).unflatten(1, (-1, BLOCK)).movedim(1, 0)


def _halves(made: _Weights, group: Tensor, scales: range, num_classes: int, device: torch.device) -> tuple[Half, Half]:
    """Octave j (counted from that of the finest scale) is the finer half of scale j, the coarser half of scale j-1."""
    octave = group // num_classes
    # the groups are in order by octave, so that each octave is one range of blocks
    edges = [int((octave < j).sum()) for j in range(len(scales) + 2)]
    halves = []
    for shift in (0, 1):
        spans = [slice(edges[j + shift], edges[j + shift + 1]) for j in range(len(scales))]
        basis = torch.cat([made.basis(scale, span) for scale, span in zip(scales, spans, strict=True)])
        row = group[spans[0].start : spans[-1].stop] - shift * num_classes
        membership = (row == torch.arange(len(scales) * num_classes)[:, None]).double()
        basis, membership = basis.contiguous().to(device), membership.to(device)
        halves.append(
            Half(
                first=spans[0].start,
                basis=basis,
                row=row.to(device),
                rows=tuple(row.tolist()),
                membership=membership,
            )
        )
    return halves[0], halves[1]


_image_plan: Callable[..., SpectralPlan] = lru_cache(maxsize=4)(_made)
_volume_plan: Callable[..., SpectralPlan] = lru_cache(maxsize=2)(_made)
