"""Gaussian mutual information of two vector fields Y and P from their covariances.

Up to constants, ``-1/2 log det S_{Y|P}`` is a lower bound of I(Y; P), attained by Gaussian fields (Zhao et al.,
arXiv:1910.12037, section 3). The covariances S_AB = sum of a b^H may be sums over samples (neighbourhoods, pixels)
or sums over spectra (:mod:`cwmi_seg.wavelets.covariances`). P = Y - E enters with the error E, because S_{Y|P} is a
small difference of large matrices near a good prediction, but holds nothing that is large when E is small:

    S_{Y|P} = S_EE - U S_EP^H - S_EP U^H + U S_PP U^H + eps (I + U)(I + U)^H,   U = (S_EP - eps I)(S_PP + eps I)^-1

which equals ``S_YY - S_YP (S_PP + eps I)^-1 S_YP^H``, and is the error of the ridge regression of Y on P.
"""

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from cwmi_seg.wavelets.first_derivatives import check_first_derivative

JITTER = 1e-8
"""Added to S_{Y|P}, so that a perfect prediction of a constant has a finite value."""

_ROUNDING = 1e-14
"""Rounding of the covariances relative to their traces, added where it left S_{Y|P} without a Cholesky factor."""


def conditional_log_determinant(
    error: Tensor, cross: Tensor, prediction: Tensor, eps: float, jitter: float = JITTER
) -> Tensor:
    """log det (S_{Y|P} + jitter I) of a target Y = P + E, free of cancellation where the error E is small.

    Finite, with a finite gradient, for all covariances of finite fields: where rounding leaves S_{Y|P} indefinite, its
    own rounding is added to it. NaN where a matrix holds NaN or Inf, as a gradient scaler expects. Differentiable
    once. U minimises S_{Y|P}, so it is a constant of the gradient (envelope theorem): with M the inverse of S_{Y|P}
    the gradients by S_EE, S_EP and S_PP are M, -2 M U and U^H M U.

    Args:
        error: S_EE, ``... n n``, Hermitian, float64 or complex128.
        cross: S_EP, ``... n n``, real or complex.
        prediction: S_PP, ``... n n``, Hermitian.
        eps: regularisation added to S_PP; well above the rounding of S_PP, else the value is NaN.
        jitter: added to S_{Y|P}.

    Returns:
        ``...``, at least n log(jitter).
    """
    value: Tensor = _ConditionalLogDeterminant.apply(error, cross, prediction, eps, jitter)
    return value


class _Context(FunctionCtx):
    """Everything that the forward pass leaves to the backward pass."""

    saved_tensors: tuple[Tensor, Tensor, Tensor]  # Cholesky factor of S_{Y|P}, U, identity
    dtypes: tuple[torch.dtype, torch.dtype]  # of S_EE, of S_PP


class _ConditionalLogDeterminant(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Context, error: Tensor, cross: Tensor, prediction: Tensor, eps: float, jitter: float) -> Tensor:
        # S_EP may be complex where the others were given as real numbers
        s_ee, s_pp = error.to(cross.dtype), prediction.to(cross.dtype)
        identity = torch.eye(cross.shape[-1], dtype=cross.dtype, device=cross.device)
        coefficients = _ridge_coefficients(cross - eps * identity, s_pp + eps * identity)
        shifted = coefficients + identity
        mixed = coefficients @ cross.mH
        # every term is of second order in the error, or of the size of eps: nothing large is subtracted
        covariance = s_ee - mixed - mixed.mH + coefficients @ s_pp @ coefficients.mH + eps * shifted @ shifted.mH
        # the largest terms of the sum above: what they lost by rounding is what may have to be added again
        size = _trace(s_ee) + _energy(coefficients) * _trace(s_pp) + eps * _energy(shifted)
        # an identity in place of what is not finite: one broken image must not stop the factorisation of the batch
        finite = covariance.isfinite().all(-1).all(-1)
        factor = _factor(torch.where(finite[..., None, None], covariance, identity), identity, jitter, size)
        ctx.save_for_backward(factor, coefficients, identity)
        ctx.dtypes = error.dtype, prediction.dtype
        # log det L L^H from the diagonal of L, which cannot overflow as the determinant would
        value = 2 * factor.diagonal(dim1=-2, dim2=-1).real.log().sum(-1)
        return torch.where(finite, value, torch.nan)

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        check_first_derivative("conditional_log_determinant")
        factor, coefficients, identity = ctx.saved_tensors
        # the gradient that arrives is one number for each matrix; it scales all three results, so it is applied once
        inverse = _inverse(factor, identity) * gradients[0][..., None, None]
        regressed = inverse @ coefficients
        by_error, by_prediction = _as(inverse, ctx.dtypes[0]), _as(coefficients.mH @ regressed, ctx.dtypes[1])
        return by_error, -2 * regressed, by_prediction, None, None


def _ridge_coefficients(cross: Tensor, prediction: Tensor) -> Tensor:
    """``cross`` times the inverse of ``prediction``."""
    # cholesky_ex, because cholesky looks for errors, for which the host waits for a GPU in every step
    factor = torch.linalg.cholesky_ex(prediction).L
    half = torch.linalg.solve_triangular(factor, cross.mH, upper=False)
    return torch.linalg.solve_triangular(factor.mH, half, upper=True).mH


def _factor(covariance: Tensor, identity: Tensor, jitter: float, size: Tensor) -> Tensor:
    """The Cholesky factor of a positive semi-definite matrix plus jitter, whatever rounding did to it."""
    # rounding leaves the two triangles different, and a factorisation reads but one of them
    hermitian = (covariance + covariance.mH) / 2 + jitter * identity
    # chosen by where, not by an if: the answer stays on the device
    failed = torch.linalg.cholesky_ex(hermitian).info > 0
    rounding = torch.where(failed, _ROUNDING * size, 0)
    return torch.linalg.cholesky_ex(hermitian + rounding[..., None, None] * identity).L


def _inverse(factor: Tensor, identity: Tensor) -> Tensor:
    """The inverse of L L^H. ``torch.cholesky_inverse`` would look for errors, for which the host waits for a GPU."""
    of_factor = torch.linalg.solve_triangular(factor, identity, upper=False)
    return of_factor.mH @ of_factor


def _trace(matrix: Tensor) -> Tensor:
    return matrix.diagonal(dim1=-2, dim2=-1).real.sum(-1)


def _energy(matrix: Tensor) -> Tensor:
    return torch.linalg.matrix_norm(matrix).square()


def _as(gradient: Tensor, dtype: torch.dtype) -> Tensor:
    """In the type of the matrix: one that was given as real numbers cannot change in its imaginary part."""
    return gradient if dtype == gradient.dtype else gradient.real
