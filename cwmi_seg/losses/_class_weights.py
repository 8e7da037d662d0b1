"""Class weights from each image's own class counts; every balanced loss takes them from here."""

import torch
from torch import Tensor

from cwmi_seg.losses._inputs import space


def class_weights(indicator: Tensor, largest: float | None = None) -> Tensor:
    """``w_c = (largest class count) / n_c`` of each image: 1 for the majority, 0 for an absent class.

    Args:
        indicator: one-hot target B C *space, all 0 where ignored.
        largest: bound of the weights, at least 1; None for none. A class of ten pixels has a weight of thousands.

    Returns:
        Weights B C; an image without any valid pixel gets zeros.
    """
    counts = indicator.sum(space(indicator))
    present = counts > 0
    ratio = counts.amax(1, keepdim=True) / torch.where(present, counts, 1)
    return torch.where(present, ratio if largest is None else ratio.clamp(max=largest), 0)
