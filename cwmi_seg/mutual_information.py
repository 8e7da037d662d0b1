"""Gaussian mutual information of two vector fields from their covariances."""

import torch
from torch import Tensor


def conditional_covariance(error: Tensor, cross: Tensor, prediction: Tensor, eps: float) -> Tensor:
    """S_{Y|P} of a target Y = P + E, free of cancellation where the error E is small.

    ``S_EE - S_EP M S_EP^H + eps (S_EP M + M S_EP^H) + eps I - eps^2 M`` with ``M = (S_PP + eps I)^-1``,
    which equals ``S_YY - S_YP M S_YP^H``.

    Args:
        error: S_EE, ``... K K``, Hermitian.
        cross: S_EP, ``... K K``.
        prediction: S_PP, ``... K K``, Hermitian.
        eps: regularisation added to S_PP.
    """
    identity = torch.eye(error.shape[-1], dtype=cross.dtype, device=cross.device)
    inverse = torch.linalg.inv(prediction.to(cross.dtype) + eps * identity)
    weighted = cross @ inverse  # S_EP M
    covariance = error - weighted @ cross.mH + eps * (weighted + weighted.mH) + eps * identity - eps**2 * inverse
    hermitian: Tensor = (covariance + covariance.mH) / 2
    return hermitian


def log_determinant(covariance: Tensor, jitter: float = 1e-8) -> Tensor:
    """log det of Hermitian positive semi-definite matrices ``... K K`` plus ``jitter`` times the identity."""
    identity = torch.eye(covariance.shape[-1], dtype=covariance.dtype, device=covariance.device)
    factor = torch.linalg.cholesky(covariance + jitter * identity)
    return 2 * torch.log(torch.diagonal(factor, dim1=-2, dim2=-1).real).sum(-1)
