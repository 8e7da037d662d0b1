"""Losses of skeletons by the published numbers: Skeleton Recall, clDice, clCE, cbDice and the sums they come in."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_dilation, generate_binary_structure
from skimage.measure import euler_number
from skimage.morphology import skeletonize
from torch import nn

from cwmi_seg.losses import CbDiceLoss, ClCELoss, ClDiceLoss, SkeletonRecallLoss
from cwmi_seg.losses._thinning import thinned
from cwmi_seg.losses.cldice import soft_skeleton
from cwmi_seg.weight_maps.skeleton import weight_map
from tests.support.loss_configs import make_loss
from tests.support.modern_goldens import Golden

TODAYS_CLDICE: dict[str, Any] = {"dice_weight": 0.0, "include_background": False}
LOSSES: dict[str, tuple[nn.Module, float]] = {  # golden name: loss, and what it adds to the published value
    "skelrec_perimage": (SkeletonRecallLoss(batch=False), 1),
    "skelrec_batch": (SkeletonRecallLoss(), 1),
    "skelrec_notube_perimage": (SkeletonRecallLoss(tube=0, batch=False), 1),
    "cbdice_it10": (CbDiceLoss(), 1),
    "cbdice_it3": (CbDiceLoss(3), 1),
    "cbdice_it10_smooth1": (CbDiceLoss(smooth=1), 1),
    "cbdice_division_it10": (CbDiceLoss(weighting="division"), 1),
    "clmdice_it10": (CbDiceLoss(weighting="clmdice"), 1),
    "cldice_hardskel_it10": (CbDiceLoss(weighting="cldice"), 1),
    "cbdice_topopreserving": (CbDiceLoss(skeleton="thinning"), 1),
    "cldice_it3": (ClDiceLoss(3, joint=True, **TODAYS_CLDICE), 0),
    "cldice_it10": (ClDiceLoss(10, joint=True, **TODAYS_CLDICE), 0),
    "cldice_perimage_perclass_it3": (ClDiceLoss(3, smooth=1e-5, batch=False, **TODAYS_CLDICE), 0),
    "clce_it3": (ClCELoss(classes="first"), 0),
    "clce_it10": (ClCELoss(10, classes="first"), 0),
}
CONFIGS: dict[str, tuple[str, float]] = {  # golden name: config, and what it adds
    "skelrec_total_batch": ("dice_cross_entropy_skeleton_recall", 2),
    "cbdice_total": ("dice_cbdice", 2),
    "cldice_topomortar_total": ("dice_cldice", 0.5),
}
MISSING = {("vol", "cldice_perimage_perclass_it3")}
each_case = pytest.mark.parametrize("case", ["membranes", "multi", "vol"])


@each_case
@pytest.mark.parametrize("name", LOSSES)
def test_published_numbers(case: str, name: str) -> None:
    golden = Golden(case)
    assert (name in golden.results) == ((case, name) not in MISSING)
    if name in golden.results:
        golden.check(name, *LOSSES[name])


@each_case
@pytest.mark.parametrize("name", CONFIGS)
def test_published_sums(case: str, name: str) -> None:
    golden, (config, constant) = Golden(case), CONFIGS[name]
    golden.check(name, make_loss(config), constant)


@pytest.mark.parametrize("case", ["membranes", "multi"])
def test_other_sums_of_the_authors(case: str) -> None:
    golden = Golden(case)
    per_image = {"dice": {"batch": False}, "skeleton_recall": {"batch": False}}
    golden.check("skelrec_total_perimage", make_loss("dice_cross_entropy_skeleton_recall", losses=per_image), 2)
    golden.check("clce_total_ce_it3", make_loss("cross_entropy_clce", losses={"clce": {"classes": "first"}}))


@each_case
def test_published_skeletons(case: str) -> None:
    golden = Golden(case)
    for mask, tube in zip(golden.arrays["target"], golden.arrays["skelrec_tube"], strict=True):
        np.testing.assert_array_equal(weight_map(mask)[0], tube)
    thin = thinned(golden.target > 0).numpy()
    np.testing.assert_array_equal(thin, golden.arrays["cbdice_skel_target_topopreserving"] > 0)
    if case != "vol":
        prob = golden.logits(golden.leaf()).softmax(1)[:, 1:]
        published = torch.from_numpy(golden.arrays["cldice_skel_pred_it3"])
        torch.testing.assert_close(soft_skeleton(prob, 3), published.double(), rtol=1e-6, atol=1e-6)


# the skeleton map


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("axes", [2, 3])
def test_the_skeleton_map_in_its_own_words(axes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.integers(0, 4, rng.integers(1, 5, axes)).astype(np.uint8)
    for axis in range(axes):
        mask = mask.repeat(5, axis)
    mask[rng.random(mask.shape) < 0.1] = 255
    foreground = (mask > 0) & (mask < 255)
    wide = skeletonize(foreground) if foreground.any() else foreground
    for _ in range(2):
        wide = binary_dilation(wide, generate_binary_structure(axes, 1))
    np.testing.assert_array_equal(weight_map(mask, ignore_index=255), np.where(wide & foreground, mask, 0)[None])


def test_the_skeleton_map_of_nothing_is_nothing() -> None:
    for mask in (np.zeros((5, 6), np.uint8), np.full((5, 6), 7, np.uint8), np.zeros((0, 3), np.uint8)):
        assert not weight_map(mask, ignore_index=7).any()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("axes", [2, 3])
def test_thinning_keeps_the_euler_number(axes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.integers(0, 2, rng.integers(1, 5, axes))
    for axis in range(axes):
        mask = mask.repeat(4, axis)
    mask[rng.random(mask.shape) < 0.1] = 1
    thin = thinned(torch.from_numpy(mask > 0)[None])[0].numpy()
    assert not (thin & (mask == 0)).any()
    assert euler_number(thin, axes) == euler_number(mask, axes)
    if mask.any():
        assert 0 < thin.sum() < mask.sum()


# what the published code does not have


def test_skeleton_recall_may_leave_absent_classes_out() -> None:
    golden = Golden("multi")
    target = torch.where(golden.target == 2, 0, golden.target)
    logits = golden.leaf().detach()
    maps = torch.from_numpy(np.stack([weight_map(mask) for mask in target.numpy()]))
    counted, skipped = (SkeletonRecallLoss(skip_absent=skip)(logits, target, maps) for skip in (False, True))
    torch.testing.assert_close(skipped, 2 * counted)  # one of two classes is there
    nothing = torch.zeros_like(target)
    assert SkeletonRecallLoss(skip_absent=True)(logits, nothing, torch.zeros_like(maps)) == 0


def test_clce_sums_the_classes_after_0() -> None:
    golden = Golden("multi")
    logits, order = golden.leaf().detach(), torch.tensor([0, 2, 1])
    first, renamed = (
        ClCELoss(classes="first")(z, y) for z, y in ((logits, golden.target), (logits[:, order], order[golden.target]))
    )
    torch.testing.assert_close(ClCELoss()(logits, golden.target), first + renamed)


def test_everything_foreground_is_a_minimum_that_only_dice_sees() -> None:
    target = torch.zeros(1, 16, 16, dtype=torch.long).index_fill(1, torch.tensor([7, 8, 9]), 1)
    logits = torch.full((1, 1, 16, 16), 30.0)
    maps = torch.from_numpy(weight_map(target[0].numpy()))[None]
    assert ClDiceLoss(10, dice_weight=0.0)(logits, target).item() == pytest.approx(0, abs=1e-6)
    assert SkeletonRecallLoss()(logits, target, maps).item() == pytest.approx(0, abs=1e-6)
    assert make_loss("dice_cldice")(logits, target) > 0.2
    assert make_loss("dice_cross_entropy_skeleton_recall")(logits, target, maps) > 0.5


def test_cbdice_of_full_and_empty_masks() -> None:
    full, empty = torch.ones(1, 8, 9).long(), torch.zeros(1, 8, 9).long()
    certain = 30.0 * torch.tensor([-1.0, 1.0]).view(1, 2, 1, 1).expand(1, 2, 8, 9)
    for weighting in ("cbdice", "division", "clmdice", "cldice"):
        loss = CbDiceLoss(3, weighting=weighting)
        assert loss(-certain, empty).item() == pytest.approx(0, abs=1e-6)
        assert all(loss(logits, target).isfinite() for logits in (certain, -certain) for target in (full, empty))
