"""Cross-entropy with adaptive boundary weights (Liu et al., arXiv:1905.09226)."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import read_inputs
from cwmi_seg.losses._weight_map import read_weight_map


def abw_loss(
    logits: Tensor, target: Tensor, weight_map: Tensor | None, dilation: int = 0, *, ignore_index: int | None = None
) -> Tensor:
    """sum(-b log(1 - p) - a log p) / sum(a + b), from the channels m_0, m_1 of the ABW map.

    a = m_1 where m_1 >= m_0, else 0, times the dilated mask; b = m_0 where a <= m_0, else 0. Rewards structure, and
    object pixels in the middle and at the border of their object; two classes only.

    With ``dilation`` (the paper has 2, its published code in effect 0) object pixels beside the structure are trained
    to be structure: the best prediction is then a widened mask, which pays only where labels are one pixel wide.

    Args:
        logits: B 2 H W (or B 1 H W), raw.
        target: B H W, class index.
        weight_map: B 2 H W, from :func:`cwmi_seg.weight_maps.abw.weight_map`.
        dilation: iterations of a 3x3 dilation of the mask.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, inf), nats: a weighted mean.

    Raises:
        ValueError: no map, one of a wrong shape, or more than two classes.

    Example:
        >>> from cwmi_seg.weight_maps.abw import weight_map
        >>> target = torch.tensor([[[0, 0, 1, 0, 0, 0]]])
        >>> weights = torch.from_numpy(weight_map(target[0].numpy()))[None]
        >>> abw_loss(torch.ones(1, 1, 1, 6), target, weights)  # 44 % of the weight is on the structure
        tensor(0.8756)

    Reference:
        W. Liu et al., Boundary learning by using weighted propagation in convolution network (WPU-Net),
        arXiv:1905.09226, the adaptive boundary weight.
    """
    inputs = read_inputs(logits, target, ignore_index, ABWLoss.dimensions, ABWLoss.multiclass)
    weights = read_weight_map(weight_map, inputs, "abw", channels=2)
    if inputs.valid is not None:
        weights = torch.where(inputs.valid, weights, 0)
    middle, border = weights.unbind(1)
    # a dilation by 3x3, repeated, is the maximum over a larger square
    mask = F.max_pool2d(inputs.indicator[:, 1], 2 * dilation + 1, stride=1, padding=dilation)
    structure = torch.where(border >= middle, border, 0) * mask
    objects = torch.where(structure <= middle, middle, 0)
    weights = torch.stack([objects, structure], dim=1)  # B 2 H W
    total = weights.sum()
    return -(weights * inputs.log_prob).sum() / torch.where(total > 0, total, 1)


class ABWLoss(nn.Module):
    """Module form of :func:`abw_loss`."""

    dimensions: ClassVar[tuple[int, ...]] = (2,)
    multiclass: ClassVar[bool] = False
    weight_map: ClassVar[str] = "abw"
    weight_map_channels: ClassVar[int] = 2

    def __init__(self, dilation: int = 0, ignore_index: int | None = None) -> None:
        super().__init__()
        check_number("dilation", dilation, "0 is what the published code does", least=0, whole=True)
        self.dilation, self.ignore_index = dilation, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return abw_loss(logits, target, weight_map, self.dilation, ignore_index=self.ignore_index)
