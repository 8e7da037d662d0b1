"""Dice loss with squared denominator (Milletari et al., arXiv:1606.04797)."""

import torch
from torch import Tensor, nn

from cwmi_seg.losses._inputs import read_inputs


def dice_loss(logits: Tensor, target: Tensor, *, ignore_index: int | None = None) -> Tensor:
    """1 - mean over the classes of 2 sum(p y) / (sum p^2 + sum y^2), sums over batch and pixels; in [0, 1].

    A class with neither target nor probability counts as a perfect overlap.

    Args:
        logits: B C H W (or B 1 H W), raw.
        target: B H W, class index.
        ignore_index: target value of pixels that take no part.
    """
    inputs = read_inputs(logits, target, ignore_index)
    prob = inputs.prob()
    overlap = (prob * inputs.indicator).sum((0, 2, 3))
    size = (prob**2).sum((0, 2, 3)) + inputs.indicator.sum((0, 2, 3))
    return 1 - torch.where(size > 0, 2 * overlap / torch.where(size > 0, size, 1), 1).mean()


class DiceLoss(nn.Module):
    """Module form of :func:`dice_loss`."""

    def __init__(self, ignore_index: int | None = None) -> None:
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return dice_loss(logits, target, ignore_index=self.ignore_index)
