"""Sums of losses by config."""

import pytest
import torch
from torch import Tensor, nn

from cwmi_seg.losses import CrossEntropyLoss, DiceLoss, WeightedSumLoss
from tests.loss_configs import make_loss

LOGITS = torch.randn(2, 2, 16, 16, generator=torch.Generator().manual_seed(0))
TARGET = (LOGITS[:, 0] > 1).long()


class _Recorder(nn.Module):
    """A loss that needs a map, changes with the epoch and has parts."""

    weight_map, weight_map_channels = "unet", 1

    def __init__(self) -> None:
        super().__init__()
        self.ignore_index: int | None = None
        self.epoch: int | None = None
        self.weight_map_settings = {"sigma": 5.0}
        self.parts = {"inside": torch.tensor(3.0)}

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor) -> Tensor:
        return weight_map.sum()


def test_value_and_parts() -> None:
    dice, cross_entropy = DiceLoss()(LOGITS, TARGET), CrossEntropyLoss()(LOGITS, TARGET)
    loss = make_loss("dice_cross_entropy", weights={"dice": 2.0, "cross_entropy": 0.5})
    assert torch.isclose(loss(LOGITS, TARGET), 2 * dice + 0.5 * cross_entropy)
    assert loss.parts == {"dice": dice, "cross_entropy": cross_entropy}


def test_members_get_the_map_the_epoch_and_the_ignored_index() -> None:
    member = _Recorder()
    loss = WeightedSumLoss({"a": member, "b": DiceLoss()}, {"a": 1.0, "b": 0.0}, ignore_index=255)
    assert (loss.weight_map, loss.weight_map_channels, loss.weight_map_settings) == ("unet", 1, {"sigma": 5.0})
    loss.epoch = 7
    assert loss(LOGITS, TARGET, torch.ones(1, 1, 2, 2)) == 4
    assert (member.epoch, member.ignore_index, loss.losses["b"].ignore_index) == (7, 255, 255)
    assert loss.parts["a/inside"] == 3


def test_mistakes() -> None:
    other = _Recorder()
    other.weight_map_settings = {"sigma": 2.0}
    with pytest.raises(ValueError, match=r"weights: expected one for each of \['a'\], got \['b'\]"):
        WeightedSumLoss({"a": DiceLoss()}, {"b": 1.0})
    with pytest.raises(ValueError, match=r"weights\.a: expected a number, got inf; 1 takes the loss as it is"):
        WeightedSumLoss({"a": DiceLoss()}, {"a": float("inf")})
    with pytest.raises(ValueError, match=r"one kind of weight map, got .*2\.0.*5\.0"):
        WeightedSumLoss({"a": _Recorder(), "b": other}, {"a": 1.0, "b": 1.0})
    with pytest.raises(ValueError, match=r"losses\.a: expected a loss that can ignore pixels, got MSELoss"):
        WeightedSumLoss({"a": nn.MSELoss()}, {"a": 1.0}, ignore_index=255)
