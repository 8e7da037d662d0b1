"""Sums over the bins of two spectra, and the gradient's spectrum, as products of matrices over blocks of bins.

A bin gives four real numbers, |P|^2, |E|^2, Re and Im of E conj P. Their sums with the weights of a plan are the
moments; the transpose takes weights of the moments back to the bins.
"""

import torch
from torch import Tensor

from cwmi_seg.wavelets.bins import BLOCK
from cwmi_seg.wavelets.chunks import Chunk, chunks
from cwmi_seg.wavelets.plan import SpectralPlan


def chosen_bins(prob: Tensor, error: Tensor, plan: SpectralPlan) -> Tensor:
    """The bins of P and of E in the order of the plan, every mirror image as an image of its own: 2 B*R F, complex."""
    images, dims = len(prob), tuple(range(1, prob.ndim))
    bins = prob.new_empty(2, images, len(plan.bins), dtype=prob.dtype.to_complex())
    for image, out in zip((prob, error), bins, strict=True):
        spectrum = torch.fft.rfftn(image, dim=dims).flatten(1)
        torch.gather(spectrum, 1, plan.bins.expand(images, -1), out=out)
    return bins.view(2, images * plan.num_mirrors, -1)


def spectral_moments(bins: Tensor, plan: SpectralPlan) -> Tensor:
    """Moments of |P|^2, |E|^2, Re and Im of E conj P: N 4 B Q*R*M, float64."""
    images, parts, (rows, num_monomials) = bins.shape[1], chunks(plan, bins.shape[1]), plan.table_shape
    table = torch.zeros(rows, 4 * images * num_monomials, dtype=torch.float64, device=bins.device)
    # allocated once and written into by every chunk, so that they stay in the cache
    planes = table.new_empty(3, 2, images, max(chunk.num_bins for chunk in parts))
    spectra = torch.split(torch.view_as_real(bins).movedim(-1, 0), [chunk.num_bins for chunk in parts], -1)
    for chunk, spectrum in zip(parts, spectra, strict=True):
        products = _products(spectrum, planes[..., : chunk.num_bins])
        in_blocks = products.view(len(products), -1, BLOCK).transpose(0, 1)  # T 4*B*R 128
        for part in chunk.parts:
            of_blocks = torch.bmm(in_blocks[part.blocks], part.basis.mT)  # T 4*B*R M
            # a product with a matrix of zeros and ones adds the blocks of each class in a fixed order, where
            # index_add on a GPU adds in any: the same seed is to give the same bits
            table[part.rows].addmm_(part.membership, of_blocks.flatten(1))
    of_classes = table.view(plan.num_scales, -1, 4, images // plan.num_mirrors, plan.num_mirrors * num_monomials)
    return of_classes.movedim(1, 3).flatten(3)  # from N Q 4 B R*M


def _products(spectrum: Tensor, planes: Tensor) -> Tensor:
    """|P|^2, |E|^2, Re and Im of E conj P, 4*B*R F, of real and imaginary parts of P and E, 2 2 B*R F.

    They are made within ``planes``, 3 2 B*R F, float64: in float32 they would not be consistent to the size of eps.
    """
    parts, (real, cross, imaginary) = planes[::2], planes
    parts.copy_(spectrum)
    torch.mul(parts[:, 1], real[0], out=cross)
    cross[0].addcmul_(imaginary[1], imaginary[0])
    cross[1].addcmul_(real[1], imaginary[0], value=-1)
    real.square_().addcmul_(imaginary, imaginary)
    return planes[:2].flatten(0, 2)


def weighted_spectrum(bins: Tensor, weights: Tensor, plan: SpectralPlan) -> Tensor:
    """The half spectrum a P + b E + i c (P + E), B and the shape of ``rfftn``, from weights N 3 B Q*R*M of a, b, c."""
    (rows, num_monomials), kinds, images = plan.table_shape, weights.shape[1], bins.shape[1]
    of_classes = weights.reshape(*weights.shape[:3], -1, plan.num_mirrors * num_monomials).movedim(3, 1)  # N Q 3 B R*M
    # in the type of the image, as its gradient is; in float32 it errs by 1e-5 of its norm at K = 12
    of_rows = of_classes.reshape(rows, -1, num_monomials).to(bins.real.dtype)
    parts = chunks(plan, images)
    filled = torch.empty_like(bins[0])
    at_bins = of_rows.new_empty(max(chunk.num_blocks for chunk in parts), kinds * images, BLOCK)  # for all chunks
    lengths = [chunk.num_blocks for chunk in parts]
    spectra = torch.split(bins.view(2, images, -1, BLOCK), lengths, 2)
    outputs = torch.split(filled.view(images, -1, BLOCK), lengths, 1)
    for chunk, (prob, error), out in zip(parts, spectra, outputs, strict=True):
        of_chunk = _block_weights(of_rows, chunk, at_bins[: chunk.num_blocks])
        by_kind = of_chunk.view(-1, kinds, images, BLOCK).movedim(0, 2)  # 3 B*R T 128
        _combine(by_kind, prob, error, out)
    return _half_spectrum(filled.view(-1, len(plan.bins)), plan)


def _half_spectrum(bins: Tensor, plan: SpectralPlan) -> Tensor:
    """The bins, B R*F, in the order of ``rfftn``, and zeros for those of no band."""
    spectrum = torch.gather(bins, 1, plan.places.expand(len(bins), -1)).view(len(bins), *plan.sizes[:-1], -1)
    for axis in range(1, spectrum.ndim):
        spectrum.select(axis, 0).mul_(2)  # the weights of these planes are halved, because they are in two images
    return spectrum


def _block_weights(weights: Tensor, chunk: Chunk, at_bins: Tensor) -> Tensor:
    """a, b and c at the bins of a chunk, into ``at_bins``: T 3*B*R 128."""
    first, *others = chunk.parts
    # the first part sets its blocks, the others add to theirs: blocks of the others alone begin at zero
    if first.num_blocks < chunk.num_blocks:
        at_bins.zero_()
    torch.bmm(weights.index_select(0, first.row), first.basis.to(weights.dtype), out=at_bins[first.blocks])
    for part in others:
        at_bins[part.blocks].baddbmm_(weights.index_select(0, part.row), part.basis.to(weights.dtype))
    return at_bins


def _combine(weights: Tensor, prob: Tensor, error: Tensor, out: Tensor) -> None:
    """a P + b E + i c (P + E) into ``out``; a, b and c stacked, all of them B*R T 128."""
    of_prob, of_error, *others = weights
    if not others:
        torch.mul(of_prob, prob, out=out)
        out.add_(of_error * error)
    else:
        torch.mul(torch.complex(of_prob, others[0]), prob, out=out)
        out.addcmul_(torch.complex(of_error, others[0]), error)
