"""Covariances of pyramid subbands without the subbands, by Parseval's theorem.

With A(f), B(f) the plain ``rfftn`` of two images or volumes of V samples in d dimensions, the covariance of their
subbands at scale s is

    S_AB[k, l] = 2^(d(s-1))/V sum_f R_s^2 G_k G_l A conj(B)                       (all frequencies f)

For real images the half spectrum is enough: with w = R_s^2 G_k G_l, a bin gives
``(w(f) + w(-f)) Re(A conj B) + i (w(f) - w(-f)) Im(A conj B)``. Between the planes where a filter changes its sign
both weights are polynomials of the direction (:mod:`cwmi_seg.wavelets.mixing`), so that all K^2 sums follow from a
few moments (:mod:`cwmi_seg.wavelets.moments`).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from cwmi_seg.wavelets.first_derivatives import check_first_derivative
from cwmi_seg.wavelets.grid import checked_spacing
from cwmi_seg.wavelets.moments import chosen_bins, spectral_moments, weighted_spectrum
from cwmi_seg.wavelets.plan import SpectralPlan, spectral_plan


class SubbandCovariances(NamedTuple):
    """Covariances of the subbands of error E and probability P, each N B n n, float64 or complex128."""

    error: Tensor  # S_EE
    cross: Tensor  # S_EP, complex for proper complex subbands
    prediction: Tensor  # S_PP


def subband_covariances(
    prob: Tensor,
    error: Tensor,
    scales: Sequence[int],
    num_axes: int,
    *,
    form: str = "proper",
    spacing: Sequence[float] | None = None,
) -> SubbandCovariances:
    """Covariances of the pyramid subbands of probability P and error E = Y - P, differentiable once, by P.

    Equal to sums over the samples of :func:`cwmi_seg.wavelets.decompose`. Products and sums are in float64.

    Args:
        prob: P, B H W or B D H W, float32 or float64.
        error: Y - P, of the same shape, without gradient; given apart because it can be known to more digits than the
            difference of its terms. The gradient by ``prob`` counts that it falls as ``prob`` grows.
        scales: the scales wanted, growing, 1 is the finest.
        num_axes: K.
        form: "proper" for complex subbands b, n = K, S_AB = sum of a b^H; "real" for real ones, n = K; "augmented"
            for the vectors ``sqrt(2) [Re b_1 .. Re b_K, Im b_1 .. Im b_K]``, n = 2K, whose covariances hold those of
            b and of its conjugate.
        spacing: distance of the samples along each axis; equal by default.
    """
    sizes = tuple(prob.shape[1:])
    # a plan takes neighbouring scales, which share octaves; those that were not asked for are dropped below
    every = range(scales[0], scales[-1] + 1)
    plan = spectral_plan(sizes, checked_spacing(len(sizes), spacing), every, num_axes, form, prob.device)
    found = _SubbandCovariances.apply(prob, error.detach(), plan, form)
    if len(scales) < len(every):
        found = [torch.stack([covariance[scale - every[0]] for scale in scales]) for covariance in found]
    return SubbandCovariances(*found)


class _Context(FunctionCtx):
    """Everything that the forward pass leaves to the backward pass."""

    saved_tensors: tuple[Tensor]  # bins of P and E
    plan: SpectralPlan
    form: str


class _SubbandCovariances(torch.autograd.Function):
    """Forward, two transforms and products of small matrices; backward, one inverse transform of a P + b E."""

    @staticmethod
    def forward(
        ctx: _Context, prob: Tensor, error: Tensor, plan: SpectralPlan, form: str
    ) -> tuple[Tensor, Tensor, Tensor]:
        bins = chosen_bins(prob, error, plan)
        ctx.save_for_backward(bins)
        ctx.plan, ctx.form = plan, form
        moments = spectral_moments(bins, plan)
        size = math.isqrt(plan.even.shape[1])
        matrices = (plan.num_scales, len(prob), size, size)
        # the fourth moment, that of Im(E conj P), changes its sign with f, so it has coefficients of its own
        s_pp, s_ee, cross = (s.reshape(matrices) for s in (moments[:, :3] @ plan.even).unbind(1))
        if plan.odd is not None:
            other = (moments[:, 3] @ plan.odd).view(matrices)
            cross = torch.complex(cross, other) if form == "proper" else cross + other
        return s_ee, cross, s_pp

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        check_first_derivative("subband_covariances")
        plan, (bins,) = ctx.plan, ctx.saved_tensors
        g_ee, g_ep, g_pp = (g.flatten(-2) for g in gradients)
        spectrum = weighted_spectrum(bins, _moment_weights(g_ee, g_ep, g_pp, plan, ctx.form), plan)
        # the transpose of the transform is its inverse without the factor 1/V, which norm="forward" leaves out
        dims = tuple(range(1, spectrum.ndim))
        return torch.fft.irfftn(spectrum, s=plan.sizes, dim=dims, norm="forward"), None, None, None


def _moment_weights(g_ee: Tensor, g_ep: Tensor, g_pp: Tensor, plan: SpectralPlan, form: str) -> Tensor:
    """The weight of each moment in a, b and c of the gradient's spectrum a P + b E + i c (P + E): N 3 B Q*R*M.

    From d|E|^2 = -2 Re(conj E dP), d|P|^2 = 2 Re(conj P dP) and d(E conj P) = -conj P dP + E d(conj P). Real subbands
    have no c.
    """
    by_real, by_imaginary = (g_ep.real, g_ep.imag) if form == "proper" else (g_ep, g_ep)
    weights = torch.stack([g_pp - by_real / 2, by_real / 2 - g_ee], 1) @ plan.even.T
    if plan.odd is None:
        return weights
    return torch.cat([weights, (by_imaginary @ plan.odd.T).unsqueeze(1) / -2], 1)
