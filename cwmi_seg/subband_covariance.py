"""Covariances of pyramid subbands from the half spectra of ``rfft2``, by Parseval's theorem."""

import math
from functools import lru_cache

import torch
from torch import Tensor

from cwmi_seg.pyramid import angular_bands, radial_band


@lru_cache(maxsize=32)
def covariance_weights(
    height: int, width: int, scale: int, num_orientations: int, *, complex: bool, device: torch.device
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
    radius, angle = _frequency_grid(height, width)
    radius, angle = (crop_spectrum(grid, scale) for grid in (radius, angle))
    radial = radial_band(radius, scale) ** 2 * (4 ** (scale - 1) / (height * width))
    here = angular_bands(angle, num_orientations, complex=complex)
    mirrored = angular_bands(angle + math.pi, num_orientations, complex=complex)
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


def _frequency_grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Radius and orientation of the bins of ``rfft2``, each H (W//2+1), float64, in radians."""
    rows = 2 * math.pi * torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    columns = 2 * math.pi * torch.fft.rfftfreq(width, dtype=torch.float64)[None, :]
    return torch.hypot(rows, columns), torch.atan2(columns, rows.expand(-1, columns.shape[1]))
