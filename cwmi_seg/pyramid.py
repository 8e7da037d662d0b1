"""Filters of the complex steerable pyramid (Portilla & Simoncelli, IJCV 2000)."""

import math
from functools import lru_cache

import torch
from torch import Tensor


def _low_pass(radius: Tensor, cutoff: float) -> Tensor:
    """L(r; c): 1 up to c, a quarter cosine in log2(r) to 0 at 2c."""
    octave = torch.log2((radius / cutoff).clamp(1.0, 2.0))
    return torch.where(octave >= 1, 0.0, torch.cos(math.pi / 2 * octave))


def _high_pass(radius: Tensor, cutoff: float) -> Tensor:
    """H(r; c) with L^2 + H^2 = 1."""
    octave = torch.log2((radius / cutoff).clamp(1.0, 2.0))
    return torch.where(octave <= 0, 0.0, torch.sin(math.pi / 2 * octave))


def angular_gain(num_orientations: int) -> float:
    """a_K = 2^(K-1) (K-1)! / sqrt(K (2(K-1))!), which makes the squared bands sum to one."""
    order = num_orientations - 1
    gain: float = 2**order * math.factorial(order) / math.sqrt(num_orientations * math.factorial(2 * order))
    return gain


def frequency_grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Radius and orientation of the bins of ``rfft2``, each H (W//2+1), float64, in radians."""
    rows = 2 * math.pi * torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    columns = 2 * math.pi * torch.fft.rfftfreq(width, dtype=torch.float64)[None, :]
    return torch.hypot(rows, columns), torch.atan2(columns, rows.expand(-1, columns.shape[1]))


def radial_band(radius: Tensor, scale: int) -> Tensor:
    """R_n(r) of scale n (1 is the finest)."""
    band = _low_pass(radius, math.pi / 2) * _high_pass(2 ** (scale - 1) * radius, math.pi / 4)
    for finer in range(1, scale):
        band = band * _low_pass(2 ** (finer - 1) * radius, math.pi / 4)
    return band


def angular_bands(angle: Tensor, num_orientations: int, *, analytic: bool) -> Tensor:
    """G_k(theta) stacked in front: K H W. Analytic bands are one-sided and twice as high."""
    centres = math.pi / num_orientations * torch.arange(num_orientations, dtype=angle.dtype)
    cosine = torch.cos(angle - centres[:, None, None])
    gain = angular_gain(num_orientations)
    if analytic:
        return 2 * gain * cosine.clamp(min=0) ** (num_orientations - 1)
    return gain * cosine.abs() ** (num_orientations - 1)


@lru_cache(maxsize=32)
def covariance_weights(
    height: int, width: int, scale: int, num_orientations: int, *, analytic: bool, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Weights that turn products of half spectra into covariances of the subbands of one scale.

    With A, B the ``rfft2`` of two real images, cropped by :func:`crop_spectrum` and flattened to F bins,
    ``Re S_AB = even^T Re(A conj B)`` and ``Im S_AB = odd^T Im(A conj B)``: a bin stands for the
    frequencies f and -f, so ``even = w(f) + w(-f)``, ``odd = w(f) - w(-f)``, where
    ``w = 4^(n-1)/(H W) R_n^2 G_k G_l``. The column of zero horizontal frequency holds both already.
    The Nyquist bins carry no weight, because R_n is 0 there.

    Returns:
        even, odd: F K*K, float64.
    """
    radius, angle = frequency_grid(height, width)
    radius, angle = (crop_spectrum(grid, scale) for grid in (radius, angle))
    radial = radial_band(radius, scale) ** 2 * (4 ** (scale - 1) / (height * width))
    here = angular_bands(angle, num_orientations, analytic=analytic)
    mirrored = angular_bands(angle + math.pi, num_orientations, analytic=analytic)
    mirrored[..., 0] = 0
    weight_here = radial * here[:, None] * here[None, :]  # K K H W
    weight_mirrored = radial * mirrored[:, None] * mirrored[None, :]
    even = (weight_here + weight_mirrored).flatten(2).flatten(0, 1).T.contiguous()
    odd = (weight_here - weight_mirrored).flatten(2).flatten(0, 1).T.contiguous()
    return even.to(device), odd.to(device)


def crop_spectrum(spectrum: Tensor, scale: int) -> Tensor:
    """Keep the bins of ``... H (W//2+1)`` below the cut-off pi / 2^(n-1) of scale n."""
    height, columns = spectrum.shape[-2:]
    rows = min(-(-height // 2**scale) + 1, height // 2)
    kept = min(-(-2 * (columns - 1) // 2**scale) + 2, columns)
    return torch.cat([spectrum[..., :rows, :kept], spectrum[..., height - rows :, :kept]], dim=-2)
