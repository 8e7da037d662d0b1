"""Axes and filters in plane and space: spherical designs, sign regions, moments."""

import itertools
import math
import re

import pytest
import torch
from torch import Tensor

from cwmi_seg.wavelets import decompose
from cwmi_seg.wavelets.axes import axes, check_axes
from cwmi_seg.wavelets.filters import angular_bands, filters
from cwmi_seg.wavelets.grid import frequency_grid
from cwmi_seg.wavelets.mixing import exponents, monomials, product_coefficients
from cwmi_seg.wavelets.plan import spectral_plan
from cwmi_seg.wavelets.radial import radial_band
from scripts.steering import steering_errors
from tests.support.markdown import ROOT

SETS = [(2, k) for k in (2, 3, 4, 5, 12, 32)] + [(3, k) for k in (3, 6, 16)]


def directions(num_dims: int, number: int = 2000) -> Tensor:
    vectors = torch.randn(num_dims, number, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return vectors / vectors.norm(dim=0)


@pytest.mark.parametrize(("num_dims", "num_axes"), SETS)
def test_squares_of_the_filters_sum_to_one_in_every_direction(num_dims: int, num_axes: int) -> None:
    found, u = axes(num_dims, num_axes), directions(num_dims)
    assert found.weights.mean().item() == pytest.approx(1)
    assert torch.allclose(angular_bands(u, found, complex=False).square().sum(0), torch.ones(u.shape[1]).double())
    both_sides = angular_bands(u, found, complex=True).square() + angular_bands(-u, found, complex=True).square()
    assert torch.allclose(both_sides.sum(0) / 4, torch.ones(u.shape[1]).double())


@pytest.mark.parametrize(("num_axes", "order"), [(3, 1), (6, 2), (16, 4)])
def test_no_higher_order_is_tight(num_axes: int, order: int) -> None:
    found = axes(3, num_axes)
    assert found.order == order
    squares = angular_bands(directions(3), found._replace(order=order + 1), complex=False).square().sum(0)
    assert squares.max() - squares.min() > 0.02


def test_the_dodecahedron_is_the_dual_of_the_icosahedron() -> None:
    """The other standard one is turned by a quarter, and no design with it."""
    both = axes(3, 16).directions
    assert (both[:6] @ both[6:].T).abs().max().item() == pytest.approx(0.7947, abs=1e-4)


@pytest.mark.parametrize(("num_axes", "regions"), [(3, 8), (6, 32), (16, 152)])
def test_sign_regions_of_the_sphere(num_axes: int, regions: int) -> None:
    signs = axes(3, num_axes).directions @ directions(3, 50_000) > 0
    assert len(signs.T.unique(dim=0)) == regions


@pytest.mark.parametrize(("num_axes", "classes", "moments"), [(3, 1, 6), (6, 7, 15), (16, 25, 45)])
def test_sign_classes_and_moments_of_the_frequencies_that_are_not_negative(
    num_axes: int, classes: int, moments: int
) -> None:
    plan = spectral_plan((32, 30, 34), (1.0,) * 3, range(1, 3), num_axes, "proper", torch.device("cpu"))
    assert plan.table_shape == (2 * classes, moments)
    assert plan.num_mirrors == 4
    assert len(plan.even) == classes * 4 * moments


@pytest.mark.parametrize(("num_dims", "num_axes"), SETS)
def test_products_of_filters_are_polynomials_of_the_direction(num_dims: int, num_axes: int) -> None:
    found, u = axes(num_dims, num_axes), directions(num_dims, 50)
    filtered = found.gain() * found.weights.sqrt()[:, None] * (found.directions @ u) ** found.order
    products = torch.einsum("mkl,mf->klf", product_coefficients(found), monomials(u, 2 * found.order))
    assert torch.allclose(products, filtered[:, None] * filtered[None], atol=1e-12 * 2**found.order)


def test_monomials_follow_their_exponents() -> None:
    u = directions(3, 5)
    for row, exponent in zip(monomials(u, 4), exponents(3, 4), strict=True):
        assert torch.allclose(row, (u ** torch.tensor(exponent)[:, None]).prod(0))


@pytest.mark.parametrize("sizes", [(33, 20), (12, 16, 17), (9, 12, 10)], ids=str)
@pytest.mark.parametrize("complex", [True, False])
def test_squares_of_all_filters_sum_to_one_at_every_frequency(sizes: tuple[int, ...], complex: bool) -> None:
    """With an even depth of thick slices, whose Nyquist plane belongs to the high residual."""
    spacing = (4.0, *[1.0] * (len(sizes) - 1))
    made = filters(sizes, 1, 4 if len(sizes) == 2 else 6, complex=complex, spacing=spacing)
    band = made.bands[0].square().sum(0)
    if complex:
        negative = band
        for axis in range(len(sizes)):
            negative = negative.roll(-1, axis).flip(axis)
        band = (band + negative) / 4
    low = torch.zeros_like(made.high)
    slices = [torch.arange(m) - m // 2 for m in made.low.shape]
    for index in itertools.product(*slices):
        low[index] = made.low[index]
    assert torch.allclose(made.high.square() + band + low.square(), torch.ones_like(low), rtol=1e-12)


@pytest.mark.parametrize("num_orientations", [3, 4, 6])
def test_steerable_bands_can_be_turned(num_orientations: int) -> None:
    """The band of any direction is a known combination of the K bands; of even K not so for the default filters."""
    image = torch.randn(32, 30, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found, grid, u = axes(2, num_orientations), frequency_grid((32, 30), (1.0, 1.0)), directions(2)
    wanted = torch.tensor([math.cos(0.4), math.sin(0.4)], dtype=torch.float64)
    filtered, turned = (found.directions @ u) ** found.order, (wanted @ u) ** found.order
    combination = torch.linalg.lstsq(filtered.T, turned[:, None]).solution[:, 0]
    radial, cosine = radial_band(grid.radius, 1), torch.tensordot(wanted, grid.direction, 1)
    errors = []
    for steerable, angular in ((True, (-1j * cosine) ** found.order), (False, cosine.abs() ** found.order)):
        expected = torch.fft.ifft2(torch.fft.fft2(image) * found.gain() * radial * angular).real
        bands = decompose(image, 1, num_orientations, complex=False, steerable=steerable).bands[0]
        errors.append((torch.tensordot(combination, bands, 1) - expected).norm() / expected.norm())
    assert errors[0] < 1e-12
    assert errors[1] < 1e-12 if num_orientations == 3 else errors[1] > 0.1


def test_steerable_complex_bands_differ_by_a_phase() -> None:
    image = torch.randn(24, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    default, steerable = (decompose(image, 1, 4, steerable=s).bands[0] for s in (False, True))
    assert torch.allclose(steerable, 1j * default)  # (-i)^3
    real = decompose(image, 1, 4, complex=False, steerable=True).bands[0]
    assert torch.allclose(steerable.real, real)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 10, True), "num_axes: expected 3, 6 or 16 in volumes, got 10; use 6."),
        ((3, 16, False), "num_axes: expected 3 or 6 for real subbands or .* got 16, .* use 6, or complex"),
        ((2, 86, True), "num_axes: expected a whole number from 2 to 32, got 86; 4 is the paper's."),
        ((2, 1, True), "num_axes: expected a whole number from 2 to 32, got 1; one orientation needs the real"),
    ],
)
def test_what_it_refuses(arguments: tuple[int, int, bool], message: str) -> None:
    num_dims, num_axes, complex = arguments
    with pytest.raises(ValueError, match=message):
        check_axes("num_axes", num_dims, num_axes, complex=complex)


def test_the_docs_have_the_steering_errors() -> None:
    page = (ROOT / "docs" / "losses.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (\S+)% \| (\S+)% \|$", page, re.M)
    assert [int(k) for k, *_ in rows] == [2, 3, 4, 5, 6, 8, 12]
    for k, known, best in rows:
        errors = steering_errors(int(k), steerable=False)
        assert 100 * errors[0] == pytest.approx(float(known), abs=0.06)
        assert 100 * errors[1] == pytest.approx(float(best), abs=0.01)
        assert max(steering_errors(int(k), steerable=True)) < 1e-6
