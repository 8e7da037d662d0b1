"""Soft counts and the mean over classes that the overlap losses share."""

from typing import NamedTuple

import torch
from torch import Tensor

from cwmi_seg.losses._inputs import Inputs, space


class SoftCounts(NamedTuple):
    """Sums over the valid pixels of each class, of the batch (C) or of each image (B C)."""

    overlap: Tensor  # sum(p y)
    num_prob: Tensor  # sum(p), or sum(p^2)
    num_target: Tensor  # sum(y)


def soft_counts(inputs: Inputs, *, include_background: bool, squared: bool, batch: bool) -> SoftCounts:
    """Count all classes, or those after class 0.

    Args:
        inputs: Probabilities and target.
        include_background: Whether class 0 is among the classes.
        squared: Whether ``num_prob`` sums p^2 in place of p.
        batch: Whether the sums go over the batch; else they are those of each image.
    """
    first = 0 if include_background else 1
    prob, indicator = inputs.prob()[:, first:], inputs.indicator[:, first:]
    axes = space(prob)
    overlap = (indicator * prob).sum(axes)
    over = (0, *axes) if batch else axes
    num_prob = (prob.square() if squared else prob).sum(over)
    return SoftCounts(overlap.sum(0) if batch else overlap, num_prob, indicator.sum(over))


def one_minus_mean_overlap(overlap: Tensor, size: Tensor, num_target: Tensor, smooth: float = 0.0) -> Tensor:
    """Compute ``1 - mean of (overlap + smooth) / (size + smooth)``; without ``smooth`` an absent class contributes 0.

    The overlap of an absent class is 0 whatever the prediction. Without ``smooth`` it has no gradient to lose then,
    and nothing divides by the vanishing probability of a class that nobody sees. With it the class costs
    ``1 - smooth / (size + smooth)``, which punishes its false pixels.

    Args:
        overlap: C or B C, at least 0 and at most ``size``.
        size: the same shape, at least about ``num_target`` where the class is present.
        num_target: the same shape, target pixels of each class.
        smooth: Number added to numerator and denominator, at least 0.
    """
    if smooth > 0:
        return 1 - ((overlap + smooth) / (size + smooth)).mean()
    present = num_target > 0
    return 1 - torch.where(present, overlap / torch.where(present, size, 1), 1).mean()
