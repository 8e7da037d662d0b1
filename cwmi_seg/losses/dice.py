"""Dice loss with squared denominator (Milletari et al., arXiv:1606.04797)."""

import torch
from torch import Tensor, nn

from cwmi_seg.losses._inputs import log_probabilities, one_hot


def dice_loss(logits: Tensor, target: Tensor) -> Tensor:
    """1 - mean over classes of 2 sum(p y) / (sum p^2 + sum y^2), sums over batch and pixels; in [0, 1]."""
    log_prob = log_probabilities(logits)
    prob, indicator = log_prob.exp(), one_hot(target, log_prob)
    overlap = (prob * indicator).sum((0, 2, 3))
    size = (prob**2).sum((0, 2, 3)) + (indicator**2).sum((0, 2, 3))
    return 1 - torch.where(size > 0, 2 * overlap / torch.where(size > 0, size, 1), 1).mean()


class DiceLoss(nn.Module):
    """Module form of :func:`dice_loss`."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return dice_loss(logits, target)
