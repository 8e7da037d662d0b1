"""Losses of volumes: those of single pixels see no shape, RMI sees neighbourhoods of 3 x 3 x 3."""

from itertools import product

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cwmi_seg.losses import RMILoss
from tests.support.loss_configs import make_loss
from tests.support.loss_inputs import IGNORED, Case

PIXEL_WISE = (
    *("cross_entropy", "balanced_cross_entropy", "focal", "dice", "jaccard", "tversky", "dice_cross_entropy"),
    *("tversky_foreground", "focal_tversky", "unified_focal", "lovasz", "mcc", "nnunet_dice_cross_entropy"),
)


@pytest.mark.parametrize("name", PIXEL_WISE)
def test_a_loss_of_single_pixels_does_not_see_the_shape(name: str) -> None:
    classes = 3 if getattr(make_loss(name), "multiclass", True) else 2
    case = Case(("blocks", "noise"), ("normal", "near"), classes, (6, 7, 8), torch.float64, 0.2, 1)
    logits, target = case.make()
    loss = make_loss(name, ignore_index=IGNORED)
    torch.testing.assert_close(loss(logits, target), loss(logits.flatten(2, 3), target.flatten(1, 2)))


def rmi_by_loops(prob: np.ndarray, target: np.ndarray) -> float:
    """1/2 log det(S_{Y|P} + eps I) / 27 of one class of one volume, from its pooled probability and target."""
    corners = list(product(*(range(length - 2) for length in prob.shape)))
    boxes = [tuple(slice(i, i + 3) for i in corner) for corner in corners]
    y, p = (np.array([volume[box].ravel() for box in boxes]) for volume in (target, prob))
    covariance = np.cov(y.T, p.T) * (len(boxes) - 1)
    s_yy, s_yp, s_pp = covariance[:27, :27], covariance[:27, 27:], covariance[27:, 27:]
    conditional = s_yy - s_yp @ np.linalg.solve(s_pp + 5e-4 * np.eye(27), s_yp.T)
    return 0.5 * np.linalg.slogdet(conditional + 5e-4 * np.eye(27))[1] / 27


def test_rmi_of_volumes_by_loops() -> None:
    logits, target = Case(("blocks", "noise"), ("normal", "near"), 2, (16, 14, 18), torch.float64, 0.0, 3).make()
    one_hot = F.one_hot(target).movedim(-1, 1).double()
    pooled = [F.max_pool3d(x, 3, 3, 1).numpy() for x in (logits.softmax(1), one_hot)]
    information = [
        sum(rmi_by_loops(p, y) for p, y in zip(*volume, strict=True)) for volume in zip(*pooled, strict=True)
    ]
    assert RMILoss(0.0)(logits, target).item() == pytest.approx(float(np.mean(information)), rel=1e-6)


def test_the_smallest_volume_of_rmi() -> None:
    with pytest.raises(ValueError, match=r"sides of at least 7 for radius=3 and pool_size=3, got \(9, 6, 9\); use"):
        RMILoss()(torch.zeros(1, 2, 9, 6, 9), torch.zeros(1, 9, 6, 9).long())
