"""Covariances from spectra, against sums over the samples of the subbands."""

import pytest
import torch
from torch import Tensor

from cwmi_seg.wavelets import decompose
from cwmi_seg.wavelets.covariances import subband_covariances
from cwmi_seg.wavelets.grid import frequency_grid
from cwmi_seg.wavelets.plan import spectral_plan


def images(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Target and probability, 2 H W."""
    target, prob = torch.rand(2, 2, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return target, prob.requires_grad_()


def form(complex: bool) -> str:
    return "proper" if complex else "real"


def sums_over_samples(prob: Tensor, error: Tensor, num_scales: int, k: int, complex: bool) -> list[Tensor]:
    of_prob, of_error = (decompose(x, num_scales, k, complex=complex).bands for x in (prob, error))
    pairs = [(of_error, of_error), (of_error, of_prob), (of_prob, of_prob)]
    return [torch.stack([x.flatten(-2) @ y.flatten(-2).mH for x, y in zip(a, b, strict=True)]) for a, b in pairs]


@pytest.mark.parametrize("complex", [True, False])
@pytest.mark.parametrize(
    ("size", "k"), [((32, 32), 4), ((33, 47), 5), ((40, 35), 2), ((17, 40), 12), ((190, 200), 2)], ids=str
)
def test_equal_to_sums_over_samples(size: tuple[int, int], k: int, complex: bool) -> None:
    target, prob = images(*size)
    spectral = subband_covariances(prob, target - prob, (1, 2, 3), k, form=form(complex))
    spatial = sums_over_samples(prob, target - prob, 3, k, complex)
    weights = [torch.randn_like(s) for s in spatial]
    gradients = []
    for covariances in (spectral, spatial):
        terms = [(w.conj() * (s + s.mT)).real.sum() for w, s in zip(weights, covariances, strict=True)]
        weighted = torch.stack(terms).sum()
        gradients.append(torch.autograd.grad(weighted, prob)[0])
    for ours, expected in zip((*spectral, gradients[0]), (*spatial, gradients[1]), strict=True):
        assert (ours - expected).norm() < 1e-12 * expected.norm()


@pytest.mark.parametrize(
    ("size", "k", "spacing"),
    [((33, 46), 4, (1.0, 1.0)), ((32, 40), 3, (2.0, 1.0)), ((12, 17, 16), 6, (4.0, 1.0, 1.0)), ((10, 9, 8), 16, None)],
    ids=str,
)
@pytest.mark.parametrize("form", ["proper", "augmented", "real"])
def test_every_form_in_plane_and_space(size: tuple[int, ...], k: int, spacing: tuple[float, ...], form: str) -> None:
    target, prob = torch.rand(2, 2, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    if form == "real" and k == 16:
        return
    vectors = []
    for image in (target - prob, prob):
        bands = decompose(image, 1, k, complex=form != "real", num_dims=len(size), spacing=spacing).bands[0].flatten(2)
        vectors.append(2**0.5 * torch.cat([bands.real, bands.imag], 1) if form == "augmented" else bands)
    (e, p), found = vectors, subband_covariances(prob, target - prob, (1,), k, form=form, spacing=spacing)
    for ours, expected in zip(found, (e @ e.mH, e @ p.mH, p @ p.mH), strict=True):
        assert (ours[0] - expected).norm() < 1e-12 * expected.norm()


@pytest.mark.parametrize("at_a_time", [1, 700, 3000])
def test_parts_of_the_bins_add_up(monkeypatch: pytest.MonkeyPatch, at_a_time: int) -> None:
    """A CPU works on as many bins as its cache holds: here on one block, and on chunks of unequal length."""
    target, prob = images(40, 46)
    results = []
    for bins in (2**17, at_a_time):
        monkeypatch.setattr("cwmi_seg.wavelets.chunks._CACHED_BINS", bins)
        covariances = subband_covariances(prob, target - prob, (1, 2, 3), 4)
        parts = [(s * torch.linspace(0, 1, s.numel()).view(s.shape)).real.sum() for s in covariances]
        weighted = torch.stack(parts).sum()
        results.append((*covariances, torch.autograd.grad(weighted, prob)[0]))
    for whole, added in zip(*results, strict=True):
        assert (whole - added).norm() < 1e-13 * whole.norm()


def test_one_orientation_in_the_real_form() -> None:
    target, prob = images(24, 30)
    for ours, expected in zip(
        subband_covariances(prob, target - prob, (1, 2), 1, form="real"),
        sums_over_samples(prob, target - prob, 2, 1, False),
        strict=True,
    ):
        assert torch.allclose(ours, expected.to(ours.dtype), rtol=1e-12)


def test_chosen_scales_are_those_of_all() -> None:
    target, prob = images(40, 36)
    everything = subband_covariances(prob, target - prob, (1, 2, 3), 3)
    chosen = subband_covariances(prob, target - prob, (1, 3), 3)
    for some, all_of_them in zip(chosen, everything, strict=True):
        assert torch.allclose(some, all_of_them[[0, 2]], rtol=1e-12)


@pytest.mark.parametrize("complex", [True, False])
def test_gradcheck(complex: bool) -> None:
    target, prob = images(9, 8)

    def flat(prob: Tensor) -> tuple[Tensor, ...]:
        return tuple(subband_covariances(prob, target - prob, (1, 2), 3, form=form(complex)))

    assert torch.autograd.gradcheck(flat, prob, fast_mode=True)


def test_second_derivatives_are_refused() -> None:
    target, prob = images(16, 16)
    s_pp = subband_covariances(prob, target - prob, (1,), 2).prediction
    with pytest.raises(RuntimeError, match=r"subband_covariances: .* got create_graph=True; leave it out"):
        torch.autograd.grad(s_pp.sum(), prob, create_graph=True)


def test_one_plan_serves_the_prediction_and_the_training() -> None:
    target, prob = images(20, 21)
    with torch.inference_mode():
        subband_covariances(prob, target - prob, (1, 2), 3)
    subband_covariances(prob, target - prob, (1, 2), 3).prediction.sum().backward()
    assert prob.grad is not None


def test_two_plans_of_volumes_are_kept() -> None:
    first, *others = [
        ((depth, 8, 8), (1.0,) * 3, range(1, 2), 6, "proper", torch.device("cpu")) for depth in (8, 9, 10)
    ]
    made = spectral_plan(*first)
    assert spectral_plan(*first) is made
    for arguments in others:
        spectral_plan(*arguments)
    assert spectral_plan(*first) is not made


@pytest.mark.parametrize("size", [(33, 40), (32, 47), (9, 8, 13), (8, 10, 12)], ids=str)
def test_every_bin_has_its_place_and_bins_of_no_band_the_empty_one(size: tuple[int, ...]) -> None:
    plan = spectral_plan(size, (1.0,) * len(size), range(1, 3), 3, "proper", torch.device("cpu"))
    empty = len(plan.bins) - 1
    inside = (plan.places != empty).nonzero()[:, 0]
    assert torch.equal(plan.bins[plan.places[inside]], inside)
    grid = frequency_grid(size, (1.0,) * len(size), half=True)
    in_band = (grid.radius < torch.pi) & (grid.radius >= torch.pi / 8) & ~grid.nyquist
    assert torch.equal(in_band.flatten().nonzero()[:, 0], inside)
    assert plan.halves[1].basis[-1, :, -1].eq(0).all()


def test_the_plan_is_cached() -> None:
    arguments = ((32, 40), (1.0, 1.0), range(1, 3), 4, "proper", torch.device("cpu"))
    assert spectral_plan(*arguments) is spectral_plan(*arguments)
