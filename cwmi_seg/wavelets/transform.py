"""Decomposition into subbands, and back."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from cwmi_seg.mistakes import Mistake
from cwmi_seg.wavelets.axes import axes, check_axes
from cwmi_seg.wavelets.filters import Pyramid, filters
from cwmi_seg.wavelets.grid import check_size, checked_spacing


def decompose(
    image: Tensor,
    num_scales: int = 4,
    num_orientations: int | None = None,
    *,
    complex: bool = True,
    steerable: bool = False,
    num_dims: int = 2,
    spacing: Sequence[float] | None = None,
) -> Pyramid:
    """Split images or volumes into oriented subbands of octave scales and two residuals; differentiable.

    A subband is the inverse DFT of its own size of the filtered and cropped spectrum, times
    ``sqrt(2^(d(n-1)) V_n / V)`` for V_n of V samples in d dimensions, which is 1 for sizes that are multiples of
    2^(n-1). Energy is kept: ``|image|^2 = |high|^2 + sum_n 2^(-d(n-1)) c |bands_n|^2 + 2^(-dN) |low|^2``, with
    c = 1/2 for complex bands (whose real part is the real band) and 1 for real ones.

    Args:
        image: ``... H W``, or ``... D H W`` with ``num_dims=3``; float32 or float64, sides of at least 2^(N+1).
        num_scales: N >= 1.
        num_orientations: K. In images from 2 (from 1 for real bands) to 32, 4 by default; in volumes 3, 6 (the
            default) or, for complex bands, 16.
        complex: one-sided filters, hence complex bands with local phase; else real bands.
        steerable: filters ``(-i cos)^n`` of the angle to the axis, where the default is ``abs(cos)^n``; complex bands
            differ by the factor ``(-i)^n``. Take it for real bands of odd n (even K in images) that are to be turned:
            the band of any other direction is then a combination of the K bands, which with ``abs(cos)^n`` errs by
            up to 60 percent (``scripts/steering.py``). For even n the default is steerable too.
        num_dims: 2 for images, 3 for volumes.
        spacing: distance of the samples along each axis, any unit; equal by default. An axis of thick slices is
            halved later than the others.

    Raises:
        ValueError: the image is too small for N, or not float32 or float64; a K or a spacing that is not possible.

    Example:
        >>> pyramid = decompose(torch.ones(2, 3, 64, 48), num_scales=2)
        >>> [tuple(band.shape) for band in pyramid.bands]
        [(2, 3, 4, 64, 48), (2, 3, 4, 32, 24)]
        >>> pyramid = decompose(torch.ones(12, 64, 64), num_scales=2, num_dims=3, spacing=(4, 1, 1))
        >>> [tuple(band.shape) for band in pyramid.bands]
        [(6, 12, 64, 64), (6, 12, 32, 32)]
    """
    _check_image(image, num_dims)
    sizes, default = tuple(image.shape[-num_dims:]), 4 if num_dims == 2 else 6
    num_axes = default if num_orientations is None else num_orientations
    check_size("image", sizes, num_scales, spacing)
    check_axes("num_orientations", num_dims, num_axes, complex=complex)
    responses = _responses(image, sizes, num_scales, num_axes, spacing)
    phase, spectrum = _phase(num_dims, num_axes, steerable), torch.fft.fftn(image, dim=_last(num_dims))
    stacked = spectrum.unsqueeze(-num_dims - 1)
    bands = [_inverse(stacked, response, n, num_dims) * phase for n, response in enumerate(responses.bands)]
    return Pyramid(
        high=_inverse(spectrum, responses.high, 0, num_dims).real,
        bands=tuple(bands if complex else (band.real for band in bands)),
        low=_inverse(spectrum, responses.low, num_scales, num_dims).real,
    )


def reconstruct(
    pyramid: Pyramid, *sizes: int, steerable: bool = False, spacing: Sequence[float] | None = None
) -> Tensor:
    """Put images ``... H W`` or volumes ``... D H W`` together from a pyramid: the inverse of :func:`decompose`.

    Complex bands enter by their real parts, which are the bands of the real pyramid.

    Args:
        pyramid: subbands as :func:`decompose` gives them.
        *sizes: H, W of the image or D, H, W of the volume, which the pyramid alone does not tell when they are odd.
        steerable: The value that the decomposition had.
        spacing: The value that the decomposition had.

    Example:
        >>> image = torch.rand(33, 40)
        >>> bool((reconstruct(decompose(image, 3), 33, 40) - image).abs().max() < 1e-5)
        True
    """
    num_scales, num_dims = len(pyramid.bands), len(sizes)
    num_axes = pyramid.bands[0].shape[-num_dims - 1]
    responses = _responses(pyramid.high, sizes, num_scales, num_axes, spacing)
    phase = _phase(num_dims, num_axes, steerable).conjugate()
    spectrum = _forward(pyramid.high, responses.high, 0, sizes)
    for n, (band, response) in enumerate(zip(pyramid.bands, responses.bands, strict=True)):
        spectrum = spectrum + phase * _forward(band.real, response, n, sizes).sum(-num_dims - 1)
    spectrum = spectrum + _forward(pyramid.low, responses.low, num_scales, sizes)
    return torch.fft.ifftn(spectrum, dim=_last(num_dims)).real


def _check_image(image: Tensor, num_dims: int) -> None:
    if num_dims not in (2, 3):
        raise Mistake(f"num_dims: expected 2 (images) or 3 (volumes), got {num_dims}; use 2 or 3.")
    if image.ndim < num_dims:
        raise Mistake(f"image: expected at least {num_dims} axes, got {tuple(image.shape)}; add the missing axis.")
    if image.dtype not in (torch.float32, torch.float64):
        raise Mistake(f"image: expected float32 or float64, got {image.dtype}; use image.float().")


def _responses(
    like: Tensor, sizes: Sequence[int], num_scales: int, num_axes: int, spacing: Sequence[float] | None
) -> Pyramid:
    """One-sided responses: real bands are the real parts of complex ones. A single orientation has but one side."""
    known_spacing, one_sided = checked_spacing(len(sizes), spacing), num_axes > 1
    return filters(
        sizes, num_scales, num_axes, complex=one_sided, spacing=known_spacing, device=like.device, dtype=like.dtype
    )


def _phase(num_dims: int, num_axes: int, steerable: bool) -> complex:
    """(-i)^n, exactly, or 1."""
    return (1, -1j, -1, 1j)[axes(num_dims, num_axes).order % 4] if steerable else 1


def _last(num_dims: int) -> tuple[int, ...]:
    return tuple(range(-num_dims, 0))


def _inverse(spectrum: Tensor, response: Tensor, octaves: int, num_dims: int) -> Tensor:
    """Filter, crop and transform back: the complex subband of the size of its response."""
    sizes = spectrum.shape[-num_dims:]
    for dim in _last(num_dims):
        spectrum = _crop(spectrum, response.shape[dim], dim)
    return torch.fft.ifftn(spectrum * response, dim=_last(num_dims)) * _amplitude(response, octaves, sizes)


def _forward(subband: Tensor, response: Tensor, octaves: int, sizes: Sequence[int]) -> Tensor:
    """The share of a subband in the spectrum of the image."""
    dims = _last(len(sizes))
    spectrum = torch.fft.fftn(subband, dim=dims) * response / _amplitude(response, octaves, sizes)
    for dim, size in zip(dims, sizes, strict=True):
        spectrum = _embed(spectrum, size, dim)
    return spectrum


def _amplitude(response: Tensor, octaves: int, sizes: Sequence[int]) -> float:
    samples = math.prod(response.shape[-len(sizes) :])
    return math.sqrt(2 ** (len(sizes) * octaves) * samples / math.prod(sizes))


def _crop(spectrum: Tensor, size: int, dim: int) -> Tensor:
    """The ``size`` frequencies around zero."""
    if size == spectrum.shape[dim]:
        return spectrum
    # an even size keeps its Nyquist frequency once, as the negative one, where the filters are 0
    positive = spectrum.narrow(dim, 0, size - size // 2)
    return torch.cat([positive, spectrum.narrow(dim, spectrum.shape[dim] - size // 2, size // 2)], dim)


def _embed(spectrum: Tensor, size: int, dim: int) -> Tensor:
    """Zeros for the frequencies that :func:`_crop` left out."""
    small = spectrum.shape[dim]
    if size == small:
        return spectrum
    positive = spectrum.narrow(dim, 0, small - small // 2)
    negative = spectrum.narrow(dim, small - small // 2, small // 2)
    gap = list(spectrum.shape)
    gap[dim] = size - small
    return torch.cat([positive, spectrum.new_zeros(gap), negative], dim)
