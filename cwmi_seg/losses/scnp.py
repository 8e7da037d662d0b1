"""Same-class neighbour penalisation: every pixel answers for the worst of its neighbours of the same class."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import read_logits
from cwmi_seg.losses._members import LossOfLosses, value_of
from cwmi_seg.mistakes import Mistake


class SCNPLoss(LossOfLosses):
    """Any loss of :func:`penalised_logits`, plus that loss of the logits themselves where ``plain`` is set.

    Rewards structures without weak spots: one bad pixel of a thin structure counts for all of its neighbours, and gets
    the gradient of all. The published total is cross-entropy + Dice (every class, of each image) of the penalised
    logits, which is ``loss=scnp``.

    With C = 2 the value depends on the difference of the two logits alone, as that of other losses does. With C > 2 it
    takes the raw logits, as published: a number that is added to all logits of an image changes nothing, one that is
    added to those of a single pixel does. Ignored pixels are no neighbours, and keep their logits.

    The wrapped loss is told the weight map, the epoch and the ignored index; its parts are handed on. With ``plain``
    the value of the plain logits is the part ``plain``.

    Args:
        loss: any loss of the contract, a sum for example.
        window: odd side of the neighbourhood, in pixels; 1 leaves the logits as they are.
        plain: Whether to add the loss of the plain logits.
        ignore_index: target value of pixels that take no part, handed on to the wrapped loss; None leaves it as it is.

    Raises:
        ValueError: an even window, or a wrapped loss that cannot ignore pixels.

    Example:
        >>> from cwmi_seg.losses import CrossEntropyLoss
        >>> target = torch.tensor([[[0, 0, 1, 1, 1]]])
        >>> weak = torch.tensor([[[[-4.0, -4.0, 4.0, -1.0, 4.0]]]])  # one of the three is wrong
        >>> bool(SCNPLoss(CrossEntropyLoss())(weak, target) > 2 * CrossEntropyLoss()(weak, target))
        True

    Reference:
        Same-class neighbour penalisation, arXiv:2603.18671.
    """

    def __init__(self, loss: nn.Module, window: int = 3, plain: bool = False, ignore_index: int | None = None) -> None:
        super().__init__()
        check_number("window", window, "3 is the paper's", least=1, whole=True)
        if window % 2 == 0:
            raise Mistake(f"window: expected an odd number, got {window}; 3 is the paper's.")
        self.loss, self.window, self.plain = loss, window, plain
        self.adopt(ignore_index)

    def members(self) -> dict[str, nn.Module]:
        """The wrapped loss."""
        return {"loss": self.loss}

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        ignored = getattr(self.loss, "ignore_index", None) if self.ignore_index is None else self.ignore_index
        raw, indicator, valid = read_logits(logits, target, ignored, self.dimensions, self.multiclass)
        plain = value_of(self.loss, raw, target, weight_map, self.epoch) if self.plain else None
        penalised = penalised_logits(raw, indicator, valid, self.window)
        value = value_of(self.loss, penalised, target, weight_map, self.epoch)
        self.parts = dict(getattr(self.loss, "parts", {}))
        if plain is None:
            return value
        self.parts["plain"] = plain.detach()
        return value + plain


def penalised_logits(logits: Tensor, indicator: Tensor, valid: Tensor | None, window: int) -> Tensor:
    """The least certain logit among the neighbours that agree on the class, for each pixel and class.

    ``z_c(i) = min z_c(j)`` over the pixels j of the window around i that are of class c, if i is; else ``max z_c(j)``
    over those that are not. The gradient goes to the pixel that is chosen. With two classes ``z = [0, s]``, s from the
    differences of the two logits.

    Args:
        logits: B C *space, C at least 2.
        indicator: B C *space, one-hot target, all 0 where ignored.
        valid: B 1 *space bool, False where ignored; None: all valid.
        window: odd side, clipped at the border.
    """
    two = logits.shape[1] == 2
    values, inside = (logits[:, 1:] - logits[:, :1], indicator[:, 1:] > 0) if two else (logits, indicator > 0)
    outside = ~inside if valid is None else ~inside & valid
    # a minimum is the maximum of the negative values; infinity keeps pixels of other classes from being chosen
    lowest = -_largest(torch.where(inside, -values, -math.inf), window)
    highest = _largest(torch.where(outside, values, -math.inf), window)
    chosen = torch.where(inside, lowest, torch.where(outside, highest, values))
    return torch.cat([torch.zeros_like(chosen), chosen], dim=1) if two else chosen


def _largest(values: Tensor, window: int) -> Tensor:
    """The largest value of each window, one axis after the other."""
    dimensions = values.ndim - 2
    pool = F.max_pool2d if dimensions == 2 else F.max_pool3d
    for axis in range(dimensions):
        sides = [window if i == axis else 1 for i in range(dimensions)]
        values = pool(values, sides, stride=1, padding=[side // 2 for side in sides])
    return values
