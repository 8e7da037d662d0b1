"""Gaussian mutual information from covariances, against closed forms and the plain formula."""

import math
from fractions import Fraction

import pytest
import torch
from torch import Tensor

from cwmi_seg.losses._mutual_information import conditional_log_determinant

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
    for value in (
        conditional_log_determinant(*covariances(prediction, error), EPS, jitter=0),
        torch.logdet(plain_formula(prediction, error)).real,
    ):
        results.append((value, *torch.autograd.grad(value.sum(), (prediction, error))))
    for ours, plain in zip(*results, strict=True):
        assert torch.allclose(ours, plain, rtol=1e-10, atol=1e-12)


def test_jitter_is_added_to_the_conditional_covariance() -> None:
    prediction, error = fields(torch.complex128)
    ours = conditional_log_determinant(*covariances(prediction, error), EPS, jitter=0.1)
    expected = torch.logdet(plain_formula(prediction, error) + 0.1 * torch.eye(3)).real
    assert torch.allclose(ours, expected, rtol=1e-10)


def one_by_one(s_ee: float, s_ep: float, s_pp: float) -> tuple[Tensor, Tensor, Tensor]:
    ee, ep, pp = (torch.full((1, 1), entry, dtype=torch.float64) for entry in (s_ee, s_ep, s_pp))
    return ee, ep, pp


def test_no_digits_are_lost_near_a_good_prediction() -> None:
    """One subband: S = S_EE + (eps (1 + 2c) - c^2 s - ...)  exactly, in rational numbers."""
    s_ee, s_ep, s_pp = Fraction(1, 10**7), Fraction(1, 10**5), Fraction(10**6)
    s_yp, eps = s_ep + s_pp, Fraction(EPS)
    exact = s_ee + 2 * s_ep + s_pp - s_yp**2 / (s_pp + eps)
    ours = conditional_log_determinant(*one_by_one(float(s_ee), float(s_ep), float(s_pp)), EPS, jitter=0).exp()
    assert ours.item() == pytest.approx(float(exact), rel=1e-13)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_mutual_information_of_a_gaussian_pair(correlation: float) -> None:
    """I(Y; P) = -1/2 log(1 - rho^2), from -1/2 log det S_{Y|P} + 1/2 log det S_YY."""
    value = conditional_log_determinant(*one_by_one(2 - 2 * correlation, correlation - 1, 1), 1e-12)
    assert -value.item() / 2 == pytest.approx(-math.log(1 - correlation**2) / 2, abs=1e-7)


@pytest.mark.parametrize("energy", [1.0, 1e6, 1e12])
def test_rounding_below_zero_is_finite(energy: float) -> None:
    """S_EE of rank one whose rounding makes an eigenvalue negative, by more than the jitter where it is large."""
    s_ee = energy * (torch.ones(4, 4, dtype=torch.float64) - 4e-16 * torch.eye(4)).requires_grad_()
    zeros = torch.zeros(4, 4, dtype=torch.float64)
    value = conditional_log_determinant(s_ee, zeros, zeros, 1e-30)
    (gradient,) = torch.autograd.grad(value, s_ee)
    assert value.isfinite()
    assert gradient.isfinite().all()


def test_a_matrix_that_is_not_finite_gives_nan_and_leaves_the_others() -> None:
    prediction, error = fields(torch.complex128)
    expected = conditional_log_determinant(*covariances(prediction, error), EPS)
    error[1, 0, 0] = math.inf
    found = conditional_log_determinant(*covariances(prediction, error), EPS)
    assert found[0] == expected[0]
    assert found[1].isnan()


def test_second_derivatives_are_refused() -> None:
    prediction, error = (x.requires_grad_() for x in fields(torch.float64))
    value = conditional_log_determinant(*covariances(prediction, error), EPS)
    with pytest.raises(RuntimeError, match=r"conditional_log_determinant: .* got create_graph=True; leave it out"):
        torch.autograd.grad(value.sum(), error, create_graph=True)
