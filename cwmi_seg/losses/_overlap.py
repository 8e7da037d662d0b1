"""The mean over classes that the overlap losses share."""

import torch
from torch import Tensor


def one_minus_mean_overlap(overlap: Tensor, size: Tensor, num_target: Tensor) -> Tensor:
    """``1 - mean over the classes of overlap / size``; a class that is absent from the target contributes 0.

    The overlap of an absent class is 0 whatever the prediction, so it has no gradient to lose, and nothing divides
    by the vanishing probability of a class that nobody sees.

    Args:
        overlap: C, at least 0 and at most ``size``.
        size: C, at least about ``num_target`` where the class is present.
        num_target: C, target pixels of each class.
    """
    present = num_target > 0
    return 1 - torch.where(present, overlap / torch.where(present, size, 1), 1).mean()
