"""Pixel-wise cross-entropy."""

from collections.abc import Sequence

from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import read_inputs
from cwmi_seg.mistakes import Mistake


def cross_entropy_loss(
    logits: Tensor, target: Tensor, *, ignore_index: int | None = None, class_weights: Sequence[float] | None = None
) -> Tensor:
    """Weighted mean over the pixels of ``-log p_c``, c the target class; the weight of a pixel is that of its class.

    Zero for a certain and right prediction. Without weights every pixel counts alike, a thin structure little.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        ignore_index: target value of pixels that take no part; all ignored gives 0.
        class_weights: one number for each class, at least 0, the same in all images, such as (median frequency) /
            (frequency of the class) in the training images; None for 1. As in ``torch.nn.CrossEntropyLoss`` the sum is
            divided by the weights of the pixels of the batch.

    Returns:
        Scalar in [0, inf), nats.

    Raises:
        ValueError: not as many weights as classes.

    Example:
        >>> import torch
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> cross_entropy_loss(torch.zeros(1, 2, 1, 4), target)
        tensor(0.6931)

    Reference:
        Median frequency: D. Eigen and R. Fergus, ICCV 2015, arXiv:1411.4734, section 6.3.
    """
    inputs = read_inputs(logits, target, ignore_index)
    sums = inputs.class_sums(inputs.log_prob)
    if class_weights is None:
        return -sums.sum() / inputs.num_pixels()
    if len(class_weights) != sums.shape[1]:
        raise Mistake(
            f"class_weights: expected {sums.shape[1]} numbers, one for each class, got {len(class_weights)}; "
            "give as many."
        )
    weights = sums.new_tensor(class_weights)
    total = (weights * inputs.indicator.flatten(2).sum(2)).sum()
    return -(weights * sums).sum() / total.clamp(min=_SMALLEST)


_SMALLEST = 1e-12
"""Divides the 0 of a batch in which no pixel has a weight."""


class CrossEntropyLoss(nn.Module):
    """Module form of :func:`cross_entropy_loss`."""

    def __init__(self, ignore_index: int | None = None, class_weights: Sequence[float] | None = None) -> None:
        super().__init__()
        for number, weight in enumerate(class_weights or ()):
            check_number(f"class_weights[{number}]", weight, "1 takes the class as it is", least=0)
        self.ignore_index = ignore_index
        self.class_weights = None if class_weights is None else tuple(map(float, class_weights))

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return cross_entropy_loss(logits, target, ignore_index=self.ignore_index, class_weights=self.class_weights)
