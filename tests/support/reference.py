"""Slow and obvious forms of what the package computes by shorter ways."""

import torch
from torch import Tensor

from cwmi_seg.wavelets import decompose


def direct_cwmi(
    prob: Tensor, target: Tensor, num_scales: int, num_orientations: int, *, complex: bool = True, eps: float = 5e-4
) -> Tensor:
    """log det S_{Y|P} of each scale and image, N B, as the paper's text describes it, for images B H W.

    Subbands by inverse transforms, covariances by matrix products over the samples, a matrix inverse, a Cholesky
    factor. Loses its digits near a good prediction.
    """
    targets = decompose(target, num_scales, num_orientations, complex=complex).bands
    predictions = decompose(prob, num_scales, num_orientations, complex=complex).bands
    return torch.stack([_direct_scale(y, p, eps) for y, p in zip(targets, predictions, strict=True)])


def _direct_scale(target: Tensor, prediction: Tensor, eps: float) -> Tensor:
    y, p = target.flatten(-2), prediction.flatten(-2)  # B K samples
    s_yy, s_yp, s_pp = (a @ b.mH for a, b in ((y, y), (y, p), (p, p)))
    s_yp = s_yp.to(torch.promote_types(s_yp.dtype, torch.float64))
    identity = torch.eye(y.shape[1], dtype=s_yp.dtype)
    covariance = s_yy - s_yp @ torch.linalg.inv(s_pp + eps * identity) @ s_yp.mH
    factor = torch.linalg.cholesky((covariance + covariance.mH) / 2 + 1e-8 * identity)
    return 2 * factor.diagonal(dim1=-2, dim2=-1).real.log().sum(-1)
