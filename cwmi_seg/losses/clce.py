"""Centreline cross-entropy (Acebes et al., MICCAI 2024)."""

import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_choice, check_number
from cwmi_seg.losses._inputs import read_inputs
from cwmi_seg.losses.cldice import soft_skeleton


def clce_loss(
    logits: Tensor,
    target: Tensor,
    iterations: int = 3,
    classes: str = "sum",
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """``mean(l skel(y)) + mean(l skel(p))``, l the cross-entropy of each pixel, ``skel`` the soft skeleton of class 1.

    Rewards centrelines that are right in target and prediction, in nats where clDice has shares. The means go over all
    pixels, so thin structures make small values: it is trained with the cross-entropy beside it
    (``loss=cross_entropy_clce``). The gradient goes through l and through ``skel(p)``. The paper has two classes; with
    more, the terms of the classes after 0 are summed. Ignored pixels count as 0 in target and prediction.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        iterations: erosions of the skeleton, at least 0, about half the width in pixels of the widest structure.
        classes: "sum" over the classes after 0, or "first": class 1 alone, which is what the published code does.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, inf), nats.

    Example:
        >>> target = torch.zeros(1, 8, 8, dtype=torch.long).index_fill(1, torch.tensor([4]), 1)
        >>> clce_loss(20.0 * torch.stack([1 - target, target], 1), target) < 1e-6
        tensor(True)

    Reference:
        C. Acebes et al., The Centerline-Cross Entropy loss for vessel-like structure segmentation, MICCAI 2024,
        doi:10.1007/978-3-031-72111-3_67.
    """
    inputs = read_inputs(logits, target, ignore_index)
    last = 2 if classes == "first" else None
    prob, indicator = inputs.prob()[:, 1:last], inputs.indicator[:, 1:last]
    cross_entropy = -(inputs.indicator * inputs.log_prob).sum(1, keepdim=True)
    lines = soft_skeleton(prob, iterations) + soft_skeleton(indicator.to(torch.int8), iterations)
    return (cross_entropy * lines).sum() / inputs.num_pixels()


class ClCELoss(nn.Module):
    """Module form of :func:`clce_loss`."""

    def __init__(self, iterations: int = 3, classes: str = "sum", ignore_index: int | None = None) -> None:
        super().__init__()
        check_number("iterations", iterations, "3 is the paper's", least=0, whole=True)
        check_choice("classes", classes, ("sum", "first"), "sum takes every class but 0")
        self.iterations, self.classes, self.ignore_index = iterations, classes, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return clce_loss(logits, target, self.iterations, self.classes, ignore_index=self.ignore_index)
