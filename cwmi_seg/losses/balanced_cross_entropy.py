"""Cross-entropy with class weights from each image's own class counts."""

import torch
from torch import Tensor, nn

from cwmi_seg.losses._inputs import log_probabilities, one_hot


def class_weights(indicator: Tensor) -> Tensor:
    """w_c = (largest class count) / n_c of each image, B C; 0 for a class that is absent."""
    counts = indicator.sum((2, 3))
    present = counts > 0
    ratio = counts.amax(1, keepdim=True) / torch.where(present, counts, 1)
    return torch.where(present, ratio, 0)


def balanced_cross_entropy_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Mean over the pixels of -w_c log p_c, c the target class, w_c from :func:`class_weights`."""
    log_prob = log_probabilities(logits)
    indicator = one_hot(target, log_prob)
    weights = class_weights(indicator)[:, :, None, None]
    return -(weights * indicator * log_prob).sum(1).mean()


class BalancedCrossEntropyLoss(nn.Module):
    """Module form of :func:`balanced_cross_entropy_loss`."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return balanced_cross_entropy_loss(logits, target)
