"""Sums of losses by config."""

import csv
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cwmi_seg.losses import CrossEntropyLoss, DiceLoss, SkeaTopoLoss, WeightedSumLoss
from tests.conftest import TINY, Command
from tests.support.loss_configs import make_loss
from tests.support.outputs import only_run, scores

LOGITS = torch.randn(2, 2, 16, 16, generator=torch.Generator().manual_seed(0))
TARGET = (LOGITS[:, 0] > 1).long()


class _Counting(DiceLoss):
    """Counts its calls."""

    calls = 0

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        self.calls += 1
        return super().forward(logits, target, weight_map)


def _power_cut(*_: object) -> Tensor:
    raise RuntimeError("power cut")


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
    loss: Any = WeightedSumLoss({"a": member, "b": DiceLoss()}, {"a": 1.0, "b": 0.0}, ignore_index=255)
    assert (loss.weight_map, loss.weight_map_channels, loss.weight_map_settings) == ("unet", 1, {"sigma": 5.0})
    loss.epoch = 7
    assert loss(LOGITS, TARGET, torch.ones(1, 1, 2, 2)) == 4
    assert (member.epoch, member.ignore_index, loss.losses["b"].ignore_index) == (7, 255, 255)
    assert loss.parts["a/inside"] == 3


def test_a_sum_is_defined_where_its_members_are() -> None:
    dice, own = DiceLoss(), _Recorder()  # a map is for two classes unless the loss says more
    skea = SkeaTopoLoss()
    for members, dimensions, multiclass in (
        ([dice], (2, 3), True),
        ([dice, own], (2, 3), False),
        ([skea], (2,), False),
    ):
        names = [str(i) for i in range(len(members))]
        loss = WeightedSumLoss(dict(zip(names, members, strict=True)), dict.fromkeys(names, 1.0))
        assert (loss.dimensions, loss.multiclass) == (dimensions, multiclass)


def test_the_ignored_index_reaches_the_members_of_a_member() -> None:
    dice = DiceLoss()
    inner = WeightedSumLoss({"dice": dice}, {"dice": 1.0})
    outer = WeightedSumLoss({"inner": inner, "ce": CrossEntropyLoss()}, {"inner": 1.0, "ce": 1.0}, ignore_index=255)
    assert (inner.ignore_index, dice.ignore_index) == (255, 255)
    target = TARGET.clone()
    target[:, 5:9] = 255
    other = torch.where((target == 255)[:, None], 3 - LOGITS, LOGITS)
    assert torch.equal(outer(LOGITS, target), outer(other, target))


def test_a_scheduled_member_starts_late_and_grows() -> None:
    dice, cross_entropy = DiceLoss()(LOGITS, TARGET).item(), CrossEntropyLoss()(LOGITS, TARGET).item()
    late = _Counting()
    losses = {"ce": CrossEntropyLoss(), "late": late}
    loss = WeightedSumLoss(losses, {"ce": 1.0, "late": 0.5}, start_epoch={"late": 3}, ramp_epochs={"late": 4})
    expected = {None: 1, 0: 0, 2: 0, 3: 0.25, 4: 0.5, 5: 0.75, 6: 1, 100: 1}
    for epoch, factor in expected.items():
        loss.epoch = epoch
        value = loss(LOGITS, TARGET)
        assert value.item() == pytest.approx(cross_entropy + 0.5 * factor * dice, rel=1e-6)
        assert ("late" in loss.parts) == (factor > 0)
        assert loss.parts.get("late", dice) == pytest.approx(dice)  # before weight and factor
    assert late.calls == sum(factor > 0 for factor in expected.values())


def test_without_a_ramp_a_member_has_its_whole_weight_at_once() -> None:
    loss = WeightedSumLoss({"a": DiceLoss(), "b": DiceLoss()}, {"a": 1.0, "b": 1.0}, start_epoch={"b": 2})
    factors = []
    for loss.epoch in (0, 1, 2, 3):
        factors.append((loss.factor("a"), loss.factor("b")))
    assert factors == [(1, 0), (1, 0), (1, 1), (1, 1)]


@pytest.mark.slow
def test_an_interrupted_training_with_a_schedule_ends_as_if_it_had_not_been(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = ("loss=dice_cross_entropy", "+loss.start_epoch={dice:1}", "+loss.ramp_epochs={dice:2}")
    two = (*TINY, "trainer.max_epochs=2", *schedule)
    assert command("train", *two, "paths.output=whole") == 0
    with monkeypatch.context() as patch:
        patch.setattr(DiceLoss, "forward", _power_cut)  # its first call is in the second epoch
        assert command("train", *two, "paths.output=cut") == 1
    assert command("train", *two, "paths.output=cut") == 0
    whole, cut = only_run(Path("whole")), only_run(Path("cut"))
    assert scores(cut) == scores(whole)
    weights = [torch.load(folder / "last.ckpt", weights_only=True)["state_dict"] for folder in (cut, whole)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[1])
    rows = list(csv.DictReader((whole / "metrics.csv").read_text().splitlines()))
    assert [bool(row["train/dice"]) for row in rows if row["train/cross_entropy"]] == [False, True]


def test_mistakes() -> None:
    other = _Recorder()
    other.weight_map_settings = {"sigma": 2.0}
    with pytest.raises(ValueError, match=r"losses: expected at least one, got none; name the members"):
        WeightedSumLoss({}, {})
    with pytest.raises(ValueError, match=r"weights: expected one for each of \['a'\], got \['b'\]"):
        WeightedSumLoss({"a": DiceLoss()}, {"b": 1.0})
    with pytest.raises(ValueError, match=r"weights\.a: expected a number, got inf; 1 takes the loss as it is"):
        WeightedSumLoss({"a": DiceLoss()}, {"a": float("inf")})
    with pytest.raises(ValueError, match=r"one kind of weight map, got .*2\.0.*5\.0"):
        WeightedSumLoss({"a": _Recorder(), "b": other}, {"a": 1.0, "b": 1.0})
    with pytest.raises(ValueError, match=r"losses\.a: expected a loss that can ignore pixels, got MSELoss"):
        WeightedSumLoss({"a": nn.MSELoss()}, {"a": 1.0}, ignore_index=255)
    one = {"a": DiceLoss()}, {"a": 1.0}
    with pytest.raises(ValueError, match=r"start_epoch: expected some of \['a'\], got b; correct the name"):
        WeightedSumLoss(*one, start_epoch={"b": 1})
    with pytest.raises(ValueError, match=r"ramp_epochs\.a: expected a whole number of at least 0, got -1; 0 leaves"):
        WeightedSumLoss(*one, ramp_epochs={"a": -1})
    with pytest.raises(ValueError, match=r"start_epoch: expected a member from epoch 0 on, got \{'a': 2\}; set one"):
        WeightedSumLoss(*one, start_epoch={"a": 2})
