"""The complex steerable pyramid: filters, decomposition and reconstruction for images of any size.

Radii r and angles theta are those of the angular frequencies w = 2 pi fftfreq; theta = atan2(w_col, w_row), so
orientation 0 varies along the rows. With

    L(r; c) = 1 up to c, cos(pi/2 log2(r/c)) between c and 2c, 0 beyond      (low-pass)
    H(r; c) = sqrt(1 - L(r; c)^2)                                           (high-pass)

the filters are

    high residual       H(r; pi/2)
    scale n = 1..N      R_n(r) G_k(theta),  R_n = L(r; pi/2) prod_{m<n} L(2^(m-1) r; pi/4) H(2^(n-1) r; pi/4)
    low residual        L(r; pi/2) prod_{m<=N} L(2^(m-1) r; pi/4)
    real orientations   G_k = a_K |cos(theta - pi k/K)|^(K-1)
    complex             G_k = 2 a_K max(0, cos(theta - pi k/K))^(K-1)       (one-sided)

Scale n has ceil(H/2^(n-1)) x ceil(W/2^(n-1)) samples, the low residual ceil(H/2^N) x ceil(W/2^N): the spectrum is
cropped around zero frequency, which loses nothing because the filters vanish beyond. Borders are periodic.

Reference: Portilla and Simoncelli, A parametric texture model based on joint statistics of complex wavelet
coefficients, IJCV 40 (2000), appendix; steerability: Simoncelli and Freeman, ICIP 1995.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor


class Pyramid(NamedTuple):
    """Subbands of an image, or the frequency responses that make them (zero frequency first, as in ``fft2``)."""

    high: Tensor  # ... H W, high residual
    bands: tuple[Tensor, ...]  # scale n: ... K ceil(H/2^(n-1)) ceil(W/2^(n-1)), complex unless the pyramid is real
    low: Tensor  # ... ceil(H/2^N) ceil(W/2^N), low residual


def decompose(image: Tensor, num_scales: int = 4, num_orientations: int = 4, *, complex: bool = True) -> Pyramid:
    """Split images into oriented subbands of octave scales and two residuals; differentiable.

    A subband is the inverse DFT of its own size of the filtered and cropped spectrum, times
    ``sqrt(4^(n-1) H_n W_n / (H W))``, which is 1 for sizes that are multiples of 2^(n-1). Energy is kept:
    ``|image|^2 = |high|^2 + sum_n 4^-(n-1) c |bands_n|^2 + 4^-N |low|^2``, with c = 1/2 for complex bands (whose real
    part is the real band) and 1 for real ones.

    Args:
        image: ``... H W``, float32 or float64, height and width at least 2^(N+1).
        num_scales: N >= 1.
        num_orientations: K >= 2, or 1 for real bands.
        complex: one-sided filters, hence complex bands with local phase; else real bands.

    Raises:
        ValueError: the image is too small for N, or not float32 or float64.

    Example:
        >>> pyramid = decompose(torch.ones(2, 3, 64, 48), num_scales=2)
        >>> [tuple(band.shape) for band in pyramid.bands]
        [(2, 3, 4, 64, 48), (2, 3, 4, 32, 24)]
    """
    if image.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"image: expected float32 or float64, got {image.dtype}; use image.float().")
    height, width = image.shape[-2:]
    check_size("image", height, width, num_scales)
    responses = filters(
        height, width, num_scales, num_orientations, complex=complex, device=image.device, dtype=image.dtype
    )
    spectrum = torch.fft.fft2(image)
    bands = [_inverse(spectrum[..., None, :, :], band, n) for n, band in enumerate(responses.bands)]
    return Pyramid(
        high=_inverse(spectrum, responses.high, 0).real,
        bands=tuple(bands if complex else (band.real for band in bands)),
        low=_inverse(spectrum, responses.low, num_scales).real,
    )


def reconstruct(pyramid: Pyramid, height: int, width: int) -> Tensor:
    """The image ``... H W`` of a pyramid; the exact inverse of :func:`decompose`, to rounding.

    Complex bands enter by their real parts, which are the bands of the real pyramid.

    Args:
        pyramid: subbands as :func:`decompose` gives them.
        height: H of the image, which the pyramid alone does not tell when H is odd.
        width: W of the image.
    """
    num_scales, num_orientations = len(pyramid.bands), pyramid.bands[0].shape[-3]
    responses = filters(
        height, width, num_scales, num_orientations, complex=False, device=pyramid.high.device, dtype=pyramid.high.dtype
    )
    spectrum = _forward(pyramid.high, responses.high, 0, height, width)
    for n, (band, response) in enumerate(zip(pyramid.bands, responses.bands, strict=True)):
        spectrum = spectrum + _forward(band.real, response, n, height, width).sum(-3)
    spectrum = spectrum + _forward(pyramid.low, responses.low, num_scales, height, width)
    return torch.fft.ifft2(spectrum).real


@lru_cache(maxsize=8)
def filters(
    height: int,
    width: int,
    num_scales: int = 4,
    num_orientations: int = 4,
    *,
    complex: bool = True,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float64,
) -> Pyramid:
    """Real frequency responses of all subbands, each of the size of its subband. Kept for the last 8 settings.

    The squares sum to 1 at every frequency: ``high^2 + sum_n c sum_k (R_n G_k)^2 + low^2``, where for complex bands
    c = 1/2 and the square is the sum over the frequency and its negative.
    """
    if num_orientations < (2 if complex else 1):
        raise ValueError(
            f"num_orientations: expected at least {2 if complex else 1}, got {num_orientations}; "
            "one orientation needs the real pyramid."
        )
    grids = [frequency_grid(*subband_size(height, width, n), height, width) for n in range(num_scales + 1)]
    bands = [
        radial_band(radius, n + 1) * angular_bands(angle, num_orientations, complex=complex)
        for n, (radius, angle) in enumerate(grids[:num_scales])
    ]
    return Pyramid(
        high=_high_pass(grids[0][0], math.pi / 2).to(device, dtype),
        bands=tuple(band.to(device, dtype) for band in bands),
        low=_remaining_low_pass(grids[-1][0], num_scales).to(device, dtype),
    )


def check_size(name: str, height: int, width: int, num_scales: int) -> None:
    """Refuse images whose coarsest scale would have fewer than 4 samples a side."""
    if num_scales < 1:
        raise ValueError(f"num_scales: expected at least 1, got {num_scales}; use 4 for images of 32 pixels and more.")
    smallest = 2 ** (num_scales + 1)
    if min(height, width) < smallest:
        possible = int(math.log2(max(min(height, width), 1))) - 1
        repair = f"use num_scales={possible} or larger images" if possible > 0 else "use larger images"
        raise ValueError(
            f"{name}: expected height and width of at least {smallest} for num_scales={num_scales}, "
            f"got {(height, width)}; {repair}."
        )


def subband_size(height: int, width: int, octaves: int) -> tuple[int, int]:
    """Samples after decimation by 2^octaves, rounded up."""
    return -(-height // 2**octaves), -(-width // 2**octaves)


def frequency_grid(rows: int, columns: int, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Radius and angle of the lowest ``rows x columns`` frequencies of an H W image, zero first, float64, radians."""
    vertical = 2 * math.pi / height * torch.fft.fftfreq(rows, 1 / rows, dtype=torch.float64)[:, None]
    horizontal = 2 * math.pi / width * torch.fft.fftfreq(columns, 1 / columns, dtype=torch.float64)[None, :]
    return torch.hypot(vertical, horizontal), torch.atan2(horizontal, vertical)


def radial_band(radius: Tensor, scale: int) -> Tensor:
    """R_n(r) of scale n (1 is the finest)."""
    return _remaining_low_pass(radius, scale - 1) * _high_pass(2 ** (scale - 1) * radius, math.pi / 4)


def angular_bands(angle: Tensor, num_orientations: int, *, complex: bool) -> Tensor:
    """G_k(theta) stacked in front: K times the shape of ``angle``. Complex bands are one-sided and twice as high."""
    centres = math.pi / num_orientations * torch.arange(num_orientations, dtype=angle.dtype)
    cosine = torch.cos(angle - centres.reshape(-1, *[1] * angle.ndim))
    gain = angular_gain(num_orientations)
    if complex:
        return 2 * gain * cosine.clamp(min=0) ** (num_orientations - 1)
    return gain * cosine.abs() ** (num_orientations - 1)


def angular_gain(num_orientations: int) -> float:
    """a_K = 2^(K-1) (K-1)! / sqrt(K (2(K-1))!), which makes the squared real bands sum to one."""
    order = num_orientations - 1
    gain: float = 2**order * math.factorial(order) / math.sqrt(num_orientations * math.factorial(2 * order))
    return gain


def _remaining_low_pass(radius: Tensor, scales: int) -> Tensor:
    """What the high-pass and the first scales leave: L(r; pi/2) prod_{m<=scales} L(2^(m-1) r; pi/4)."""
    response = _low_pass(radius, math.pi / 2)
    for finer in range(scales):
        response = response * _low_pass(2**finer * radius, math.pi / 4)
    return response


def _low_pass(radius: Tensor, cutoff: float) -> Tensor:
    octave = torch.log2((radius / cutoff).clamp(1.0, 2.0))
    return torch.where(octave >= 1, 0.0, torch.cos(math.pi / 2 * octave))


def _high_pass(radius: Tensor, cutoff: float) -> Tensor:
    octave = torch.log2((radius / cutoff).clamp(1.0, 2.0))
    return torch.where(octave <= 0, 0.0, torch.sin(math.pi / 2 * octave))


def _inverse(spectrum: Tensor, response: Tensor, octaves: int) -> Tensor:
    """Filter, crop and transform back: ``... H W`` to ``... H_n W_n``, complex."""
    height, width = spectrum.shape[-2:]
    cropped = _crop(_crop(spectrum, response.shape[-2], -2), response.shape[-1], -1)
    return torch.fft.ifft2(cropped * response) * _amplitude(response, octaves, height, width)


def _forward(subband: Tensor, response: Tensor, octaves: int, height: int, width: int) -> Tensor:
    """The share of a subband in the spectrum ``... H W`` of the image."""
    spectrum = torch.fft.fft2(subband) * response / _amplitude(response, octaves, height, width)
    return _embed(_embed(spectrum, height, -2), width, -1)


def _amplitude(response: Tensor, octaves: int, height: int, width: int) -> float:
    return math.sqrt(4**octaves * response.shape[-2] * response.shape[-1] / (height * width))


def _crop(spectrum: Tensor, size: int, dim: int) -> Tensor:
    """The ``size`` frequencies around zero."""
    if size == spectrum.shape[dim]:
        return spectrum
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
