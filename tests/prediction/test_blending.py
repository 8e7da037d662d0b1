"""Tiles, blending and ensembles: the parts of a prediction."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cwmi_seg.prediction.blend import blended_strips
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.tiles import Tiling
from tests.support.networks import CPU, expected, grey, network


@given(length=st.integers(1, 1500), tile=st.integers(1, 8), overlap=st.integers(0, 4))
@settings(max_examples=100, deadline=None)
def test_weights_cover_every_pixel_once(length: int, tile: int, overlap: int) -> None:
    tiling = Tiling(32 * tile, 32 * min(overlap, tile // 2))
    total = np.zeros(length)
    for (start, end), weight in zip(tiling.spans(length), tiling.weights(length), strict=True):
        assert start % 32 == 0
        assert end - start == len(weight) <= tiling.tile
        assert weight.min() > 0
        total[start:end] += weight
    np.testing.assert_allclose(total, 1, atol=1e-6)


@given(height=st.integers(1, 300), width=st.integers(1, 300), channels=st.sampled_from([1, 3]), batch=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_a_pointwise_network_is_blended_without_a_trace(height: int, width: int, channels: int, batch: int) -> None:
    image = np.random.default_rng(height * width).integers(0, 256, (height, width, channels), dtype=np.uint8)
    strips = blended_strips(lambda tiles: tiles.float() / 255, image, [Tiling(64, 32)] * 2, batch)
    np.testing.assert_allclose(np.concatenate(list(strips), 1), image.transpose(2, 0, 1) / 255, atol=1e-6)


@given(height=st.integers(1, 300), begin=st.integers(0, 300), overlap=st.sampled_from([0, 32, 64]))
@settings(max_examples=40, deadline=None)
def test_strips_from_any_row_are_the_same_numbers(height: int, begin: int, overlap: int) -> None:
    begin = min(begin, height)
    image = np.random.default_rng(height).integers(0, 256, (height, 40, 1), dtype=np.uint8)
    tiles = [Tiling(128, overlap), Tiling(64, 32)]

    def by_place(pixels: torch.Tensor) -> torch.Tensor:
        """A pixel counts otherwise in each tile, as at the borders of those of a network."""
        return pixels.float() / 7 * torch.arange(1, pixels.shape[2] + 1)[:, None]

    whole = np.concatenate(list(blended_strips(by_place, image, tiles)), 1)
    strips = [strip.copy() for strip in blended_strips(by_place, image, tiles, 1, begin)]
    assert np.array_equal(np.concatenate([whole[:, :0], *strips], 1), whole[:, begin:])
    assert all(strip.size for strip in strips)


def test_tiles_of_the_unet_agree_with_the_whole_image_away_from_tile_borders() -> None:
    image, tiling, reach = grey(460, 830), Tiling(416, 32), 123
    model = network()
    tiled = np.concatenate(list(blended_strips(Ensemble([model], CPU), image[..., None], [tiling] * 2)), 1)
    far = [np.ones(length, dtype=bool) for length in image.shape]
    for inside, length in zip(far, image.shape, strict=True):
        for start, end in tiling.spans(length):
            for border in {start, end} - {0, length}:
                inside[max(border - reach, 0) : border + reach] = False
    far_pixels = np.outer(*far)
    assert far_pixels.any()
    error = np.abs(tiled - expected(model, image)).max(0)
    assert error[far_pixels].max() < 1e-5
    assert error.max() > 1e-5  # so the distance is needed


@pytest.mark.parametrize(
    ("tile", "overlap", "complaint"),
    [
        (100, 32, "tile: .* got 100"),
        (0, 0, "tile"),
        (64, 48, "overlap: .* got 48"),
        (64, 64, "overlap"),
        (64, -32, "ov"),
    ],
)
def test_impossible_tilings_are_refused(tile: int, overlap: int, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Tiling(tile, overlap)


def test_an_ensemble_is_the_mean_and_flips_turn_back() -> None:
    models = [network(0), network(1)]
    image = grey(64, 96)
    pixels = torch.from_numpy(image)[None, None]
    mean = np.mean([expected(model, image) for model in models], axis=0)
    np.testing.assert_allclose(Ensemble(models, CPU)(pixels)[0].numpy(), mean, atol=1e-6)
    flipped = Ensemble(models[:1], CPU, flips=True)
    views = [(0, 0), (0, 1), (1, 0), (1, 1)]
    mirrored = [expected(models[0], image[:: 1 - 2 * v, :: 1 - 2 * h])[:, :: 1 - 2 * v, :: 1 - 2 * h] for v, h in views]
    np.testing.assert_allclose(flipped(pixels)[0].numpy(), np.mean(mirrored, axis=0), atol=1e-6)
    turned = flipped(pixels.flip(-1, -2)).flip(-1, -2)
    torch.testing.assert_close(turned, flipped(pixels), atol=1e-6, rtol=0)


def test_networks_of_different_kinds_are_not_averaged() -> None:
    with pytest.raises(ValueError, match=r"run: expected networks of one kind.*2 classes.*3 classes"):
        Ensemble([network(), network(num_classes=3)], CPU)
