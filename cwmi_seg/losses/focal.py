"""Focal loss (Lin et al., ICCV 2017), with class weights from each image's own class counts."""

import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._class_weights import class_weights
from cwmi_seg.losses._inputs import read_inputs


def focal_loss(logits: Tensor, target: Tensor, gamma: float = 2.0, *, ignore_index: int | None = None) -> Tensor:
    """Mean over the pixels of ``-w_c (1 - p_c)^gamma log p_c``, c the target class.

    Pixels that are already right count little; ``gamma = 0`` is the balanced cross-entropy, whose weights ``w_c``
    (largest class count of the image / n_c) take the place of the paper's alpha.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        gamma: Power of the error, at least 0; the larger, the less easy pixels count.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, inf), nats.

    Example:
        >>> import torch
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> focal_loss(torch.zeros(1, 2, 1, 4), target)
        tensor(0.2599)

    Reference:
        T.-Y. Lin et al., Focal loss for dense object detection, arXiv:1708.02002, equation 5.
    """
    inputs = read_inputs(logits, target, ignore_index)
    log_prob = (inputs.indicator * inputs.log_prob).sum(1, keepdim=True)  # B 1 *space, of the target class
    tiny = torch.finfo(log_prob.dtype).tiny  # 0^(gamma - 1) in the gradient is infinite for gamma below 1
    hardness = (-torch.expm1(log_prob)).clamp(min=tiny) ** gamma
    weighted = class_weights(inputs.indicator) * inputs.class_sums(hardness * log_prob)
    return -weighted.sum() / inputs.num_pixels()


class FocalLoss(nn.Module):
    """Module form of :func:`focal_loss`."""

    def __init__(self, gamma: float = 2.0, ignore_index: int | None = None) -> None:
        super().__init__()
        check_number("gamma", gamma, "2 is the paper's, 0 is the balanced cross-entropy", least=0)
        self.gamma, self.ignore_index = gamma, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return focal_loss(logits, target, self.gamma, ignore_index=self.ignore_index)
