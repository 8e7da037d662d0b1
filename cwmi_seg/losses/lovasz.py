"""Lovász loss: the Jaccard index of masks, extended to probabilities (Berman et al., CVPR 2018)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cwmi_seg.losses._arguments import check_choice
from cwmi_seg.losses._inputs import read_logits


def lovasz_loss(
    logits: Tensor,
    target: Tensor,
    form: str = "softmax",
    classes: str = "present",
    batch: bool = True,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """Mean over the classes of ``sum_k (J_k - J_(k-1)) e_k``, errors ``e_1 >= e_2 >= ...`` of all pixels.

    ``J_k`` is the Jaccard loss of the mask in which exactly the k worst pixels are wrong, so the loss is piecewise
    linear in the errors, and the Jaccard loss itself where the errors are 0 or 1. In the softmax form
    ``e = abs(y_c - p_c)``; in the hinge form, for two classes, ``e = relu(1 - s)`` for structure and ``relu(1 + s)``
    for background, s the difference of the logits. Ignored pixels are dropped.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        form: "softmax" or "hinge".
        classes: "present" leaves out classes that the target lacks; "all" counts the largest probability that such a
            class has. The hinge form has one class.
        batch: sorts the pixels of the batch together; else of each image, and the mean over the images too.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, 1] (softmax) or [0, inf) (hinge).

    Raises:
        ValueError: the hinge form with more than two classes.

    Example:
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> lovasz_loss(torch.zeros(1, 2, 1, 4), target)
        tensor(0.5000)

    Reference:
        M. Berman, A. R. Triki, M. B. Blaschko, The Lovász-Softmax loss, arXiv:1705.08790.
    """
    hinge = form == "hinge"
    raw, indicator, valid = read_logits(logits, target, ignore_index, multiclass=not hinge)
    if hinge:
        indicator = indicator[:, 1:]
        errors = F.relu(1 - (raw[:, 1:] - raw[:, :1]) * (2 * indicator - 1))
    else:
        errors = (indicator - raw.softmax(1)).abs()
    errors, labels = _rows(errors, batch), _rows(indicator, batch)  # G C N
    seen = torch.ones_like(labels[:, :1]) if valid is None else _rows(valid.to(labels.dtype), batch)
    values = _extended_jaccard(errors * seen, labels, seen.expand_as(labels))  # G C
    counted = labels.sum(2) > 0 if classes == "present" and not hinge else (seen.sum(2) > 0).expand_as(values)
    per_group = torch.where(counted, values, 0).sum(1) / counted.sum(1).clamp(min=1)
    return per_group.mean()


def _rows(values: Tensor, batch: bool) -> Tensor:
    """B C *space to G C N: the pixels that are sorted together, G = 1 for the batch."""
    flat = values.flatten(2)
    return flat.transpose(0, 1).flatten(1)[None] if batch else flat


def _extended_jaccard(errors: Tensor, labels: Tensor, seen: Tensor) -> Tensor:
    """The extension for each of G C rows; what is not ``seen`` has error 0 and changes no count.

    The counts are summed in float64: in float32 the differences of J lose 4 % of the gradient on large batches.
    """
    errors, order = errors.sort(2, descending=True)
    labels, seen = (x.gather(2, order).double() for x in (labels, seen))
    num_target = labels.sum(2, keepdim=True)
    missed, false = labels.cumsum(2), (seen - labels).cumsum(2)
    union = num_target + false
    jaccard = 1 - (num_target - missed) / torch.where(union > 0, union, 1)
    jaccard = torch.where(union > 0, jaccard, 0)
    weights = torch.diff(jaccard, dim=2, prepend=torch.zeros_like(num_target))
    return (errors * weights.to(errors.dtype)).sum(2)


class LovaszLoss(nn.Module):
    """Module form of :func:`lovasz_loss`."""

    def __init__(
        self,
        form: str = "softmax",
        classes: str = "present",
        batch: bool = True,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__()
        check_choice("form", form, ("softmax", "hinge"), "softmax takes any number of classes")
        check_choice("classes", classes, ("present", "all"), "present is the authors'")
        self.form, self.classes, self.batch, self.ignore_index = form, classes, batch, ignore_index
        self.multiclass = form == "softmax"

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return lovasz_loss(
            logits, target, form=self.form, classes=self.classes, batch=self.batch, ignore_index=self.ignore_index
        )
