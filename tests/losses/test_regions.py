"""Losses of distances, overlaps and rankings by the published numbers; boundary maps by their words."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from cwmi_seg.losses import (
    BoundaryLoss,
    DiceLoss,
    FocalTverskyLoss,
    HausdorffLoss,
    LovaszLoss,
    MCCLoss,
    TverskyLoss,
    UnifiedFocalLoss,
)
from cwmi_seg.weight_maps.boundary import weight_map
from tests.support.loss_configs import make_loss
from tests.support.loss_inputs import IGNORED, Case
from tests.support.loss_inputs import weight_map as weights
from tests.support.modern_goldens import Golden

TIES = 1e-3
"""Pixels with equal errors may be sorted either way, which the gradient shows."""
LOSSES: dict[str, tuple[nn.Module, float]] = {  # golden name: loss, and the tolerance
    "boundary_fg": (BoundaryLoss(), 1e-7),  # maps are float32
    "boundary_all": (BoundaryLoss(include_background=True), 1e-7),
    "hausdorff_dt_alpha2": (HausdorffLoss(), 1e-7),  # MONAI's distances are float32
    "hausdorff_dt_alpha1": (HausdorffLoss(1), 1e-7),
    "hausdorff_liviaets_fg": (HausdorffLoss(form="inside"), 1e-9),
    "focal_tversky_d0.7_g0.75": (FocalTverskyLoss(), 1e-9),
    "unified_focal_sym": (UnifiedFocalLoss(asymmetric=False), 1e-9),
    "unified_focal_asym": (UnifiedFocalLoss(), 1e-9),
    "unified_focal_asym_w0.3_d0.7_g0.3": (UnifiedFocalLoss(0.3, 0.7, 0.3), 1e-9),
    "lovasz_softmax_present": (LovaszLoss(), TIES),
    "lovasz_softmax_all": (LovaszLoss(classes="all"), TIES),
    "lovasz_softmax_present_perimage": (LovaszLoss(batch=False), TIES),
    "lovasz_softmax_all_perimage": (LovaszLoss(classes="all", batch=False), TIES),
    "lovasz_hinge_batch": (LovaszLoss("hinge"), TIES),
    "lovasz_hinge_perimage": (LovaszLoss("hinge", batch=False), TIES),
    "mcc": (MCCLoss(), 1e-9),
}
NOT_OF_VOLUMES = {name for name in LOSSES if name.startswith(("unified_focal", "hausdorff_liviaets"))}
TWO_CLASSES = {name for name in LOSSES if name.startswith(("unified_focal", "lovasz_hinge", "mcc"))}


@pytest.mark.parametrize("case", ["membranes", "multi", "vol"])
@pytest.mark.parametrize("name", LOSSES)
def test_published_numbers(case: str, name: str) -> None:
    golden, (loss, tolerance) = Golden(case), LOSSES[name]
    absent = {"membranes": set(), "multi": TWO_CLASSES, "vol": NOT_OF_VOLUMES}[case]
    assert (name in golden.results) == (name not in absent)
    if name in golden.results:
        golden.check(name, loss, tolerance=tolerance)


@pytest.mark.parametrize("name", [name for name in LOSSES if name.startswith("lovasz")])
def test_published_values_of_lovasz_to_the_last_digits(name: str) -> None:
    golden = Golden("membranes")
    value = LOSSES[name][0](golden.logits(golden.leaf()), golden.target)
    assert value.item() == pytest.approx(golden.results[name]["value"], rel=1e-12)


def test_lovasz_drops_ignored_pixels() -> None:
    golden = Golden("multi")
    logits, half = golden.leaf().detach(), golden.target.clone()
    half[..., 30:] = IGNORED
    for form in ({}, {"classes": "all"}, {"batch": False}):
        left = LovaszLoss(**form)(logits[..., :30], golden.target[..., :30])
        torch.testing.assert_close(LovaszLoss(**form, ignore_index=IGNORED)(logits, half), left)
    assert LovaszLoss(classes="all", ignore_index=IGNORED)(logits, torch.full_like(half, IGNORED)) == 0


def test_lovasz_of_certain_masks_is_their_jaccard_loss() -> None:
    rng = np.random.default_rng(0)
    mask, found = (torch.from_numpy(rng.integers(0, 2, (3, 9, 9))) for _ in range(2))
    certain = 200.0 * torch.stack([1 - found, found], 1) - 100
    jaccard = 1 - torch.stack([((mask == c) & (found == c)).sum() / ((mask == c) | (found == c)).sum() for c in (0, 1)])
    assert LovaszLoss()(certain, mask).item() == pytest.approx(jaccard.mean().item(), rel=1e-6)


@pytest.mark.parametrize("name", ["cross_entropy", "clce", "boundary", "hausdorff", "unified_focal"])
def test_ignored_pixels_are_no_part_of_the_mean(name: str) -> None:
    logits, target = Case(("blocks",), ("normal",), 2, (24, 40), torch.float64, 0.0, 1).make()
    target[..., 18:] = 0  # certain and right background on the right, which costs nothing
    logits[..., 18:] = torch.tensor([50.0, -50.0], dtype=torch.float64).view(2, 1, 1)
    half = target.clone()
    half[..., 20:] = IGNORED
    loss: Any = make_loss(name)
    ignoring: Any = make_loss(name, ignore_index=IGNORED)
    if name == "unified_focal":
        loss.overlap_weight = ignoring.overlap_weight = 0.0
    whole = loss(logits, target, weights(loss, target))
    torch.testing.assert_close(ignoring(logits, half, weights(ignoring, half)), 2 * whole)


# forms of Dice and Tversky


def test_dice_of_nnunet_in_its_own_words() -> None:
    logits, target = Case(("blocks", "noise"), ("normal", "near"), 4, (33, 36), torch.float64, 0.3, 3).make()
    valid = target != IGNORED
    scores = []
    for c in (1, 2, 3):
        p, y = logits.softmax(1)[:, c][valid], (target == c)[valid].double()
        scores.append((2 * (p * y).sum() + 1e-5) / (p.sum() + y.sum() + 1e-5))
    loss: Any = make_loss("nnunet_dice_cross_entropy", ignore_index=IGNORED)
    loss(logits, target)
    torch.testing.assert_close(loss.parts["dice"], 1 - torch.stack(scores).mean())


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("include_background", [False, True])
def test_forms_of_dice_and_tversky(squared: bool, batch: bool, include_background: bool) -> None:
    logits, target = Case(("blocks", "empty"), ("normal", "near"), 3, (13, 12), torch.float64, 0.0, 3).make()
    prob, one_hot = logits.softmax(1), torch.stack([target == c for c in range(3)], 1).double()
    over = (0, 2, 3) if batch else (2, 3)
    overlap, found, wanted = ((x).sum(over) for x in (prob * one_hot, prob**2 if squared else prob, one_hot))
    dice = ((2 * overlap + 0.5) / (found + wanted + 0.5))[..., 0 if include_background else 1 :]
    form = {"squared": squared, "batch": batch, "include_background": include_background}
    torch.testing.assert_close(DiceLoss(**form, smooth=0.5)(logits, target), 1 - dice.mean())
    tversky = TverskyLoss(0.5, 0.5, **form, smooth=0.25)(logits, target)  # half of both sums
    torch.testing.assert_close(tversky, 1 - dice.mean())


def test_squares_need_a_bound() -> None:
    with pytest.raises(ValueError, match=r"alpha: expected at most beta=0\.3 with squared=true, got 0\.7; use squared"):
        TverskyLoss(0.7, 0.3, squared=True)


# the boundary map


@pytest.mark.parametrize("case", ["membranes", "multi", "vol"])
def test_published_distances(case: str) -> None:
    golden = Golden(case)
    classes = golden.arrays["boundary_distance"].shape[1] + 1
    maps = np.stack([weight_map(mask, classes) for mask in golden.arrays["target"]])
    np.testing.assert_allclose(maps, golden.arrays["boundary_distance"], rtol=1e-6)


def test_the_boundary_map_in_its_own_words() -> None:
    mask = np.zeros((7, 9), np.uint8)
    mask[2:5, 3:6] = 1
    mask[6] = 255
    distance = weight_map(mask, 2, ignore_index=255)[0]
    assert distance[3, 4] == -1  # inside, two from the outside
    assert (distance[2, 3:6] == 0).all()  # the innermost rim
    assert distance[3, 0] == 3
    assert (weight_map(np.ones((3, 3), np.uint8)) == 0).all()
    assert (weight_map(np.zeros((3, 3), np.uint8), 3, include_background=True) == np.zeros((3, 3, 3))).all()
