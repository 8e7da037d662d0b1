"""Gaussian mutual information from covariances, against closed forms and the plain formula."""

import math
from fractions import Fraction

import pytest
import torch
from torch import Tensor

from cwmi_seg.mutual_information import conditional_covariance, log_determinant

EPS = 5e-4


def fields(dtype: torch.dtype, vectors: int = 3, samples: int = 50) -> tuple[Tensor, Tensor]:
    """A prediction and its error, each 2 K samples."""
    generator = torch.Generator().manual_seed(0)
    shape = (2, 2, vectors, samples)
    prediction, error = torch.randn(shape, dtype=dtype, generator=generator)
    return prediction, 0.3 * error


def covariances(prediction: Tensor, error: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return error @ error.mH, error @ prediction.mH, prediction @ prediction.mH


def plain_formula(prediction: Tensor, error: Tensor) -> Tensor:
    target = prediction + error
    s_yp, s_pp = target @ prediction.mH, prediction @ prediction.mH
    return target @ target.mH - s_yp @ torch.linalg.inv(s_pp + EPS * torch.eye(3, dtype=s_pp.dtype)) @ s_yp.mH


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_value_and_gradient_of_the_plain_formula(dtype: torch.dtype) -> None:
    prediction, error = (x.requires_grad_() for x in fields(dtype))
    results = []
    for covariance in (
        conditional_covariance(*covariances(prediction, error), EPS),
        plain_formula(prediction, error),
    ):
        value = torch.logdet(covariance).real
        results.append((value, *torch.autograd.grad(value.sum(), (prediction, error))))
    for ours, plain in zip(*results, strict=True):
        assert torch.allclose(ours, plain, rtol=1e-10, atol=1e-12)


def test_no_digits_are_lost_near_a_good_prediction() -> None:
    """One subband: S = S_EE + (eps (1 + 2c) - c^2 s - ...)  exactly, in rational numbers."""
    s_ee, s_ep, s_pp = Fraction(1, 10**7), Fraction(1, 10**5), Fraction(10**6)
    s_yp, eps = s_ep + s_pp, Fraction(EPS)
    exact = s_ee + 2 * s_ep + s_pp - s_yp**2 / (s_pp + eps)
    ours = conditional_covariance(*(torch.full((1, 1), float(x), dtype=torch.float64) for x in (s_ee, s_ep, s_pp)), EPS)
    assert ours.item() == pytest.approx(float(exact), rel=1e-13)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_mutual_information_of_a_gaussian_pair(correlation: float) -> None:
    """I(Y; P) = -1/2 log(1 - rho^2), from -1/2 log det S_{Y|P} + 1/2 log det S_YY."""
    s_ep = torch.tensor([[correlation - 1]], dtype=torch.float64)
    s_ee = torch.tensor([[2 - 2 * correlation]], dtype=torch.float64)
    conditional = conditional_covariance(s_ee, s_ep, torch.ones(1, 1, dtype=torch.float64), 1e-12)
    assert -log_determinant(conditional).item() / 2 == pytest.approx(-math.log(1 - correlation**2) / 2, abs=1e-7)


def test_log_determinant_is_that_of_torch() -> None:
    prediction, _ = fields(torch.complex128)
    covariance = prediction @ prediction.mH
    expected = torch.logdet(covariance + 0.1 * torch.eye(3)).real
    assert torch.allclose(log_determinant(covariance, jitter=0.1), expected, rtol=1e-12)


def test_rounding_below_zero_is_finite_and_nan_stays_nan() -> None:
    matrices = torch.stack([torch.diag(torch.tensor([1.0, -1e-6, 0.0])), torch.full((3, 3), math.nan)]).double()
    matrices.requires_grad_()
    values = log_determinant(matrices)
    values[0].backward()
    assert values[0].item() == pytest.approx(2 * math.log(1e-8), abs=1e-6)
    assert matrices.grad is not None
    assert matrices.grad.isfinite().all()
    assert values[1].isnan()
