"""SCNP by the published numbers, by a loop over pixels and by what it must not see."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cwmi_seg.losses import CrossEntropyLoss, CWMILoss, DiceLoss, SCNPLoss, SkeaTopoLoss, WeightedSumLoss
from cwmi_seg.losses._inputs import read_logits
from cwmi_seg.losses.scnp import penalised_logits
from tests.support.loss_configs import make_loss
from tests.support.loss_inputs import IGNORED
from tests.support.modern_goldens import Golden
from tests.support.scnp_by_loops import differs_from_loops

PER_IMAGE = {"squared": False, "smooth": 1e-5, "batch": False}


def total(**dice: Any) -> WeightedSumLoss:
    """Cross-entropy + Dice."""
    members = {"ce": CrossEntropyLoss(), "dice": DiceLoss(**{**PER_IMAGE, **dice})}
    return WeightedSumLoss(members, {"ce": 1.0, "dice": 1.0})


@pytest.mark.parametrize("seed", range(40))
def test_a_loop_over_pixels(seed: int) -> None:
    assert differs_from_loops(seed) == 0


@pytest.mark.parametrize("case", ["membranes", "multi", "vol"])
def test_published_numbers(case: str) -> None:
    golden = Golden(case)
    golden.check("scnp_w3_cedice", make_loss("scnp"), 1)
    assert golden.results["scnp_w3_cedice"]["value"] != golden.results["cedice"]["value"]
    golden.check("cedice", total(), 1)
    golden.check("scnp_w3_ce", SCNPLoss(CrossEntropyLoss()))
    if case != "vol":
        golden.check("scnp_w5_cedice", make_loss("scnp", window=5), 1)
        golden.check("scnp_w3_cedice_plus_plain", make_loss("scnp", plain=True), 2)


def test_published_logits() -> None:
    for case in ("membranes", "multi"):
        golden = Golden(case)
        logits = golden.logits(golden.leaf())
        ours = penalised_logits(*read_logits(logits, golden.target), 3)
        published = torch.from_numpy(golden.arrays["scnp_w3_logits"])
        torch.testing.assert_close(ours if case == "multi" else ours[:, 1], published.double(), rtol=1e-6, atol=1e-6)


def test_one_logit_with_the_overlap_of_the_structure_alone() -> None:
    Golden("membranes").check("scnp_w3_sigmoid_cedice", SCNPLoss(total(include_background=False)), 1)


def test_two_classes_see_the_difference_of_the_logits_alone() -> None:
    golden, loss = Golden("membranes"), make_loss("scnp")
    leaf = golden.leaf()
    logits = golden.logits(leaf)
    shifted = loss(logits + 2 * golden.probe[:, None], golden.target)
    torch.testing.assert_close(shifted, loss(logits, golden.target))
    centred = loss(logits - logits[:, 1:] / 2, golden.target)
    centred.backward()
    golden.check_numbers("scnp_w3_cedice_centred", centred, leaf.grad, 1)


def test_more_classes_see_what_is_added_to_single_pixels() -> None:
    golden, loss = Golden("multi"), SCNPLoss(CrossEntropyLoss())
    logits, target = golden.leaf().detach(), golden.target
    of_each_image = torch.tensor([3.0, -200.0]).view(2, 1, 1, 1)
    torch.testing.assert_close(loss(logits + of_each_image, target), loss(logits, target))
    assert abs(loss(logits + 2 * golden.probe[:, :1], target) - loss(logits, target)) > 0.1


def test_a_window_of_one_pixel_is_the_wrapped_loss() -> None:
    golden = Golden("multi")
    logits = golden.leaf()
    torch.testing.assert_close(SCNPLoss(total(), window=1)(logits, golden.target), total()(logits, golden.target))


class _NeedsAMap(nn.Module):
    weight_map, weight_map_channels = "unet", 1

    def __init__(self) -> None:
        super().__init__()
        self.ignore_index: int | None = None
        self.epoch: int | None = None
        self.weight_map_settings = {"sigma": 5.0}
        self.parts: dict[str, Tensor] = {}

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor) -> Tensor:
        self.parts = {"seen": weight_map.sum()}
        return logits.mean() + weight_map.sum()


def test_the_wrapped_loss_gets_map_epoch_and_ignored_index_and_gives_its_parts() -> None:
    member = _NeedsAMap()
    loss = SCNPLoss(WeightedSumLoss({"a": member}, {"a": 1.0}), plain=True, ignore_index=IGNORED)
    assert (loss.weight_map, loss.weight_map_channels, loss.weight_map_settings) == ("unet", 1, {"sigma": 5.0})
    loss.epoch = 7
    logits, target = torch.zeros(1, 2, 4, 4), torch.zeros(1, 4, 4).long()
    assert loss(logits, target, torch.ones(1, 1, 4, 4)) == 32
    assert (member.epoch, member.ignore_index) == (7, IGNORED)
    assert loss.parts == {"a": 16, "a/seen": 16, "plain": 16}
    cwmi = SCNPLoss(CWMILoss(num_scales=2))
    cwmi.epoch = 0
    cwmi(torch.zeros(1, 2, 32, 32), torch.zeros(1, 32, 32).long())
    assert set(cwmi.parts) == {"cross_entropy"}  # in its warm-up


def test_mistakes() -> None:
    with pytest.raises(ValueError, match="window: expected an odd number, got 4; 3 is the paper's"):
        SCNPLoss(CrossEntropyLoss(), window=4)
    with pytest.raises(ValueError, match="window: expected a whole number of at least 1, got 0; 3 is the paper's"):
        SCNPLoss(CrossEntropyLoss(), window=0)
    with pytest.raises(ValueError, match="loss: expected a loss that can ignore pixels, got MSELoss"):
        SCNPLoss(nn.MSELoss(), ignore_index=IGNORED)
    with pytest.raises(ValueError, match="logits: expected 1 or 2 channels, got 3; this loss is defined for two"):
        SCNPLoss(SkeaTopoLoss())(torch.zeros(1, 3, 8, 8), torch.zeros(1, 8, 8).long())
