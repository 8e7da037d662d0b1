"""Pyramids of volumes: exact reconstruction and energy for any spacing, sizes of the subbands, what is refused."""

from typing import Any

import pytest
import torch
from torch import Tensor

from cwmi_seg.wavelets import decompose, reconstruct
from cwmi_seg.wavelets.filters import filters
from cwmi_seg.wavelets.grid import check_size, subband_size

SPACINGS = [(1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 1, 1), (1, 1, 4), (1, 2.5, 1), (30, 6, 6), (50, 4, 4)]
SIZES = [(12, 20, 24), (9, 22, 17), (16, 16, 33)]


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("spacing", "num_axes", "complex"),
    [(s, k, c) for s in SPACINGS for k, c in ((3, True), (6, False))] + [((4, 1, 1), 16, True)],
    ids=str,
)
def test_energy_and_reconstruction(spacing: tuple[float, ...], num_axes: int, complex: bool) -> None:
    """Also of an even depth of thick slices, where frequencies on the Nyquist plane have no sign."""
    for sizes, steerable in zip(SIZES, (False, True, False), strict=True):
        volume = noise(2, *sizes)
        shared: dict[str, Any] = {"steerable": steerable, "spacing": spacing}
        pyramid = decompose(volume, 2, num_axes, complex=complex, num_dims=3, **shared)
        energy = pyramid.high.square().sum() + pyramid.low.square().sum() / 8**2
        for octaves, band in enumerate(pyramid.bands):
            assert band.shape == (2, num_axes, *subband_size(sizes, octaves, spacing))
            energy = energy + band.abs().square().sum() / 8**octaves * (0.5 if complex else 1)
        assert energy.item() == pytest.approx(volume.square().sum().item(), rel=1e-12)
        assert (reconstruct(pyramid, *sizes, **shared) - volume).abs().max() < 1e-12


@pytest.mark.parametrize(
    ("sizes", "spacing", "expected"),
    [
        ((12, 64, 64), (4, 1, 1), [(12, 64, 64), (12, 32, 32), (12, 16, 16), (6, 8, 8)]),
        ((20, 48, 41), (2, 1, 1), [(20, 48, 41), (20, 24, 21), (10, 12, 11), (5, 6, 6)]),
        ((12, 32, 28), (3, 1, 1), [(12, 32, 28), (12, 16, 14), (12, 8, 7), (6, 4, 4)]),
        ((33, 48), (1, 1), [(33, 48), (17, 24), (9, 12), (5, 6)]),
    ],
)
def test_an_axis_is_halved_as_soon_as_half_its_range_is_enough(
    sizes: tuple[int, ...], spacing: tuple[float, ...], expected: list[tuple[int, ...]]
) -> None:
    assert [subband_size(sizes, octaves, spacing) for octaves in range(4)] == expected


def test_only_ratios_of_spacings_count() -> None:
    volume = noise(8, 10, 12)
    one, two = (decompose(volume, 1, num_dims=3, spacing=[s] * 3) for s in (1, 2))
    assert all(torch.equal(a, b) for a, b in zip((one.high, *one.bands), (two.high, *two.bands), strict=True))


def test_an_image_with_equal_spacing_is_an_image_without() -> None:
    image = noise(20, 24)
    for a, b in zip(decompose(image, 2).bands, decompose(image, 2, spacing=(3, 3)).bands, strict=True):
        assert torch.equal(a, b)


def test_few_filters_of_volumes_are_kept() -> None:
    first = filters((8, 8, 8), 1, 6)
    assert filters((8, 8, 8), 1, 6) is first
    for depth in (9, 10):
        filters((depth, 8, 8), 1, 6)
    assert filters((8, 8, 8), 1, 6) is not first


def test_what_was_made_while_predicting_serves_a_training() -> None:
    with torch.inference_mode():
        decompose(torch.ones(8, 11), 1)
    image = torch.ones(8, 11, requires_grad=True)
    decompose(image, 1).bands[0].abs().square().sum().backward()
    assert image.grad is not None


@pytest.mark.parametrize(
    ("sizes", "num_scales", "spacing", "message"),
    [
        (
            (12, 64, 64),
            3,
            None,
            r"expected depth, height and width of at least 16 for .* \(12, 64, 64\); use num_scales=2",
        ),
        ((12, 64, 64), 4, (2, 1, 1), "of at least 16, 32, 32 for num_scales=4, .* use num_scales=3 or larger volumes"),
        ((3, 64, 64), 1, (4, 1, 1), "of at least 4 for num_scales=1, got .*; use larger volumes"),
        ((8, 8, 8), 1, (1, 1), r"spacing: expected 3 numbers, one for each axis, got \(1, 1\); give depth, height"),
        ((8, 8), 1, (1, 1, 1), r"spacing: expected 2 numbers, .* got \(1, 1, 1\)"),
        ((8, 8, 8), 1, (0, 1, 1), r"spacing: expected positive numbers, got \(0, 1, 1\)"),
        ((8, 8, 8), 1, (-1, 1, 1), "spacing: expected positive"),
        ((8, 8, 8), 1, (float("nan"), 1, 1), "spacing: expected positive"),
    ],
)
def test_sizes_that_are_refused(
    sizes: tuple[int, ...], num_scales: int, spacing: tuple[float, ...] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_size("volume", sizes, num_scales, spacing)


@pytest.mark.parametrize("spacing", [(1, 1, 1), (2, 1, 1), (4, 1, 1)])
def test_twelve_slices_allow_more_scales_the_thicker_they_are(spacing: tuple[float, ...]) -> None:
    most = {1: 2, 2: 3, 4: 4}[int(spacing[0])]
    check_size("volume", (12, 64, 64), most, spacing)
    with pytest.raises(ValueError, match=f"use num_scales={most}"):
        check_size("volume", (12, 64, 64), most + 1, spacing)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_dims": 4}, "num_dims: expected 2"),
        ({"num_orientations": 10, "num_dims": 3}, "num_orientations: expected 3, 6 or 16 in volumes, got 10; use 6"),
        ({"num_orientations": 16, "num_dims": 3, "complex": False}, "num_orientations: expected 3 or 6 for real"),
        ({"num_orientations": 86}, "num_orientations: expected a whole number from 2 to 32, got 86"),
    ],
)
def test_what_a_decomposition_refuses(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decompose(torch.zeros(8, 8, 8), 1, **arguments)  # type: ignore[arg-type]
