"""Dice loss (Milletari et al., 3DV 2016), in the forms that segmentation frameworks have."""

from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import read_inputs
from cwmi_seg.losses._overlap import one_minus_mean_overlap, soft_counts


def dice_loss(
    logits: Tensor,
    target: Tensor,
    include_background: bool = True,
    squared: bool = True,
    smooth: float = 0.0,
    batch: bool = True,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """``1 - mean over the classes of (2 sum(p y) + s) / (sum(p^2) + sum(y) + s)``.

    Zero for a certain and right prediction. Classes count alike whatever their size. Without ``smooth`` a class that
    is absent from the target contributes 0; with it, what is predicted of it costs. nnU-Net's form is
    ``include_background=False, squared=False, smooth=1e-5``.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        include_background: Whether class 0 counts.
        squared: sum(p^2) in the denominator, as in V-Net; else sum(p).
        smooth: s, at least 0, in pixels.
        batch: sums over batch and pixels; else over the pixels of each image, and the mean over the images too.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, 1].

    Example:
        >>> import torch
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> dice_loss(torch.zeros(1, 2, 1, 4), target)
        tensor(0.3750)

    Reference:
        F. Milletari, N. Navab, S.-A. Ahmadi, V-Net, arXiv:1606.04797, section 3.
    """
    inputs = read_inputs(logits, target, ignore_index)
    counts = soft_counts(inputs, include_background=include_background, squared=squared, batch=batch)
    size = counts.num_prob + counts.num_target
    return one_minus_mean_overlap(2 * counts.overlap, size, counts.num_target, smooth)


class DiceLoss(nn.Module):
    """Module form of :func:`dice_loss`."""

    def __init__(
        self,
        ignore_index: int | None = None,
        include_background: bool = True,
        squared: bool = True,
        smooth: float = 0.0,
        batch: bool = True,
    ) -> None:
        super().__init__()
        check_number("smooth", smooth, "1e-5 is nnU-Net's, 0 leaves absent classes out", least=0)
        self.include_background, self.squared = include_background, squared
        self.smooth, self.batch, self.ignore_index = smooth, batch, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return dice_loss(
            logits,
            target,
            include_background=self.include_background,
            squared=self.squared,
            smooth=self.smooth,
            batch=self.batch,
            ignore_index=self.ignore_index,
        )
