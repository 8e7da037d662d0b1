"""Pixel-wise cross-entropy."""

from torch import Tensor, nn

from cwmi_seg.losses._inputs import read_inputs


def cross_entropy_loss(logits: Tensor, target: Tensor, *, ignore_index: int | None = None) -> Tensor:
    """Mean over the pixels of ``-log p_c``, c the target class.

    Zero for a certain and right prediction; every pixel counts alike, so a thin structure counts little.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, inf), nats.

    Example:
        >>> import torch
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> cross_entropy_loss(torch.zeros(1, 2, 1, 4), target)
        tensor(0.6931)
    """
    inputs = read_inputs(logits, target, ignore_index)
    return -inputs.class_sums(inputs.log_prob).sum() / inputs.num_pixels()


class CrossEntropyLoss(nn.Module):
    """Module form of :func:`cross_entropy_loss`."""

    def __init__(self, ignore_index: int | None = None) -> None:
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return cross_entropy_loss(logits, target, ignore_index=self.ignore_index)
