"""Focal Tversky loss (Abraham and Khan, ISBI 2019)."""

from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import Inputs, read_inputs, space

SMALLEST_DEFICIT = 1e-7
"""Smallest value of 1 - TI: a power below 1 has an infinite slope at 0."""


def focal_tversky_loss(
    logits: Tensor,
    target: Tensor,
    delta: float = 0.7,
    gamma: float = 0.75,
    smooth: float = 1e-6,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """Mean over images and classes of ``(1 - TI)^gamma``, ``TI = (TP + s) / (TP + delta FN + (1 - delta) FP + s)``.

    TP, FN and FP are soft counts of one class in one image. With ``delta`` above 1/2 a missed pixel costs more than a
    false one. With ``gamma`` below 1 the slope grows as a class gets better, above 1 as it gets worse. ``1 - TI`` is
    held at 1e-7 or more, so that the slope stays finite.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        delta: weight of missed pixels, in [0, 1].
        gamma: power, above 0.
        smooth: s, above 0, in pixels.
        ignore_index: target value of pixels that take no part; an image of ignored pixels alone gives about 0.

    Returns:
        Scalar in [0, 1].

    Example:
        >>> import torch
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> focal_tversky_loss(torch.zeros(1, 2, 1, 4), target)
        tensor(0.6196)

    Reference:
        N. Abraham, N. M. Khan, A novel focal Tversky loss function, arXiv:1810.07842.
    """
    return (tversky_deficit(read_inputs(logits, target, ignore_index), delta, smooth) ** gamma).mean()


def tversky_deficit(inputs: Inputs, delta: float, smooth: float) -> Tensor:
    """The deficit ``1 - TI`` of each image and class, B C, at least 1e-7.

    It is computed as a quotient, since the difference would lose digits.
    """
    prob, indicator = inputs.prob(), inputs.indicator
    axes = space(prob)
    found, missed = (indicator * prob).sum(axes), (indicator * (1 - prob)).sum(axes)
    false = ((1 - indicator) * prob).sum(axes)  # prob is 0 where ignored
    wrong = delta * missed + (1 - delta) * false
    return (wrong / (found + wrong + smooth)).clamp(min=SMALLEST_DEFICIT)


class FocalTverskyLoss(nn.Module):
    """Module form of :func:`focal_tversky_loss`."""

    def __init__(
        self, delta: float = 0.7, gamma: float = 0.75, smooth: float = 1e-6, ignore_index: int | None = None
    ) -> None:
        super().__init__()
        check_number("delta", delta, "0.7 is the paper's", least=0, most=1)
        check_number("gamma", gamma, "0.75 is the paper's", above=0)
        check_number("smooth", smooth, "1e-6 is the usual one", above=0)
        self.delta, self.gamma, self.smooth, self.ignore_index = delta, gamma, smooth, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return focal_tversky_loss(
            logits, target, delta=self.delta, gamma=self.gamma, smooth=self.smooth, ignore_index=self.ignore_index
        )
