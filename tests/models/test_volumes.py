"""Networks of volumes, made of the same modules as those of images."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cwmi_seg.models.attention_unet import AttentionUNet
from cwmi_seg.models.monai import MonaiModel
from cwmi_seg.models.poolings import poolings
from cwmi_seg.models.slices import SliceNetwork
from cwmi_seg.models.unet import UNet

KINDS = [UNet, AttentionUNet]


@pytest.mark.parametrize(
    ("kind", "names", "logits"),
    [
        (UNet, "6a8dedc5ba7ebadd", [0.7976163029670715, -0.44179224967956543, 0.44323307275772095]),
        (AttentionUNet, "af04beb3962243d1", [0.7989057302474976, -0.44752025604248047, 0.4465685784816742]),
    ],
)
def test_networks_of_images_are_what_they_were(kind: type[UNet], names: str, logits: list[float]) -> None:
    """Names and shapes of the weights, the order of their draws, and a logit, from before there were volumes."""
    torch.manual_seed(0)
    model = kind(2, 3, width=2)
    found = "\n".join(f"{name} {tuple(value.shape)}" for name, value in model.state_dict().items())
    assert hashlib.sha256(found.encode()).hexdigest()[:16] == names
    with torch.inference_mode():
        got = model.eval()(torch.linspace(-1, 1, 2 * 37 * 50).view(1, 2, 37, 50))[0, :, 5, 7]
    torch.testing.assert_close(got, torch.tensor(logits), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spacing", [None, (30, 6, 6), (1, 1, 4)])
def test_volumes_of_any_size_come_back(kind: type[UNet], spacing: tuple[float, ...] | None) -> None:
    model = kind(2, 3, width=2, dimensions=3, spacing=spacing)
    logits = model(torch.randn(2, 2, 5, 17, 20))
    assert logits.shape == (2, 3, 5, 17, 20)
    logits.square().mean().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_volumes_have_the_modules_of_images(kind: type[UNet]) -> None:
    flat, deep = (list(kind(1, 2, width=2, dimensions=d).state_dict()) for d in (2, 3))
    assert flat == deep


@pytest.mark.parametrize(
    ("spacing", "expected"),
    [
        (None, [(2, 2, 2)] * 3),
        ((1.9, 1, 1), [(2, 2, 2)] * 3),
        ((2, 1, 1), [(1, 2, 2), (2, 2, 2), (2, 2, 2)]),
        ((50, 4.6, 4.6), [(1, 2, 2)] * 3),
        ((1, 1, 3), [(2, 2, 1), (2, 2, 2), (2, 2, 2)]),
    ],
)
def test_coarse_axes_are_pooled_later(spacing: tuple[float, ...] | None, expected: list[tuple[int, ...]]) -> None:
    assert list(poolings(3, spacing, 3)) == expected


def test_slices_are_seen_one_by_one() -> None:
    model = SliceNetwork(UNet(1, 2, width=2)).eval()
    volume = torch.randn(2, 1, 3, 20, 24)
    expected = torch.stack([model.network(volume[:, :, z]) for z in range(3)], 2)
    torch.testing.assert_close(model(volume), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(model(volume[:, :, 0]), expected[:, :, 0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: UNet(1, 2, dimensions=4), "dimensions: expected 2 for images or 3 for volumes, got 4"),
        (lambda: UNet(1, 2, dimensions=3, spacing=(1, 1)), "spacing: expected 3 positive numbers"),
        (lambda: UNet(1, 2, dimensions=3, spacing=(1, 0, 1)), "spacing: expected 3 positive numbers"),
    ],
)
def test_impossible_axes_are_refused(make: Callable[[], nn.Module], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("name", "settings"),
    [("SegResNet", {"init_filters": 8}), ("BasicUNet", {"features": [4, 4, 4, 4, 4, 4]}), ("VNet", {})],
)
@pytest.mark.parametrize("size", [(20, 33), (9, 20, 17)])
def test_networks_of_monai_by_name(name: str, settings: dict[str, Any], size: tuple[int, ...]) -> None:
    pytest.importorskip("monai")
    if name == "VNet" and len(size) == 3:
        pytest.skip("45 M parameters")
    model = MonaiModel(1, 3, name, dimensions=len(size), **settings).eval()
    with torch.inference_mode():
        logits: Tensor = model(torch.randn(1, 1, *size))
    assert logits.shape == (1, 3, *size)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("Nonsense", {}, r"name: expected a network of monai\.networks\.nets, got Nonsense"),
        ("FullyConnectedNet", {}, "name: expected a network of MONAI from images to masks"),
        ("SegResNet", {"filters": 3}, "name: expected the arguments of SegResNet, which says: .*filters"),
    ],
)
def test_what_monai_lacks_is_named(name: str, settings: dict[str, Any], message: str) -> None:
    pytest.importorskip("monai")
    with pytest.raises(ValueError, match=message):
        MonaiModel(1, 2, name, **settings)
