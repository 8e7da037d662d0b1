import pytest
import segmentation_models_pytorch
import torch
from torch import nn

from cwmi_seg.models.attention_unet import AttentionUNet
from cwmi_seg.models.smp import SMPModel
from cwmi_seg.models.unet import UNet

MODELS = {
    "unet": lambda: UNet(3, 2, width=2),
    "attention_unet": lambda: AttentionUNet(3, 2, width=2),
    "smp": lambda: SMPModel(3, 2, "unet", "resnet18"),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("size", [(32, 48), (37, 50)])
def test_any_size_comes_back(name: str, size: tuple[int, int]) -> None:
    assert MODELS[name]().eval()(torch.zeros(1, 3, *size)).shape == (1, 2, *size)


@pytest.mark.parametrize("name", ["unet", "attention_unet"])
def test_every_parameter_gets_a_gradient(name: str) -> None:
    model = MODELS[name]()
    model(torch.randn(2, 3, 32, 32)).square().mean().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_the_paper_sizes() -> None:
    def count(model: nn.Module) -> float:
        return sum(p.numel() for p in model.parameters()) / 1e6

    assert count(UNet(3, 2)) == pytest.approx(34.5, abs=0.2)  # the widths of the paper, 64 to 1024
    assert count(AttentionUNet(3, 2)) == pytest.approx(34.9, abs=0.2)


def test_unknown_names_and_widths_are_refused() -> None:
    with pytest.raises(ValueError, match="width: expected at least 1, got 0"):
        UNet(1, 2, width=0)
    with pytest.raises(ValueError, match="nonsense"):
        SMPModel(1, 2, "unet", "nonsense")
    with pytest.raises(ValueError, match="multiple: expected at least 1, got 0"):
        SMPModel(1, 2, multiple=0)


def test_weights_that_cannot_be_downloaded_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise ConnectionError("we cannot find\nthe requested files")

    monkeypatch.setattr(segmentation_models_pytorch, "create_model", offline)
    with pytest.raises(ValueError, match=r"encoder_weights: .* got imagenet, which cannot \(we cannot find the requ"):
        SMPModel(1, 2, encoder_weights="imagenet")
