"""Dice loss with squared denominator (Milletari et al., 3DV 2016)."""

from torch import Tensor, nn

from cwmi_seg.losses._inputs import read_inputs, space
from cwmi_seg.losses._overlap import one_minus_mean_overlap


def dice_loss(logits: Tensor, target: Tensor, *, ignore_index: int | None = None) -> Tensor:
    """``1 - mean over the classes of 2 sum(p y) / (sum(p^2) + sum(y))``, sums over batch and pixels.

    Zero for a certain and right prediction. Classes count alike whatever their size. A class that is absent from
    the target of the batch contributes 0.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, 1].

    Example:
        >>> import torch
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> dice_loss(torch.zeros(1, 2, 1, 4), target)
        tensor(0.3750)

    Reference:
        F. Milletari, N. Navab, S.-A. Ahmadi, V-Net, arXiv:1606.04797, section 3.
    """
    inputs = read_inputs(logits, target, ignore_index)
    prob = inputs.prob()
    overlap = 2 * inputs.class_sums(prob).sum(0)
    num_target = inputs.indicator.sum((0, *space(prob)))
    return one_minus_mean_overlap(overlap, prob.square().sum((0, *space(prob))) + num_target, num_target)


class DiceLoss(nn.Module):
    """Module form of :func:`dice_loss`."""

    def __init__(self, ignore_index: int | None = None) -> None:
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return dice_loss(logits, target, ignore_index=self.ignore_index)
