"""Gaussian mutual information of two vector fields Y and P from their covariances.

Up to constants, ``-1/2 log det S_{Y|P}`` is a lower bound of I(Y; P), attained by Gaussian fields (Zhao et al.,
arXiv:1910.12037, section 3). The covariances S_AB = sum of a b^H may be sums over samples (neighbourhoods, pixels)
or sums over spectra (:mod:`cwmi_seg.subband_covariance`). P = Y - E enters with the error E, because S_{Y|P} is a
small difference of large matrices near a good prediction, but holds nothing that is large when E is small:

    S_{Y|P} = S_EE - U S_EP^H - S_EP U^H + U S_PP U^H + eps (I + U)(I + U)^H,   U = (S_EP - eps I)(S_PP + eps I)^-1

which equals ``S_YY - S_YP (S_PP + eps I)^-1 S_YP^H``, and is the error of the ridge regression of Y on P.
"""

import torch
from torch import Tensor


def conditional_covariance(error: Tensor, cross: Tensor, prediction: Tensor, eps: float) -> Tensor:
    """S_{Y|P} of a target Y = P + E, free of cancellation where the error E is small.

    The coefficients U minimise it, so they are constants of the gradient (envelope theorem): no inverse is
    differentiated, and rounding in U acts in second order only. Second derivatives are therefore wrong.

    Args:
        error: S_EE, ``... K K``, Hermitian.
        cross: S_EP, ``... K K``.
        prediction: S_PP, ``... K K``, Hermitian.
        eps: regularisation added to S_PP; well above the rounding of S_PP, else the value is NaN.

    Returns:
        ``... K K``, Hermitian, positive semi-definite up to rounding.
    """
    identity = torch.eye(error.shape[-1], dtype=cross.dtype, device=cross.device)
    with torch.no_grad():
        factor = torch.linalg.cholesky_ex(prediction.to(cross.dtype) + eps * identity).L
        coefficients = torch.cholesky_solve((cross - eps * identity).mH, factor).mH  # U
    mixed = coefficients @ cross.mH
    regressed = coefficients @ prediction.to(cross.dtype) @ coefficients.mH
    ridge = (identity + coefficients) @ (identity + coefficients).mH
    covariance = error - mixed - mixed.mH + regressed + eps * ridge
    hermitian: Tensor = (covariance + covariance.mH) / 2
    return hermitian


def log_determinant(covariance: Tensor, jitter: float = 1e-8) -> Tensor:
    """log det of Hermitian positive semi-definite matrices ``... K K`` plus ``jitter`` times the identity.

    Eigenvalues that rounding made negative count as 0, so that value and gradient of a finite matrix are finite. A
    matrix with NaN or Inf gives NaN, not an error, as a gradient scaler expects.
    """
    finite = covariance.isfinite().all(-1).all(-1)
    identity = torch.eye(covariance.shape[-1], dtype=covariance.dtype, device=covariance.device)
    eigenvalues = torch.linalg.eigvalsh(torch.where(finite[..., None, None], covariance, identity))
    value = torch.log(eigenvalues.clamp(min=0) + jitter).sum(-1)
    return torch.where(finite, value, torch.nan)
