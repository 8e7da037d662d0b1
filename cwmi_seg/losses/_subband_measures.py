"""The measures by which CWMI compares subbands: mutual information, and the ablations of the paper.

A measure maps probability P and error E = Y - P, each B *space, to its values at each scale, N B; smaller is better.
E comes without gradient (it is known to more digits than the difference); a measure counts that it falls as P grows.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from cwmi_seg.losses._mutual_information import conditional_log_determinant
from cwmi_seg.wavelets import decompose
from cwmi_seg.wavelets.covariances import subband_covariances


class Subbands(NamedTuple):
    """The subbands that are compared, and the kind of their covariances."""

    scales: tuple[int, ...]  # 1 is the finest
    num_axes: int  # K
    complex: bool
    eps: float  # regularisation of the covariance of the prediction
    covariance: str = "proper"  # or "augmented", of complex subbands
    spacing: tuple[float, ...] | None = None  # of the samples along each axis; equal by default

    @property
    def form(self) -> str:
        """The form of the covariances: "proper", "augmented" or "real"."""
        return self.covariance if self.complex else "real"


def mutual_information(prob: Tensor, error: Tensor, subbands: Subbands) -> Tensor:
    """log det S_{Y|P}, a bound of the negative mutual information of the K-vectors of subbands.

    R. Lu, arXiv:2502.00563; :mod:`cwmi_seg.losses._mutual_information` has the formula. 0 at a scale in which the
    target of an image has no energy: there is nothing to know. With augmented covariances half the log det of the
    2K-vectors of real and imaginary parts, which is the same where the subbands are proper complex variables.
    """
    covariances = subband_covariances(
        prob, error, subbands.scales, subbands.num_axes, form=subbands.form, spacing=subbands.spacing
    )
    value = conditional_log_determinant(*covariances, subbands.eps)
    value = value / 2 if subbands.form == "augmented" else value
    error_energy, cross_energy, prob_energy = (_trace(s) for s in covariances)
    target_energy = error_energy + prob_energy + 2 * cross_energy
    # single pixels give 0.1 and more, the rounding of float32 transforms less than 1e-14 of the prediction
    empty = target_energy <= 1e-6 + 1e-12 * prob_energy
    return torch.where(empty, 0, value)


def l1(prob: Tensor, error: Tensor, subbands: Subbands) -> Tensor:
    """Mean over the samples of a scale of sum_k |Y_k - P_k|; at least 0, 0 at the target.

    An ablation of R. Lu, arXiv:2502.00563: the distance of the subbands in place of their mutual information.
    """
    return torch.stack([band.abs().sum(1).flatten(1).mean(1) for band in _error_bands(prob, error, subbands)])


def l2(prob: Tensor, error: Tensor, subbands: Subbands) -> Tensor:
    """Mean over the samples of a scale of sqrt(sum_k |Y_k - P_k|^2); at least 0, 0 at the target.

    An ablation of R. Lu, arXiv:2502.00563, as :func:`l1`.
    """
    bands = _error_bands(prob, error, subbands)
    return torch.stack([torch.linalg.vector_norm(band, dim=1).flatten(1).mean(1) for band in bands])


def ssim(prob: Tensor, error: Tensor, subbands: Subbands) -> Tensor:
    """1 - mean structural similarity of the magnitudes of complex subbands, or of the values of real ones.

    Wang et al., IEEE TIP 13 (2004), equation 13: Gaussian window of 11 samples, sigma 1.5, K1 = 0.01, K2 = 0.03, data
    range 1 (a mask goes from 0 to 1). Windows go round the border, as the pyramid does.
    """
    pairs = zip(_bands((prob + error).detach(), subbands), _bands(prob, subbands), strict=True)
    axes = prob.ndim - 1
    return torch.stack([1 - _structural_similarity(*_real(y, p), axes).flatten(1).mean(1) for y, p in pairs])


Measure = Callable[[Tensor, Tensor, Subbands], Tensor]
MEASURES: Mapping[str, Measure] = {"mi": mutual_information, "l1": l1, "l2": l2, "ssim": ssim}


def _trace(covariance: Tensor) -> Tensor:
    return covariance.detach().diagonal(dim1=-2, dim2=-1).real.sum(-1)


def _error_bands(prob: Tensor, error: Tensor, subbands: Subbands) -> list[Tensor]:
    """Subbands of E, with the gradient by P."""
    return _bands(error + (prob.detach() - prob), subbands)


def _bands(image: Tensor, subbands: Subbands) -> list[Tensor]:
    """Subbands B K *samples of the scales wanted."""
    pyramid = decompose(
        image,
        max(subbands.scales),
        subbands.num_axes,
        complex=subbands.complex,
        num_dims=image.ndim - 1,
        spacing=subbands.spacing,
    )
    return [pyramid.bands[n - 1] for n in subbands.scales]


def _real(target: Tensor, prediction: Tensor) -> tuple[Tensor, Tensor]:
    return (target.abs(), prediction.abs()) if target.is_complex() else (target, prediction)


def _structural_similarity(x: Tensor, y: Tensor, axes: int = 2) -> Tensor:
    """SSIM index of two images (or volumes, ``axes`` 3) around each sample, in [-1, 1]."""
    dims = tuple(range(-axes, 0))
    windowed = torch.fft.rfftn(torch.stack([x, y, x * x, y * y, x * y]), dim=dims) * _window_spectrum(x, axes)
    mean_x, mean_y, xx, yy, xy = torch.fft.irfftn(windowed, s=x.shape[-axes:], dim=dims)
    luminance = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    covariance, variances = xy - mean_x * mean_y, xx + yy - mean_x**2 - mean_y**2
    return luminance * (2 * covariance + 0.03**2) / (variances + 0.03**2)


def _window_spectrum(like: Tensor, axes: int) -> Tensor:
    """Frequency response of the Gaussian window, as ``rfftn`` has it, wrapped where the image is smaller."""
    offsets = torch.arange(-5, 6, device=like.device)
    taps = torch.softmax(-(offsets.to(like.dtype) ** 2) / (2 * 1.5**2), 0)
    *outer, last = (like.new_zeros(n).index_add(0, offsets % n, taps) for n in like.shape[-axes:])
    response = torch.fft.rfft(last).real
    for axis, window in enumerate(reversed(outer), start=1):
        response = torch.fft.fft(window).real.view(-1, *[1] * axis) * response
    return response
