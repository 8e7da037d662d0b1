"""Loss of Matthews' correlation coefficient (Abhishek and Hamarneh, ISBI 2021)."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import read_inputs


def mcc_loss(logits: Tensor, target: Tensor, smooth: float = 1e-5, *, ignore_index: int | None = None) -> Tensor:
    """``1 - (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN))``, soft counts of the batch, two classes.

    Rewards agreement beyond chance; background counts as much as structure, which the overlap losses leave out. Each
    count has ``smooth`` added, so that a batch of background alone, predicted right, gives 1/2.

    Args:
        logits: B 2 *space (or B 1 *space), raw.
        target: B *space, class index.
        smooth: added to each count, above 0, in pixels.
        ignore_index: target value of pixels that take no part; all ignored gives 1, without a gradient.

    Returns:
        Scalar in [0, 2].

    Raises:
        ValueError: more than two classes.

    Example:
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> mcc_loss(torch.zeros(1, 2, 1, 4), target)  # as good as chance
        tensor(1.)

    Reference:
        K. Abhishek, G. Hamarneh, Matthews correlation coefficient loss for deep convolutional networks,
        arXiv:2010.13454.
    """
    inputs = read_inputs(logits, target, ignore_index, multiclass=MCCLoss.multiclass)
    # the difference of two products of counts would lose its digits in float32
    background, structure = inputs.indicator.double().unbind(1)
    not_found, found = inputs.prob().double().unbind(1)
    tp, fn = ((structure * p).sum() + smooth for p in (found, not_found))
    fp, tn = ((background * p).sum() + smooth for p in (found, not_found))
    scale = torch.sqrt(tp + fp) * torch.sqrt(tp + fn) * torch.sqrt(tn + fp) * torch.sqrt(tn + fn)
    return (1 - (tp * tn - fp * fn) / scale).to(inputs.log_prob.dtype)


class MCCLoss(nn.Module):
    """Module form of :func:`mcc_loss`."""

    multiclass: ClassVar[bool] = False

    def __init__(self, smooth: float = 1e-5, ignore_index: int | None = None) -> None:
        super().__init__()
        check_number("smooth", smooth, "1e-5 is the usual one", above=0)
        self.smooth, self.ignore_index = smooth, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return mcc_loss(logits, target, self.smooth, ignore_index=self.ignore_index)
