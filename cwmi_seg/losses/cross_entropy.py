"""Pixel-wise cross-entropy."""

from torch import Tensor, nn

from cwmi_seg.losses._inputs import log_probabilities, one_hot


def cross_entropy_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Mean over the pixels of -log p of the target class; in [0, inf)."""
    log_prob = log_probabilities(logits)
    return -(one_hot(target, log_prob) * log_prob).sum(1).mean()


class CrossEntropyLoss(nn.Module):
    """Module form of :func:`cross_entropy_loss`."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return cross_entropy_loss(logits, target)
