"""Tversky loss (Salehi et al., MLMI 2017), of which the Jaccard loss is one setting."""

from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import read_inputs, space
from cwmi_seg.losses._overlap import one_minus_mean_overlap


def tversky_loss(
    logits: Tensor, target: Tensor, alpha: float = 0.3, beta: float = 0.7, *, ignore_index: int | None = None
) -> Tensor:
    """``1 - mean over the classes of TP / (TP + alpha FP + beta FN)``, soft counts over batch and pixels.

    ``TP = sum(p y), FP = sum(p (1 - y)), FN = sum((1 - p) y)``. With ``beta > alpha`` a missed pixel costs more than
    a false one. ``alpha = beta = 1`` is the Jaccard loss ``1 - sum(p y) / sum(p + y - p y)``, ``alpha = beta = 0.5``
    the Dice loss without squares. A class that is absent from the target of the batch contributes 0.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        alpha: weight of false positives, at least 0.
        beta: weight of false negatives, above 0.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, 1].

    Example:
        >>> import torch
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> tversky_loss(torch.zeros(1, 2, 1, 4), target)
        tensor(0.5299)

    Reference:
        S. S. M. Salehi, D. Erdogmus, A. Gholipour, arXiv:1706.05721, equation 3. Jaccard: arXiv:2312.05391.
    """
    inputs = read_inputs(logits, target, ignore_index)
    overlap = inputs.class_sums(inputs.log_prob.exp()).sum(0)
    everywhere = (0, *space(inputs.indicator))
    num_prob, num_target = inputs.prob().sum(everywhere), inputs.indicator.sum(everywhere)
    size = overlap + alpha * (num_prob - overlap) + beta * (num_target - overlap)
    return one_minus_mean_overlap(overlap, size, num_target)


class TverskyLoss(nn.Module):
    """Module form of :func:`tversky_loss`."""

    def __init__(self, alpha: float = 0.3, beta: float = 0.7, ignore_index: int | None = None) -> None:
        super().__init__()
        check_number("alpha", alpha, "0.3 is the paper's", least=0)
        check_number("beta", beta, "0.7 is the paper's", above=0)
        self.alpha, self.beta, self.ignore_index = alpha, beta, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return tversky_loss(logits, target, self.alpha, self.beta, ignore_index=self.ignore_index)
