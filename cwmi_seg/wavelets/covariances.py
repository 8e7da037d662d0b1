"""Covariances of pyramid subbands without the subbands, by Parseval's theorem.

With A(f), B(f) the plain ``rfftn`` of two images or volumes of V samples in d dimensions, the covariance of their
subbands at scale s is

    S_AB[k, l] = 2^(d(s-1))/V sum_f R_s^2 G_k G_l A conj(B)                       (all frequencies f)

For real images the half spectrum is enough: with w = R_s^2 G_k G_l, a bin gives
``(w(f) + w(-f)) Re(A conj B) + i (w(f) - w(-f)) Im(A conj B)``. Between the planes where a filter changes its sign
both weights are polynomials of the direction (:mod:`cwmi_seg.wavelets.mixing`), so that all K^2 sums follow from a
few moments, which are products of matrices over blocks of bins (:mod:`cwmi_seg.wavelets.plan`).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from cwmi_seg.wavelets.chunks import Chunk, chunks
from cwmi_seg.wavelets.first_derivatives import check_first_derivative
from cwmi_seg.wavelets.grid import checked_spacing
from cwmi_seg.wavelets.plan import BLOCK, SpectralPlan, spectral_plan


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

    saved_tensors: tuple[Tensor, Tensor]  # bins of P and of E
    plan: SpectralPlan
    form: str


class _SubbandCovariances(torch.autograd.Function):
    """Forward, two transforms and products of small matrices; backward, one inverse transform of c1 P + c2 E."""

    @staticmethod
    def forward(
        ctx: _Context, prob: Tensor, error: Tensor, plan: SpectralPlan, form: str
    ) -> tuple[Tensor, Tensor, Tensor]:
        of_prob, of_error = _spectrum(prob, plan), _spectrum(error, plan)
        ctx.save_for_backward(of_prob, of_error)
        ctx.plan, ctx.form = plan, form
        moments = _moments(of_prob, of_error, plan)
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
        plan = ctx.plan
        of_prob, of_error = ctx.saved_tensors
        g_ee, g_ep, g_pp = (g.flatten(-2) for g in gradients)
        weights = _moment_weights(g_ee, g_ep, g_pp, plan, ctx.form)
        spectrum = _weighted_sum(of_prob, of_error, weights, plan)
        # the transpose of the transform is its inverse without the factor 1/V, which norm="forward" leaves out
        image = torch.fft.irfftn(spectrum, s=plan.sizes, dim=_space(spectrum), norm="forward")
        return image, None, None, None


def _space(images: Tensor) -> tuple[int, ...]:
    """The axes of images B *space that are not B."""
    return tuple(range(1, images.ndim))


def _spectrum(image: Tensor, plan: SpectralPlan) -> Tensor:
    """The bins of the half spectrum that take part, B F, in the order of the plan."""
    spectrum = torch.fft.rfftn(image, dim=_space(image)).flatten(1)
    return torch.gather(spectrum, 1, plan.bins.expand(len(image), -1))


def _moments(prob: Tensor, error: Tensor, plan: SpectralPlan) -> Tensor:
    """Moments of |P|^2, |E|^2, Re and Im of E conj P from the bins B F: N 4 B Q*M, float64."""
    images, parts, (rows, num_monomials) = len(prob), chunks(plan, len(prob)), plan.table_shape
    table = torch.zeros(rows, 4 * images * num_monomials, dtype=torch.float64, device=prob.device)
    # allocated once and written into by every chunk, so that they stay in the cache
    longest = max(chunk.bins.stop - chunk.bins.start for chunk in parts)
    planes, products = torch.empty(2, 4, images, longest, dtype=torch.float64, device=prob.device)  # for all chunks
    for chunk in parts:
        length = chunk.bins.stop - chunk.bins.start
        of_chunk = _products(prob[:, chunk.bins], error[:, chunk.bins], planes[..., :length], products[..., :length])
        in_blocks = of_chunk.view(4 * images, -1, BLOCK).transpose(0, 1)  # T 4*B 128
        for part in chunk.parts:
            of_blocks = torch.bmm(in_blocks[part.blocks], part.basis.mT)  # T 4*B M
            # a product with a matrix of zeros and ones adds the blocks of each class in a fixed order, where
            # index_add on a GPU adds in any: the same seed is to give the same bits
            table[part.rows].addmm_(part.membership, of_blocks.flatten(1))
    of_classes = table.view(plan.num_scales, -1, 4, images, num_monomials)  # N Q 4 B M
    return of_classes.movedim(1, 3).flatten(3)


def _products(prob: Tensor, error: Tensor, planes: Tensor, products: Tensor) -> Tensor:
    """|P|^2, |E|^2, Re and Im of E conj P in ``products``, 4 B F, by way of ``planes``, 4 B F.

    In float32 they would not be consistent to the size of eps.
    """
    for pair, spectrum in ((planes[:2], prob), (planes[2:], error)):
        pair.copy_(torch.view_as_real(spectrum).movedim(-1, 0))
    p_real, p_imaginary, e_real, e_imaginary = planes.unbind()
    p_p, e_e, real, imaginary = products.unbind()
    torch.mul(p_real, p_real, out=p_p).addcmul_(p_imaginary, p_imaginary)
    torch.mul(e_real, e_real, out=e_e).addcmul_(e_imaginary, e_imaginary)
    torch.mul(e_real, p_real, out=real).addcmul_(e_imaginary, p_imaginary)
    torch.mul(e_imaginary, p_real, out=imaginary).addcmul_(e_real, p_imaginary, value=-1)
    return products


def _moment_weights(g_ee: Tensor, g_ep: Tensor, g_pp: Tensor, plan: SpectralPlan, form: str) -> Tensor:
    """The weight of each moment in a, b and c of the gradient's spectrum a P + b E + i c (P + E): rows 3*B M.

    From d|E|^2 = -2 Re(conj E dP), d|P|^2 = 2 Re(conj P dP) and d(E conj P) = -conj P dP + E d(conj P). Real subbands
    have no c.
    """
    by_real, by_imaginary = (g_ep.real, g_ep.imag) if form == "proper" else (g_ep, g_ep)
    weights = torch.stack([g_pp - by_real / 2, by_real / 2 - g_ee], 1) @ plan.even.T  # N 2 B Q*M
    if plan.odd is not None:
        weights = torch.cat([weights, (by_imaginary @ plan.odd.T).unsqueeze(1) / -2], 1)
    of_classes = weights.reshape(plan.num_scales, -1, plan.num_classes, plan.table_shape[1])  # N 3*B Q M
    return of_classes.transpose(1, 2).flatten(0, 1)


def _weighted_sum(prob: Tensor, error: Tensor, weights: Tensor, plan: SpectralPlan) -> Tensor:
    """The half spectrum a P + b E + i c (P + E), B and the shape of ``rfftn``."""
    images, parts = len(prob), chunks(plan, len(prob))
    filled = prob.new_empty(images, len(plan.bins) + 1)
    filled[:, -1] = 0  # for the bins of no band
    longest = max(chunk.num_blocks for chunk in parts)
    at_bins = weights.new_empty(longest, weights.shape[1], BLOCK)  # for all chunks
    for chunk in parts:
        of_chunk = _block_weights(weights, chunk, at_bins[: chunk.num_blocks])
        by_kind = of_chunk.view(chunk.num_blocks, -1, images, BLOCK).movedim(0, 2)  # 3 B T 128
        p, e, out = (x[:, chunk.bins].view(images, -1, BLOCK) for x in (prob, error, filled))
        _combine(by_kind, p, e, out)
    spectrum = torch.gather(filled, 1, plan.places.expand(images, -1))
    spectrum = spectrum.view(images, *plan.sizes[:-1], -1)
    spectrum.select(-1, 0).mul_(2)  # each bin of this plane stands for itself alone
    return spectrum


def _block_weights(weights: Tensor, chunk: Chunk, at_bins: Tensor) -> Tensor:
    """a, b and c at the bins of a chunk, into ``at_bins``: T 3*B 128."""
    first, *others = chunk.parts
    # the first part sets its blocks, the others add to theirs: blocks of the others alone begin at zero
    if first.num_blocks < chunk.num_blocks:
        at_bins.zero_()
    torch.bmm(weights.index_select(0, first.row), first.basis, out=at_bins[first.blocks])
    for part in others:
        at_bins[part.blocks].baddbmm_(weights.index_select(0, part.row), part.basis)
    return at_bins


def _combine(weights: Tensor, prob: Tensor, error: Tensor, out: Tensor) -> None:
    """a P + b E + i c (P + E) into ``out``; a, b and c stacked, all of them B T 128."""
    # the sums were in float64; the spectrum goes back in the type of the image, as its gradient does
    narrow = weights.to(prob.real.dtype)
    of_prob, of_error = narrow[0], narrow[1]
    if len(weights) == 3:
        of_prob = torch.complex(of_prob, narrow[2])
    torch.mul(of_prob, prob, out=out)
    if len(weights) == 3:
        of_error = torch.complex(of_error, narrow[2])
        out.addcmul_(of_error, error)
    else:
        out.add_(of_error * error)
