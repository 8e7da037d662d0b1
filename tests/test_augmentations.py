from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from hydra.utils import instantiate
from scipy.ndimage import affine_transform, gaussian_filter
from torch import Tensor

from cwmi_seg.augmentations import Blur, Colour, Flips, InTurn, Noise, RotateScale, Unchanged, keeps_distances
from cwmi_seg.config.conf_dir import conf_dir

CONFIGS = sorted(Path(conf_dir(), "augmentation").glob("*.yaml"))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def crop(seed: int = 0, channels: int = 3, height: int = 24, width: int = 36) -> tuple[Tensor, Tensor, Tensor]:
    rng = generator(seed)
    target = (torch.rand(height, width, generator=rng) < 0.3).long()
    return torch.randn(channels, height, width, generator=rng), target, target[None].float() * 7 + 1


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_every_augmentation_keeps_the_contract(config: Path, channels: int) -> None:
    augmentation = instantiate(yaml.safe_load(config.read_text()))
    state = torch.get_rng_state()
    for seed in range(12):
        crops = [augmentation(*crop(seed, channels), generator(seed)) for _ in range(2)]
        (image, target, weight_map), again = crops
        assert all(torch.equal(a, b) for a, b in zip(*crops, strict=True)), "the generator alone decides"
        assert (image.shape, image.dtype) == ((channels, 24, 36), torch.float32)
        assert (target.shape, target.dtype) == ((24, 36), torch.int64)
        assert torch.equal(weight_map, target[None].float() * 7 + 1), "the weight map goes with the target"
        assert torch.isfinite(image).all()
        without = augmentation(*crop(seed, channels)[:2], None, generator(seed))
        assert without[2] is None
        assert torch.equal(without[0], again[0])
    assert torch.equal(torch.get_rng_state(), state), "the process-wide generator is left alone"


def test_strong_changes_crops_and_draws_differ() -> None:
    augmentation = instantiate(yaml.safe_load(Path(conf_dir(), "augmentation", "strong.yaml").read_text()))
    images = [augmentation(*crop(), generator(seed))[0] for seed in range(20)]
    assert len({float(image.sum()) for image in images}) > 10


def test_image_and_target_are_flipped_alike() -> None:
    _, target, _ = crop()
    seen = set()
    for seed in range(20):
        image, flipped, _ = Flips()(target[None].float(), target, None, generator(seed))
        assert torch.equal(image[0].long(), flipped)
        seen.add(next(f for f in [(), (0,), (1,), (0, 1)] if torch.equal(flipped, target.flip(f))))
    assert len(seen) == 4


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_quarter_turns_are_exact(quarter: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cwmi_seg.augmentations._uniform", lambda low, high, _: 90.0 * quarter if high > 1 else 0.0)
    image, target, weight_map = crop(height=24, width=24)
    turned = RotateScale(probability=1)(image, target, weight_map, generator())
    torch.testing.assert_close(turned[0], torch.rot90(image, quarter, (-2, -1)), atol=1e-4, rtol=0)
    assert torch.equal(turned[1], torch.rot90(target, quarter))
    assert turned[2] is not None
    assert torch.equal(turned[2], torch.rot90(weight_map, quarter, (-2, -1)))


@pytest.mark.parametrize(("height", "width"), [(24, 36), (33, 20)])
@pytest.mark.parametrize(("angle", "factor"), [(30.0, 1.0), (-140.0, 0.8), (0.0, 1.3), (77.0, 1.25)])
def test_rotation_agrees_with_scipy(
    height: int, width: int, angle: float, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cwmi_seg.augmentations._uniform", lambda low, high, _: angle if high > 1 else np.log(factor))
    image, target, _ = crop(1, 1, height, width)
    turned, _, _ = RotateScale(probability=1)(image, target, None, generator())
    radians = np.deg2rad(angle)
    matrix = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]]) / factor
    centre = np.array([height - 1, width - 1]) / 2
    expected = affine_transform(image[0].double().numpy(), matrix, centre - matrix @ centre, order=1, mode="reflect")
    np.testing.assert_allclose(turned[0], expected, atol=1e-4)


def test_target_follows_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, columns = torch.meshgrid(torch.arange(64), torch.arange(80), indexing="ij")
    target = (((rows - 20) ** 2 + (columns - 50) ** 2) < 150).long()
    for seed in range(10):
        image, moved, _ = RotateScale(probability=1)(target[None].float(), target, None, generator(seed))
        assert ((image[0] > 0.5).long() != moved).float().mean() < 0.01


def test_colour_is_a_gain_and_an_offset_of_each_channel() -> None:
    image, target, _ = crop()
    changed, _, _ = Colour(gain=0.5, offset=0.3, probability=1)(image, target, None, generator())
    for before, after in zip(image.double(), changed.double(), strict=True):
        gain, offset = np.polyfit(before.ravel(), after.ravel(), 1)
        assert 1 / 1.5 <= gain <= 1.5
        assert abs(offset) <= 0.3
        torch.testing.assert_close(before * gain + offset, after, atol=1e-5, rtol=0)


def test_blur_agrees_with_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cwmi_seg.augmentations._uniform", lambda *_: 1.2)
    image, target, _ = crop()
    blurred, same, _ = Blur(sigma=1.2, probability=1)(image, target, None, generator())
    expected = [gaussian_filter(channel, 1.2, mode="mirror", radius=3) for channel in image.double().numpy()]
    np.testing.assert_allclose(blurred, expected, atol=1e-5)
    assert torch.equal(same, target)


def test_noise_has_the_standard_deviation_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cwmi_seg.augmentations._uniform", lambda *_: 0.15)
    image, target, _ = crop(height=200, width=200)
    noisy, _, _ = Noise(probability=1)(image, target, None, generator())
    assert float((noisy - image).std()) == pytest.approx(0.15, rel=0.02)


@pytest.mark.parametrize(
    "step", [RotateScale(probability=0), Colour(probability=0), Blur(probability=0), Noise(0.1, 0)]
)
def test_probability_zero_changes_nothing(step: Unchanged) -> None:
    image, target, weight_map = crop()
    changed = step(image, target, weight_map, generator())
    for after, before in zip(changed, (image, target, weight_map), strict=True):
        assert after is not None
        assert torch.equal(after, before)


def test_what_scales_says_so() -> None:
    assert keeps_distances(Flips())
    assert keeps_distances(InTurn(a=Flips(), b=RotateScale(scale=(1, 1))))
    assert not keeps_distances(InTurn(a=Flips(), b=RotateScale()))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: RotateScale(scale=(2, 1)), r"scale: expected two factors, .*got \[2, 1\]"),
        (lambda: RotateScale(rotation=720), "rotation: expected a number from 0 to 180, got 720"),
        (lambda: Colour(gain=-1), "gain: expected"),
        (lambda: Blur(probability=2), "probability: expected a number from 0 to 1, got 2"),
    ],
)
def test_impossible_settings_are_refused(wrong: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()  # type: ignore[operator]
