"""Cross-entropy with class weights from each image's own class counts."""

import torch
from torch import Tensor, nn

from cwmi_seg.losses._inputs import read_inputs


def class_weights(indicator: Tensor) -> Tensor:
    """w_c = (largest class count) / n_c of each image, B C, from its one-hot target B C H W; 0 for an absent class."""
    counts = indicator.sum((2, 3))
    present = counts > 0
    ratio = counts.amax(1, keepdim=True) / torch.where(present, counts, 1)
    return torch.where(present, ratio, 0)


def balanced_cross_entropy_loss(logits: Tensor, target: Tensor, *, ignore_index: int | None = None) -> Tensor:
    """Mean over the pixels of -w_c log p_c, c the target class, w_c from :func:`class_weights`.

    The majority class has weight 1, so a batch with rare structures has a larger loss, not a normalised one.

    Args:
        logits: B C H W (or B 1 H W), raw.
        target: B H W, class index.
        ignore_index: target value of pixels that take no part; all ignored gives 0.
    """
    inputs = read_inputs(logits, target, ignore_index)
    weights = class_weights(inputs.indicator)[:, :, None, None]
    return -(weights * inputs.indicator * inputs.log_prob).sum() / inputs.indicator.sum().clamp(min=1)


class BalancedCrossEntropyLoss(nn.Module):
    """Module form of :func:`balanced_cross_entropy_loss`."""

    def __init__(self, ignore_index: int | None = None) -> None:
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return balanced_cross_entropy_loss(logits, target, ignore_index=self.ignore_index)
