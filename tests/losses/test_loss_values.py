"""Values of the losses beside other libraries, loop references and closed forms; see also test_goldens."""

import re
from typing import Any

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cwmi_seg.losses import (
    ABWLoss,
    ClDiceLoss,
    CWMILoss,
    DiceLoss,
    FocalLoss,
    RMILoss,
    SkeaTopoLoss,
    TverskyLoss,
    UNetWeightedLoss,
    cross_entropy_loss,
)
from cwmi_seg.losses.cldice import soft_skeleton
from tests.support.loss_configs import make_loss
from tests.support.loss_inputs import IGNORED, Case

FOUR_CLASSES = Case(("blocks", "noise"), ("normal", "near"), 4, (33, 36), torch.float64, 0.0, 3)
TWO_CLASSES = Case(("blocks", "noise"), ("normal", "near"), 2, (33, 36), torch.float64, 0.0, 3)


def gradient_of(value: Tensor, leaf: Tensor) -> Tensor:
    return torch.autograd.grad(value, leaf, retain_graph=True)[0]


def test_no_class_is_taken_for_an_ignored_value_that_its_type_cannot_hold() -> None:
    """As a mask of 8 bits cannot hold 256 or -100, which are 0 and 156 modulo 256."""
    logits, target = torch.tensor([[[[2.0, -1.0]]]]), torch.tensor([[[0, 1]]], dtype=torch.uint8)
    torch.testing.assert_close(cross_entropy_loss(logits, target, ignore_index=256), cross_entropy_loss(logits, target))
    with pytest.raises(ValueError, match="target: expected class indices from 0 to 1, got 156"):
        cross_entropy_loss(logits, torch.full_like(target, 156), ignore_index=-100)


def assert_same(ours: Tensor, theirs: Tensor, leaf: Tensor) -> None:
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradient_of(ours, leaf), gradient_of(theirs, leaf))


# overlap losses and focal: segmentation-models-pytorch, MONAI


@pytest.mark.parametrize("ignored", [0.0, 0.3])
@pytest.mark.parametrize("absent", [False, True])
@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.7), (1.0, 1.0), (0.5, 0.5)])
def test_tversky_and_jaccard_of_smp(alpha: float, beta: float, absent: bool, ignored: float) -> None:
    case = Case(FOUR_CLASSES.targets, FOUR_CLASSES.logits, 4, (33, 36), torch.float64, ignored, 3)
    logits, target = case.make()
    if absent:
        target[target == 2] = 1
    logits.requires_grad_()
    theirs = smp.losses.TverskyLoss("multiclass", alpha=alpha, beta=beta, ignore_index=IGNORED)
    assert_same(TverskyLoss(alpha, beta, IGNORED)(logits, target), theirs(logits, target), logits)
    if alpha == beta == 1 and not ignored:
        assert_same(make_loss("jaccard")(logits, target), smp.losses.JaccardLoss("multiclass")(logits, target), logits)


def test_dice_of_smp_where_squares_do_not_matter() -> None:
    logits, target = FOUR_CLASSES.make()
    certain = 1e4 * F.one_hot(logits.argmax(1)).movedim(-1, 1).double()
    torch.testing.assert_close(DiceLoss()(certain, target), smp.losses.DiceLoss("multiclass")(certain, target))


def test_dice_of_monai() -> None:
    monai = pytest.importorskip("monai.losses")
    logits, target = FOUR_CLASSES.make()
    logits.requires_grad_()
    theirs = monai.DiceLoss(to_onehot_y=True, softmax=True, squared_pred=True, batch=True, smooth_nr=0.0, smooth_dr=0.0)
    assert_same(DiceLoss()(logits, target), theirs(logits, target[:, None]), logits)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_of_smp(gamma: float) -> None:
    logits, _ = FOUR_CLASSES.make()
    target = torch.arange(33 * 36).view(33, 36).remainder(4).expand(2, 33, 36)  # equal counts: all class weights 1
    logits.requires_grad_()
    log_prob = F.log_softmax(logits, dim=1)
    binary = log_prob - torch.log(-torch.expm1(log_prob))  # the sigmoid of it is the probability of the class
    theirs = smp.losses.FocalLoss("binary", alpha=1.0, gamma=gamma)  # alpha 1: the pixels of the class alone
    total = torch.stack([theirs(binary[:, c], target == c) for c in range(4)]).sum()
    assert_same(FocalLoss(gamma)(logits, target), total, logits)


# RMI: loops over the positions


def rmi_by_loops(prob: np.ndarray, target: np.ndarray) -> float:
    """1/2 log det(S_{Y|P} + eps I) / 9 of one class of one image, from its pooled probability and target."""
    height, width = prob.shape
    windows = [(slice(i, i + 3), slice(j, j + 3)) for i in range(height - 2) for j in range(width - 2)]
    y, p = (np.array([image[window].ravel() for window in windows]) for image in (target, prob))
    covariance = np.cov(y.T, p.T) * (len(windows) - 1)
    s_yy, s_yp, s_pp = covariance[:9, :9], covariance[:9, 9:], covariance[9:, 9:]
    conditional = s_yy - s_yp @ np.linalg.solve(s_pp + 5e-4 * np.eye(9), s_yp.T)
    return 0.5 * np.linalg.slogdet(conditional + 5e-4 * np.eye(9))[1] / 9


@pytest.mark.parametrize("case", [TWO_CLASSES, FOUR_CLASSES], ids=["two classes", "four classes"])
def test_rmi_by_loops(case: Case) -> None:
    logits, target = case.make()
    prob = logits.softmax(1)
    one_hot = F.one_hot(target, case.channels).movedim(-1, 1).double()
    pooled = [F.max_pool2d(x, 3, 3, 1).numpy() for x in (prob, one_hot)]
    information = [sum(rmi_by_loops(p, y) for p, y in zip(*image, strict=True)) for image in zip(*pooled, strict=True)]
    torch.testing.assert_close(RMILoss(0.0)(logits, target).item(), float(np.mean(information)))
    binary = F.binary_cross_entropy(prob, one_hot, reduction="sum").item() / (target.numel() + 1)
    torch.testing.assert_close(RMILoss(1.0)(logits, target).item(), binary)


def test_the_smallest_image_of_rmi() -> None:
    RMILoss()(torch.zeros(1, 2, 7, 9), torch.zeros(1, 7, 9).long())
    with pytest.raises(ValueError, match=r"at least 7 for radius=3 and pool_size=3, got \(6, 9\); use larger crops"):
        RMILoss()(torch.zeros(1, 2, 6, 9), torch.zeros(1, 6, 9).long())


# clDice: the skeleton by pooling


def skeleton_by_pooling(image: Tensor, iterations: int) -> Tensor:
    """The recursion of the paper, n 1 H W."""

    def eroded(x: Tensor) -> Tensor:
        return -torch.maximum(F.max_pool2d(-x, (3, 1), 1, (1, 0)), F.max_pool2d(-x, (1, 3), 1, (0, 1)))

    def residue(x: Tensor) -> Tensor:
        return F.relu(x - F.max_pool2d(eroded(x), 3, 1, 1))

    skeleton = residue(image)
    for _ in range(iterations):
        image = eroded(image)
        delta = residue(image)
        skeleton = skeleton + F.relu(delta - skeleton * delta)
    return skeleton


@pytest.mark.parametrize("size", [(40, 33), (1, 20), (1, 1)])
def test_soft_skeleton_by_pooling(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(3, 1, *size, generator=generator, dtype=torch.float64).requires_grad_()
    weights = torch.rand(3, 1, *size, generator=generator, dtype=torch.float64)
    for iterations in (0, 3, 10):
        ours, theirs = soft_skeleton(image, iterations), skeleton_by_pooling(image, iterations)
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
        assert_same((weights * ours).sum(), (weights * theirs).sum(), image)


def test_images_are_skeletonised_alike_in_groups_and_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    image = torch.rand(5, 2, 20, 30, generator=torch.Generator().manual_seed(0)).requires_grad_()
    together = soft_skeleton(image, 4)
    monkeypatch.setattr("cwmi_seg.losses.cldice._PIXELS_AT_ONCE", 1300)  # two images
    in_groups = soft_skeleton(image, 4)
    assert torch.equal(in_groups, together)
    assert torch.equal(gradient_of(in_groups.sum(), image), gradient_of(together.sum(), image))


def test_skeleton_of_a_bar_is_its_centreline() -> None:
    bar = torch.zeros(1, 1, 11, 30, dtype=torch.int8)
    bar[..., 3:8, :] = 1
    expected = torch.zeros_like(bar)
    expected[..., 5, :] = 1
    assert torch.equal(soft_skeleton(bar, 10)[..., 3:-3], expected[..., 3:-3])


# empty targets and arguments


@pytest.mark.parametrize("name", ["dice", "tversky", "jaccard"])
def test_an_absent_class_contributes_nothing(name: str) -> None:
    empty = torch.zeros(1, 8, 8).long()
    certain = torch.tensor([20.0, -20.0]).view(1, 2, 1, 1).expand(1, 2, 8, 8)
    assert make_loss(name)(certain, empty).item() == pytest.approx(0, abs=1e-6)
    assert make_loss(name)(-certain, empty).item() == pytest.approx(0.5, abs=1e-6)  # class 0 is missed
    assert make_loss(name, ignore_index=0)(certain, empty) == 0


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (FocalLoss, {"gamma": -1}, "gamma: expected a number of at least 0, got -1; 2 is the paper's"),
        (TverskyLoss, {"alpha": -1}, "alpha: expected a number of at least 0, got -1; 0.3"),
        (TverskyLoss, {"beta": 0}, "beta: expected a number above 0, got 0; 0.7"),
        (RMILoss, {"cross_entropy_weight": 2}, "cross_entropy_weight: expected a number from 0 to 1, got 2; 0.5"),
        (RMILoss, {"radius": 0}, "radius: expected a whole number of at least 1, got 0; 3"),
        (RMILoss, {"pool_size": 0}, "pool_size: expected a whole number of at least 1, got 0; 3"),
        (RMILoss, {"pool_size": 2.5}, "pool_size: expected a whole number of at least 1, got 2.5; 3"),
        (RMILoss, {"eps": 0}, "eps: expected a number of at least 1e-06, got 0; less drowns in rounding"),
        (ClDiceLoss, {"iterations": -1}, "iterations: expected a whole number of at least 0, got -1; 10"),
        (ClDiceLoss, {"smooth": 0}, "smooth: expected a number above 0, got 0; 1"),
        (ClDiceLoss, {"dice_weight": 3}, "dice_weight: expected a number from 0 to 1, got 3; 0.5"),
        (ABWLoss, {"dilation": -1}, "dilation: expected a whole number of at least 0, got -1; 0"),
        (UNetWeightedLoss, {"w0": -1}, "w0: expected a number of at least 0, got -1; 10"),
        (UNetWeightedLoss, {"sigma": 0}, "sigma: expected a number above 0, got 0; 5"),
        (SkeaTopoLoss, {"w0": "ten"}, "w0: expected a number of at least 0, got ten; 10"),
        (SkeaTopoLoss, {"bort_weight": -1}, "bort_weight: expected a number of at least 0, got -1; 1"),
        (SkeaTopoLoss, {"bort_after_epoch": -2}, "bort_after_epoch: expected a number of at least -1, got -2; 20"),
        (CWMILoss, {"num_scales": 0}, "num_scales: expected a whole number of at least 1, got 0; 4"),
        (CWMILoss, {"num_orientations": 1}, "num_orientations: expected a whole number from 2 to 32, got 1; 4"),
        (CWMILoss, {"warmup_epochs": -1}, "warmup_epochs: expected a number of at least 0, got -1; 1"),
        (CWMILoss, {"cross_entropy_weight": -1}, "cross_entropy_weight: expected a number of at least 0, got -1; 0.9"),
        (CWMILoss, {"eps": 0.0}, "eps: expected a number of at least 1e-06, got 0.0; less"),
        (CWMILoss, {"measure": "mutual"}, "measure: expected one of mi, l1, l2, ssim, got mutual; mi"),
        (CWMILoss, {"reduction": "sum"}, "reduction: expected one of mean, none, got sum; mean"),
        (CWMILoss, {"scales": [1.5]}, "scales: expected numbers from 1 (the finest) to num_scales=4, got [1.5]"),
    ],
)
def test_arguments_are_checked(make: type[nn.Module], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        make(**arguments)


def test_the_smallest_arguments_allowed_give_a_loss() -> None:
    logits, target = torch.randn(1, 2, 9, 9, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 9, 9).long()
    for loss in (RMILoss(0, radius=1, pool_size=1, eps=1e-6), ClDiceLoss(0, dice_weight=0), TverskyLoss(0, 1e-3)):
        assert loss(logits, target).isfinite()
