"""The weights of spectra that depend on the sizes and the pyramid alone.

Scale n takes the octaves n-1 (r from pi/2^n to pi/2^(n-1)) and n. With the bins in order by octave (see ``bins``) every
octave but the last is the finer half of a scale, every octave but the first the coarser half of one, and both are
contiguous: two batched products of small matrices give all moments, whatever the number of scales and classes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from cwmi_seg.wavelets.axes import axes
from cwmi_seg.wavelets.bins import BLOCK, base, in_blocks, inverse, mirrored, mirrors, octave, sign_classes
from cwmi_seg.wavelets.grid import frequency_grid
from cwmi_seg.wavelets.mixing import mixing_of_mirrors, monomials
from cwmi_seg.wavelets.radial import radial_band


class Half(NamedTuple):
    """The finer or the coarser halves of all scales: a range of the blocks."""

    first: int  # block
    basis: Tensor  # T M 128, float64: radial weight times the monomials of the direction; 0 where a block is filled up
    row: Tensor  # T, each block's row of the table of moments, which has one for each scale and class
    rows: tuple[int, ...]  # the same, known without a look at the device
    membership: Tensor  # rows T, 1 where a block belongs to a row


@dataclass(frozen=True, eq=False)
class SpectralPlan:
    """Weights of :func:`spectral_plan`: N scales, Q sign classes, M monomials, T blocks, R mirror images."""

    sizes: tuple[int, ...]
    num_scales: int  # N
    num_classes: int  # Q
    num_blocks: int  # T
    num_mirrors: int  # R
    bins: Tensor  # R*T*128, positions in the flattened half spectrum; any where a block is filled up
    places: Tensor  # of every bin of the flattened half spectrum, its place in ``bins``; of no band, the last of all
    halves: tuple[Half, Half]  # finer, coarser
    even: Tensor  # Q*R*M n*n, from moments to covariances, see ``mixing``
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

    They are kept for the last 4 settings of images and the last 2 of volumes. They take about ``4 K + 5`` bytes for
    each pixel of an image, and 16 for each voxel with six axes.
    """
    cached = _image_plan if len(sizes) == 2 else _volume_plan
    return cached(sizes, spacing, scales, num_axes, form, device)


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
    indices, signs_of_axes = base(grid, scales), mirrors(len(sizes))
    radius, direction = grid.radius[*indices], torch.stack([cosine[*indices] for cosine in grid.direction])
    sign_class, signs = sign_classes(direction, of_filters, form)
    group = (octave(radius).long() - (scales[0] - 1)) * len(signs) + sign_class
    bins = in_blocks(group, (len(scales) + 1) * len(signs))
    # a bin on the plane between mirror images is in both of them, and that of the last axis holds f and -f
    share = 0.5 ** torch.stack(indices).eq(0).sum(0).double()
    made = _Weights(
        radius=radius[bins.position],
        direction=direction[:, bins.position],
        share=torch.where(bins.used, share[bins.position], 0),
        num_samples=math.prod(sizes),
        order=of_filters.order,
    )
    positions = mirrored(indices, grid.radius.shape, signs_of_axes)[:, bins.position]
    even, odd = mixing_of_mirrors(of_filters, signs, signs_of_axes, form)
    return SpectralPlan(
        sizes=sizes,
        num_scales=len(scales),
        num_classes=len(signs),
        num_blocks=len(bins.group),
        num_mirrors=len(signs_of_axes),
        bins=positions.flatten().to(device),
        places=inverse(positions, bins.used, grid.radius.numel()).to(device),
        halves=_halves(made, bins.group, scales, len(signs), device),
        even=even.to(device),
        odd=None if odd is None else odd.to(device),
    )


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
