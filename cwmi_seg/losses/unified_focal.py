"""Unified focal loss (Yeung et al., Computerized Medical Imaging and Graphics 2022)."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import Inputs, read_inputs
from cwmi_seg.losses.focal_tversky import SMALLEST_DEFICIT, tversky_deficit


def unified_focal_loss(
    logits: Tensor,
    target: Tensor,
    overlap_weight: float = 0.5,
    delta: float = 0.6,
    gamma: float = 0.5,
    asymmetric: bool = True,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """``w FT + (1 - w) F``: focal Tversky and focal cross-entropy with one ``delta`` and one ``gamma``; two classes.

    With TI_c the Tversky index of class c in an image, ``FT = mean [(1 - TI_0) + (1 - TI_1)^(1 - gamma)] / 2``:
    the structure, whose slope grows as it gets better, is not left alone when it is nearly right. And
    ``F = mean over the pixels of -(1 - delta) (1 - p_0)^gamma y_0 log p_0 - delta y_1 log p_1``: background that is
    right counts little. The symmetric form has the power ``1 - gamma`` on both indices and ``(1 - p_c)^gamma`` on both
    classes. ``1 - TI`` and ``1 - p`` are held at 1e-7 or more under a power.

    Args:
        logits: B 2 *space (or B 1 *space), raw.
        target: B *space, class index.
        overlap_weight: w (lambda in the paper), in [0, 1].
        delta: weight of missed structure, in [0, 1].
        gamma: Power of the error, in [0, 1).
        asymmetric: Whether to take the form above; else the symmetric one.
        ignore_index: target value of pixels that take no part; an image of ignored pixels alone gives about 0.

    Returns:
        Scalar in [0, inf).

    Raises:
        ValueError: more than two classes.

    Example:
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> unified_focal_loss(torch.zeros(1, 2, 1, 4), target)
        tensor(0.4317)

    Reference:
        M. Yeung et al., Unified Focal loss, arXiv:2102.04525.
    """
    inputs = read_inputs(logits, target, ignore_index, multiclass=UnifiedFocalLoss.multiclass)
    deficit = tversky_deficit(inputs, delta, smooth=1e-7)
    background, structure = deficit.unbind(1)
    overlap = (background ** (1.0 if asymmetric else 1 - gamma) + structure ** (1 - gamma)).mean() / 2
    return overlap_weight * overlap + (1 - overlap_weight) * _focal(inputs, delta, gamma, asymmetric)


def _focal(inputs: Inputs, delta: float, gamma: float, asymmetric: bool) -> Tensor:
    background, structure = (inputs.indicator * inputs.log_prob).unbind(1)
    background = background * _rest(background) ** gamma
    if not asymmetric:
        structure = structure * _rest(structure) ** gamma
    return -((1 - delta) * background + delta * structure).sum() / inputs.num_pixels()


def _rest(log_prob: Tensor) -> Tensor:
    """1 - p, away from 0, where the slope of a power below 1 is infinite."""
    return (-torch.expm1(log_prob)).clamp(min=SMALLEST_DEFICIT)


class UnifiedFocalLoss(nn.Module):
    """Module form of :func:`unified_focal_loss`."""

    multiclass: ClassVar[bool] = False

    def __init__(
        self,
        overlap_weight: float = 0.5,
        delta: float = 0.6,
        gamma: float = 0.5,
        asymmetric: bool = True,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__()
        check_number("overlap_weight", overlap_weight, "0.5 is the paper's", least=0, most=1)
        check_number("delta", delta, "0.6 is the paper's", least=0, most=1)
        check_number("gamma", gamma, "0.5 is the paper's", least=0, most=0.99)
        self.overlap_weight, self.delta, self.gamma = overlap_weight, delta, gamma
        self.asymmetric, self.ignore_index = asymmetric, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return unified_focal_loss(
            logits,
            target,
            overlap_weight=self.overlap_weight,
            delta=self.delta,
            gamma=self.gamma,
            asymmetric=self.asymmetric,
            ignore_index=self.ignore_index,
        )
