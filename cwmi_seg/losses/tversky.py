"""Tversky loss (Salehi et al., MLMI 2017), of which the Jaccard loss is one setting."""

from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import read_inputs
from cwmi_seg.losses._overlap import one_minus_mean_overlap, soft_counts
from cwmi_seg.mistakes import Mistake


def tversky_loss(
    logits: Tensor,
    target: Tensor,
    alpha: float = 0.3,
    beta: float = 0.7,
    include_background: bool = True,
    squared: bool = False,
    smooth: float = 0.0,
    batch: bool = True,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """``1 - mean over the classes of (TP + s) / (TP + alpha FP + beta FN + s)``, soft counts.

    ``TP = sum(p y), FP = sum(p (1 - y)), FN = sum((1 - p) y)``. With ``beta > alpha`` a missed pixel costs more than
    a false one. ``alpha = beta = 1`` is the Jaccard loss ``1 - sum(p y) / sum(p + y - p y)``, ``alpha = beta = 0.5``
    the Dice loss. Without ``smooth`` a class that is absent from the target contributes 0; with it, what is predicted
    of it costs.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        alpha: weight of false positives, at least 0.
        beta: weight of false negatives, above 0.
        include_background: Whether class 0 counts.
        squared: ``FP = sum(p^2) - TP``, as in the Dice loss with squares; needs ``alpha <= beta``.
        smooth: s, at least 0, in pixels.
        batch: counts over batch and pixels; else over the pixels of each image, and the mean over the images too.
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
    counts = soft_counts(inputs, include_background=include_background, squared=squared, batch=batch)
    overlap, num_prob, num_target = counts
    size = overlap + alpha * (num_prob - overlap) + beta * (num_target - overlap)
    return one_minus_mean_overlap(overlap, size, num_target, smooth)


class TverskyLoss(nn.Module):
    """Module form of :func:`tversky_loss`.

    Raises:
        ValueError: an argument out of its range, or ``squared`` with ``alpha > beta``, where the loss has no bound.
    """

    def __init__(
        self,
        alpha: float = 0.3,
        beta: float = 0.7,
        ignore_index: int | None = None,
        include_background: bool = True,
        squared: bool = False,
        smooth: float = 0.0,
        batch: bool = True,
    ) -> None:
        super().__init__()
        check_number("alpha", alpha, "0.3 is the paper's", least=0)
        check_number("beta", beta, "0.7 is the paper's", above=0)
        check_number("smooth", smooth, "0 leaves absent classes out", least=0)
        if squared and alpha > beta:
            raise Mistake(f"alpha: expected at most beta={beta} with squared=true, got {alpha}; use squared=false.")
        self.alpha, self.beta, self.ignore_index = alpha, beta, ignore_index
        self.include_background, self.squared, self.smooth, self.batch = include_background, squared, smooth, batch

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return tversky_loss(
            logits,
            target,
            alpha=self.alpha,
            beta=self.beta,
            include_background=self.include_background,
            squared=self.squared,
            smooth=self.smooth,
            batch=self.batch,
            ignore_index=self.ignore_index,
        )
