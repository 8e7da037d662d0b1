"""Frequency responses of all subbands of the pyramid."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from cwmi_seg.wavelets.axes import Axes, axes
from cwmi_seg.wavelets.grid import FrequencyGrid, checked_spacing, frequency_grid, subband_size
from cwmi_seg.wavelets.radial import high_residual, radial_band, remaining_low_pass


class Pyramid(NamedTuple):
    """Subbands of images or volumes, or the frequency responses that make them (zero frequency first, as in ``fftn``).

    The sizes of the axes, which may be two or three, come last.
    """

    high: Tensor  # ... H W, high residual
    bands: tuple[Tensor, ...]  # scale n: ... K ceil(H/2^(n-1)) ceil(W/2^(n-1)), complex unless the pyramid is real
    low: Tensor  # ... ceil(H/2^N) ceil(W/2^N), low residual


def filters(
    sizes: Sequence[int],
    num_scales: int = 4,
    num_axes: int = 4,
    *,
    complex: bool = True,
    spacing: Sequence[float] | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float64,
) -> Pyramid:
    """Real frequency responses of all subbands, each of the size of its subband.

    Kept for the last 8 settings of images and the last 2 of volumes. The squares sum to 1 at every frequency:
    ``high^2 + sum_n c sum_k (R_n G_k)^2 + low^2``, where for complex bands c = 1/2 and the square is the sum over the
    frequency and its negative.

    Args:
        sizes: H W of images, or D H W of volumes.
        num_scales: N.
        num_axes: K.
        complex: one-sided filters.
        spacing: distance of the samples along each axis; equal by default.
        device: Device on which the responses are kept.
        dtype: Type of the responses, which are computed in float64.
    """
    cached = _image_filters if len(sizes) == 2 else _volume_filters
    known_spacing = checked_spacing(len(sizes), spacing)
    return cached(tuple(sizes), num_scales, num_axes, complex, known_spacing, torch.device(device), dtype)


def angular_bands(direction: Tensor, axes: Axes, *, complex: bool) -> Tensor:
    """The angular parts G_k(u) of all filters, K ..., for directions d ...; one-sided filters are twice as high."""
    cosine = torch.tensordot(axes.directions, direction, 1)
    gain = (axes.gain() * axes.weights.sqrt()).view(-1, *[1] * (direction.ndim - 1))
    if complex:
        return 2 * gain * cosine.clamp(min=0) ** axes.order
    return gain * cosine.abs() ** axes.order


# Frequencies on the Nyquist plane of an axis have no sign, hence no direction: they are left to the high residual.
# Where the samples are equally spaced they are beyond all bands anyway.
@torch.inference_mode(False)  # what is kept must serve trainings too
def _made(
    sizes: tuple[int, ...],
    num_scales: int,
    num_axes: int,
    complex: bool,
    spacing: tuple[float, ...],
    device: torch.device,
    dtype: torch.dtype,
) -> Pyramid:
    directions = axes(len(sizes), num_axes)
    # those of the scales, finest first, and that of the low residual
    grids = [frequency_grid(sizes, spacing, subband_size(sizes, n, spacing)) for n in range(num_scales + 1)]
    bands = [
        _without_nyquist(radial_band(grid.radius, n), grid) * angular_bands(grid.direction, directions, complex=complex)
        for n, grid in enumerate(grids[:num_scales], start=1)
    ]
    return Pyramid(
        high=torch.where(grids[0].nyquist, 1.0, high_residual(grids[0].radius)).to(device, dtype),
        bands=tuple(band.to(device, dtype) for band in bands),
        low=_without_nyquist(remaining_low_pass(grids[-1].radius, num_scales), grids[-1]).to(device, dtype),
    )


def _without_nyquist(response: Tensor, grid: FrequencyGrid) -> Tensor:
    return torch.where(grid.nyquist, 0.0, response)


# two caches, since the filters of a volume are many times larger
_image_filters: Callable[..., Pyramid] = lru_cache(maxsize=8)(_made)
_volume_filters: Callable[..., Pyramid] = lru_cache(maxsize=2)(_made)
