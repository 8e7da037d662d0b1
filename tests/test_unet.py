import torch

from cwmi_seg.models.unet import UNet


def test_any_size_comes_back() -> None:
    assert UNet(1, 3, width=2).eval()(torch.zeros(1, 1, 37, 50)).shape == (1, 3, 37, 50)
