"""The steerable pyramid: against pyrtools, and by exact reconstruction, energy and closed forms."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cwmi_seg.wavelets import Pyramid, decompose, reconstruct
from cwmi_seg.wavelets.filters import filters

SIZES = [(64, 64), (97, 64), (101, 103)]


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("num_orientations", range(1, 13))
def test_reconstruction_is_exact(size: tuple[int, int], num_orientations: int) -> None:
    image = noise(*size)
    for complex in [False, True] if num_orientations > 1 else [False]:
        pyramid = decompose(image, 4, num_orientations, complex=complex)
        assert (reconstruct(pyramid, *size) - image).abs().max() < 1e-10


@given(
    height=st.integers(8, 70),
    width=st.integers(8, 70),
    num_scales=st.integers(1, 4),
    num_orientations=st.integers(2, 7),
    complex=st.booleans(),
)
def test_energy_and_reconstruction(
    height: int, width: int, num_scales: int, num_orientations: int, complex: bool
) -> None:
    num_scales = min(num_scales, int(math.log2(min(height, width))) - 1)
    image = noise(2, height, width)
    pyramid = decompose(image, num_scales, num_orientations, complex=complex)
    energy = pyramid.high.square().sum() + pyramid.low.square().sum() / 4**num_scales
    for n, band in enumerate(pyramid.bands):
        assert band.shape == (2, num_orientations, -(-height // 2**n), -(-width // 2**n))
        energy = energy + band.abs().square().sum() / 4**n * (0.5 if complex else 1)
    assert energy.item() == pytest.approx(image.square().sum().item(), rel=1e-10)
    assert (reconstruct(pyramid, height, width) - image).abs().max() < 1e-10


@pytest.mark.parametrize(("size", "scales", "orientations"), [((64, 64), 3, 4), ((96, 64), 2, 6), ((128, 64), 3, 3)])
def test_pyrtools_agrees(size: tuple[int, int], scales: int, orientations: int) -> None:
    """Up to the phase i^(K-1) of its filters and its axes (columns first); its filters come from lookup tables."""
    pyrtools = pytest.importorskip("pyrtools")
    image = noise(*size)
    transposed = image.T.contiguous().numpy()
    theirs = pyrtools.pyramids.SteerablePyramidFreq(transposed, scales, orientations - 1, is_complex=True).pyr_coeffs
    theirs = {key: torch.tensor(band).mT for key, band in theirs.items()}
    ours = decompose(image, scales, orientations)
    assert relative_distance(theirs["residual_highpass"], ours.high) < 1e-5
    assert relative_distance(theirs["residual_lowpass"], ours.low) < 1e-5
    for n, bands in enumerate(ours.bands):
        for k, band in enumerate(bands):
            phases = [band * phase for phase in (1, -1, 1j, -1j)]
            assert min(relative_distance(theirs[n, k], b) for b in phases) < 1e-5


def relative_distance(theirs: torch.Tensor, ours: torch.Tensor) -> float:
    return ((theirs - ours).abs().max() / ours.abs().max()).item()


def test_real_band_is_the_real_part_of_the_complex_band() -> None:
    image = noise(45, 52)
    real, analytic = decompose(image, 2, 5, complex=False), decompose(image, 2, 5)
    for a, b in zip(real.bands, analytic.bands, strict=True):
        assert (a - b.real).abs().max() < 1e-12


def test_a_plane_wave_fills_the_band_of_its_orientation_and_scale() -> None:
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    for frequency, scale in ((math.pi / 2, 0), (math.pi / 4, 1), (math.pi / 8, 2)):
        for wave, orientation in ((torch.cos(frequency * rows), 0), (torch.cos(frequency * columns), 2)):
            bands = decompose(wave, 3, 4).bands
            energy = torch.stack([band.abs().square().sum((-2, -1)) * band[0].numel() ** -1 for band in bands])
            assert divmod(int(energy.argmax()), 4) == (scale, orientation)
            assert bands[scale][orientation].abs().std() < 1e-5  # no ripple: the band is one-sided


@pytest.mark.parametrize("complex", [False, True])
def test_a_constant_image_is_left_to_the_low_residual(complex: bool) -> None:
    pyramid = decompose(torch.full((33, 40), 2.0, dtype=torch.float64), 3, 4, complex=complex)
    assert max(band.abs().max() for band in (pyramid.high, *pyramid.bands)) < 1e-12
    assert pyramid.low.shape == (5, 5)
    assert pyramid.low.std() < 1e-12


def test_float32_and_batches_and_strides() -> None:
    image = noise(3, 2, 40, 36)
    expected = decompose(image)
    whole = decompose(image.float().transpose(-1, -2).contiguous().transpose(-1, -2))
    one = decompose(image[1, 1])
    assert whole.bands[0].dtype == torch.complex64
    for n in range(3):
        assert (whole.bands[n] - expected.bands[n]).abs().max() < 1e-5
        assert (one.bands[n] - expected.bands[n][1, 1]).abs().max() < 1e-12


@pytest.mark.parametrize("complex", [False, True])
def test_gradcheck(complex: bool) -> None:
    def parts(image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        pyramid = decompose(image, 1, 3, complex=complex)
        return (*pyramid.bands, pyramid.high, pyramid.low, reconstruct(pyramid, 9, 8))

    assert torch.autograd.gradcheck(parts, noise(9, 8).requires_grad_(), fast_mode=True)


def test_filters_are_cached_and_of_the_bands_sizes() -> None:
    responses = filters((40, 37), 3, 4)
    assert responses is filters((40, 37), 3, 4)
    assert isinstance(responses, Pyramid)
    assert [tuple(band.shape) for band in responses.bands] == [(4, 40, 37), (4, 20, 19), (4, 10, 10)]


@pytest.mark.parametrize(
    ("image", "settings", "message"),
    [
        (torch.zeros(24, 40), {"num_scales": 4}, r"at least 32 for num_scales=4, got \(24, 40\); use num_scales=3"),
        (torch.zeros(2, 40), {"num_scales": 1}, r"at least 4 .* got \(2, 40\); use larger images"),
        (torch.zeros(40, 40), {"num_scales": 0}, "num_scales: expected at least 1, got 0"),
        (
            torch.zeros(40, 40),
            {"num_orientations": 1},
            "num_orientations: expected a whole number from 2 to 32, got 1; one",
        ),
        (torch.zeros(40, 40), {"num_orientations": 0}, "num_orientations: expected a whole number from 2 to 32, got 0"),
        (torch.zeros(40, 40).half(), {}, "image: expected float32 or float64, got torch.float16"),
    ],
)
def test_what_it_refuses(image: torch.Tensor, settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decompose(image, **settings)  # type: ignore[arg-type]


def test_the_former_address_is_the_same() -> None:
    from cwmi_seg import pyramid

    assert (pyramid.decompose, pyramid.reconstruct, pyramid.Pyramid) == (decompose, reconstruct, Pyramid)
