"""Covariances of pyramid subbands without the subbands, by Parseval's theorem.

With A(f), B(f) the plain ``rfft2`` of two images, the covariance of their subbands at scale n is

    S_AB[k, l] = 4^(n-1)/(H W) sum_f R_n^2 G_k G_l A conj(B)                       (all frequencies f)

For real images the half plane of ``rfft2`` is enough: with w = R_n^2 G_k G_l, a bin gives
``(w(f) + w(-f)) Re(A conj B) + i (w(f) - w(-f)) Im(A conj B)``. Between the angles at which an orientation filter
changes its sign, both weights are, up to sign, ``(cos(theta - theta_k) cos(theta - theta_l))^(K-1)``: a trigonometric
polynomial of 2K-1 coefficients. So the bins are put in order by sector, and by octave within a sector; each scale
is then a range of each sector, and all K^2 sums follow from 2K-1 moments of each range, one thin matrix product.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from cwmi_seg.pyramid import angular_gain, radial_band

_CACHED_BINS = 8192
"""Bins of a sector that a CPU works on at a time, so that the products of a batch stay in its cache."""


class _Sector(NamedTuple):
    """Bins of ``rfft2`` between two angles at which orientation filters change sign, or a part of them."""

    bins: Tensor  # F, positions in the flattened half plane, octave by octave
    ranges: tuple[slice, ...]  # of each scale, within the F bins
    basis: tuple[Tensor, ...]  # of each scale: 2K-1 bins, float64, 4^(n-1)/(H W) R_n^2 times the harmonics


class SpectralPlan(NamedTuple):
    """Weights that depend on the size and the pyramid alone; see :func:`spectral_plan`."""

    height: int
    width: int
    sectors: tuple[_Sector, ...]
    even: Tensor  # sectors*(2K-1) K*K, from moments to the sums of (w(f) + w(-f)) x
    odd: Tensor  # sectors*(2K-1) K*K, from moments to the sums of (w(f) - w(-f)) x


@lru_cache(maxsize=4)
def spectral_plan(
    height: int, width: int, scales: tuple[int, ...], num_orientations: int, complex: bool, device: torch.device
) -> SpectralPlan:
    """Weights for images H W and the pyramid scales named (1 is the finest). Kept for the last 4 settings.

    Takes about ``4 (2K-1) H W`` bytes.
    """
    rows = 2 * math.pi * torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    columns = 2 * math.pi * torch.fft.rfftfreq(width, dtype=torch.float64)[None, :]
    radius, angle = torch.hypot(rows, columns).flatten(), torch.atan2(columns, rows).flatten()
    edges = _sign_changes(num_orientations)
    octave = (radius / math.pi).log2().floor()  # a scale is two of them
    sector_of = torch.bucketize(angle, edges[1:-1])
    sectors, even, odd = [], [], []
    for index, middle in enumerate((edges[1:] + edges[:-1]) / 2):
        bins = (sector_of == index).nonzero()[:, 0]
        bins = bins[octave[bins].argsort(stable=True)]
        weights = _mixing(middle, num_orientations, complex)
        size = _CACHED_BINS if device.type == "cpu" else max(len(bins), 1)
        for start in range(0, len(bins), size):
            part = bins[start : start + size]
            sectors.append(_sector(part, radius, angle, height * width, scales, num_orientations, device))
            even.append(weights[0])
            odd.append(weights[1])
    return SpectralPlan(height, width, tuple(sectors), torch.cat(even).to(device), torch.cat(odd).to(device))


def _sign_changes(num_orientations: int) -> Tensor:
    """0, the angles where an orientation filter is zero, and pi; growing, without repeats."""
    zeros = {(k / num_orientations + 0.5) % 1 for k in range(num_orientations)}
    return math.pi * torch.tensor(sorted({0.0, 1.0} | zeros), dtype=torch.float64)


def _sector(
    bins: Tensor,
    radius: Tensor,
    angle: Tensor,
    num_pixels: int,
    scales: tuple[int, ...],
    num_orientations: int,
    device: torch.device,
) -> _Sector:
    radius, angle = radius[bins], angle[bins]
    share = torch.where((angle == 0) | (angle == math.pi), 0.5, 1.0)  # that column holds f and -f already
    radial = [radial_band(radius, n) for n in scales]
    ranges = [_support(band) for band in radial]
    basis = [
        4 ** (n - 1) / num_pixels * (share * band**2)[span] * _harmonics(angle[span], num_orientations)
        for n, band, span in zip(scales, radial, ranges, strict=True)
    ]
    first, last = min(span.start for span in ranges), max(span.stop for span in ranges)
    moved = tuple(slice(span.start - first, span.stop - first) for span in ranges)
    return _Sector(bins[first:last].to(device), moved, tuple(b.to(device) for b in basis))


def _support(band: Tensor) -> slice:
    """From the first to the last bin that a scale lets through."""
    inside = band.nonzero()[:, 0]
    return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)


def _harmonics(angle: Tensor, num_orientations: int) -> Tensor:
    """1, cos 2m theta and sin 2m theta for m = 1..K-1: 2K-1 times the number of angles."""
    orders = 2 * torch.arange(1, num_orientations, dtype=angle.dtype)[:, None]
    return torch.cat([torch.ones_like(angle)[None], torch.cos(orders * angle), torch.sin(orders * angle)])


def _mixing(middle: Tensor, num_orientations: int, complex: bool) -> tuple[Tensor, Tensor]:
    """The weights w(f) + w(-f) and w(f) - w(-f) of a sector as coefficients of the harmonics: 2K-1 K*K each."""
    centres = math.pi / num_orientations * torch.arange(num_orientations, dtype=torch.float64)
    samples = math.pi / (2 * num_orientations) * torch.arange(2 * num_orientations, dtype=torch.float64)
    cosines = torch.cos(samples[:, None] - centres) ** (num_orientations - 1)  # samples K
    transform = _harmonics(samples, num_orientations) / num_orientations
    transform[0] /= 2
    products = (transform @ (cosines[:, :, None] * cosines[:, None, :]).flatten(1)) * angular_gain(
        num_orientations
    ) ** 2
    sign = torch.cos(middle - centres).sign()
    if complex:
        same = (sign[:, None] == sign[None, :]).flatten()
        return 4 * products * same, 4 * products * same * sign.repeat_interleave(num_orientations)
    parity = (sign[:, None] * sign[None, :]).flatten() ** (num_orientations - 1)
    return 2 * products * parity, torch.zeros_like(products)


class SubbandCovariances(NamedTuple):
    """Covariances of the subbands of error E and probability P, each N B K K, float64 or complex128."""

    error: Tensor  # S_EE
    cross: Tensor  # S_EP, symmetric, complex for complex subbands
    prediction: Tensor  # S_PP


def subband_covariances(
    prob: Tensor, error: Tensor, scales: tuple[int, ...], num_orientations: int, *, complex: bool = True
) -> SubbandCovariances:
    """Covariances of the pyramid subbands of probability P and error E = Y - P, differentiable once, by P.

    Equal to sums over the samples of :func:`cwmi_seg.pyramid.decompose`. Products and sums are in float64.

    Args:
        prob: P, B H W, float32 or float64.
        error: Y - P, B H W, without gradient; given apart because it can be known to more digits than the difference
            of its terms. The gradient by ``prob`` counts that it falls as ``prob`` grows.
        scales: the scales wanted, 1 is the finest.
        num_orientations: K.
        complex: complex or real subbands.
    """
    height, width = prob.shape[-2:]
    plan = spectral_plan(height, width, scales, num_orientations, complex, prob.device)
    return SubbandCovariances(*_SubbandCovariances.apply(prob, error.detach(), plan))


class _SubbandCovariances(torch.autograd.Function):
    """Two forward transforms and thin matrix products; backward one inverse transform of c1 P + c2 E."""

    @staticmethod
    def forward(ctx: Any, prob: Tensor, error: Tensor, plan: SpectralPlan) -> tuple[Tensor, Tensor, Tensor]:
        of_prob, of_error = _spectrum(prob, plan), _spectrum(error, plan)
        ctx.save_for_backward(*of_prob, *of_error)
        ctx.plan = plan
        moments = _moments(of_prob, of_error, plan)
        s_pp, s_ee, real = (moments[:, :3] @ plan.even).unbind(1)
        imaginary = moments[:, 3] @ plan.odd
        k = math.isqrt(plan.even.shape[1])
        matrices = (*s_ee.shape[:2], k, k)
        return s_ee.view(matrices), torch.complex(real, imaginary).view(matrices), s_pp.view(matrices)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        plan: SpectralPlan = ctx.plan
        g_ee, g_ep, g_pp = (g.flatten(-2) for g in gradients)
        # d|E|^2 = -2 Re(conj E dP), d|P|^2 = 2 Re(conj P dP), d(E conj P) = -conj P dP + E d(conj P)
        of_prob = (g_pp - g_ep.real / 2) @ plan.even.T
        of_error = (g_ep.real / 2 - g_ee) @ plan.even.T
        of_both = (-g_ep.imag / 2) @ plan.odd.T
        saved, sectors = ctx.saved_tensors, len(plan.sectors)
        weights = torch.stack([of_prob, of_error, of_both], 1)
        spectrum = _weighted_sum(saved[:sectors], saved[sectors:], weights, plan)
        return torch.fft.irfft2(spectrum, s=(plan.height, plan.width), norm="forward"), None, None


def _spectrum(image: Tensor, plan: SpectralPlan) -> list[Tensor]:
    """The bins of each sector, B F."""
    spectrum = torch.fft.rfft2(image).flatten(1)
    return [torch.gather(spectrum, 1, sector.bins.expand(len(image), -1)) for sector in plan.sectors]


def _moments(prob: Sequence[Tensor], error: Sequence[Tensor], plan: SpectralPlan) -> Tensor:
    """Moments of |P|^2, |E|^2, Re and Im of E conj P: N 4 B sectors*(2K-1), float64, from each sector's bins B F."""
    moments = []
    for p, e, sector in zip(prob, error, plan.sectors, strict=True):
        products = _products(_planes(p), _planes(e)).flatten(0, 1).T  # F 4*B
        scales = [basis @ products[span] for basis, span in zip(sector.basis, sector.ranges, strict=True)]
        moments.append(torch.stack(scales))  # N 2K-1 4*B
    return torch.cat(moments, 1).mT.reshape(len(moments[0]), 4, len(prob[0]), -1)


def _planes(spectrum: Tensor) -> Tensor:
    """Real and imaginary parts: 2 B F, float64."""
    planes = torch.empty(2, *spectrum.shape, dtype=torch.float64, device=spectrum.device)
    return planes.copy_(torch.view_as_real(spectrum).movedim(-1, 0))


def _products(prob: Tensor, error: Tensor) -> Tensor:
    """|P|^2, |E|^2, Re and Im of E conj P: 4 B F. In float32 they would not be consistent to the size of eps."""
    products = prob.new_empty((4, *prob.shape[1:]))
    torch.mul(prob[0], prob[0], out=products[0]).addcmul_(prob[1], prob[1])
    torch.mul(error[0], error[0], out=products[1]).addcmul_(error[1], error[1])
    torch.mul(error[0], prob[0], out=products[2]).addcmul_(error[1], prob[1])
    torch.mul(error[1], prob[0], out=products[3]).addcmul_(error[0], prob[1], value=-1)
    return products


def _weighted_sum(prob: Sequence[Tensor], error: Sequence[Tensor], coefficients: Tensor, plan: SpectralPlan) -> Tensor:
    """The half spectrum a P + b E + i c (P + E), B H W//2+1, from coefficients N 3 B sectors*(2K-1) of a, b and c."""
    batch = len(prob[0])
    total = prob[0].new_zeros(batch, plan.height * (plan.width // 2 + 1))
    of_sectors = coefficients.chunk(len(plan.sectors), -1)
    for p, e, sector, moments in zip(prob, error, plan.sectors, of_sectors, strict=True):
        weights = coefficients.new_zeros(3 * batch, len(sector.bins))
        for span, basis, moment in zip(sector.ranges, sector.basis, moments.flatten(1, 2), strict=True):
            weights[:, span].addmm_(moment, basis)
        a, b, c = weights.to(p.real.dtype).chunk(3)
        share = (torch.complex(a, c) * p).addcmul_(torch.complex(b, c), e)
        total.scatter_(1, sector.bins.expand(batch, -1), share)
    total = total.view(batch, plan.height, -1)
    total[..., 0] *= 2  # each bin of this column stands for itself alone
    return total
