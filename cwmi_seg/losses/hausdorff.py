"""Hausdorff distance loss by distance transforms (Karimi and Salcudean, IEEE TMI 2020)."""

import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_choice, check_number
from cwmi_seg.losses._distances import distance_inside
from cwmi_seg.losses._inputs import Inputs, read_inputs


def hausdorff_loss(
    logits: Tensor, target: Tensor, alpha: float = 2.0, form: str = "both", *, ignore_index: int | None = None
) -> Tensor:
    """Mean over pixels and classes after 0 of ``(p - y)^2 (F(p > 1/2)^alpha + F(y)^alpha)``.

    F of a mask is the distance of each pixel to the boundary of the mask, from inside and from outside; 0 for a mask
    that is empty or full. Rewards masks without far errors; 0 at the target. It sees nothing of a target that is empty
    while nothing is predicted with more than 1/2, so it is trained with Dice beside it (``loss=dice_hausdorff``). No
    gradient flows through F, which is made anew in every step, on the CPU. Ignored pixels are background in target
    and prediction.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        alpha: power of the distances, above 0.
        form: "both", which is MONAI's; "inside", which is that of the boundary loss's authors: the distance of the
            pixels inside alone, of the prediction (its most probable class) rounded down to whole pixels.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, inf), in pixels to the power of alpha.

    Example:
        >>> target = torch.zeros(1, 8, 12, dtype=torch.long).index_fill(2, torch.tensor([3, 4]), 1)
        >>> near, far = (20.0 * torch.stack([1 - target, target], 1).roll(shift, 3) for shift in (1, 5))
        >>> bool(hausdorff_loss(near, target) < hausdorff_loss(far, target))
        True

    Reference:
        D. Karimi, S. E. Salcudean, Reducing the Hausdorff distance in medical image segmentation with convolutional
        neural networks, arXiv:1904.10030.
    """
    inputs = read_inputs(logits, target, ignore_index)
    prob, indicator = inputs.prob()[:, 1:], inputs.indicator[:, 1:]
    if form == "both":
        masks = torch.cat([(prob.detach() > 0.5).flatten(0, 1), (indicator > 0).flatten(0, 1)])
        found, wanted = _field(masks).chunk(2)
    else:
        found, wanted = (distance_inside(mask.flatten(0, 1)) for mask in (_predicted(inputs), indicator > 0))
        found = found.floor()
    weights = (found**alpha + wanted**alpha).view_as(prob).to(prob.dtype)
    return ((prob - indicator).square() * weights).sum() / (inputs.num_pixels() * prob.shape[1])


def _field(masks: Tensor) -> Tensor:
    """Distance to the boundary, float64 n *space; 0 where there is none."""
    inside = masks.flatten(1)
    bounded = (inside.any(1) & ~inside.all(1)).view(-1, *[1] * (masks.ndim - 1))
    to_outside, to_inside = distance_inside(torch.cat([masks, ~masks])).chunk(2)  # one trip to the CPU
    return torch.where(bounded, to_outside + to_inside, 0)


def _predicted(inputs: Inputs) -> Tensor:
    """The most probable class of each valid pixel, one-hot without class 0; of equals the first."""
    classes = torch.arange(1, inputs.log_prob.shape[1], device=inputs.log_prob.device)
    best = inputs.log_prob.argmax(1, keepdim=True)
    masks = best == classes.view(1, -1, *[1] * (best.ndim - 2))
    return masks if inputs.valid is None else masks & inputs.valid


class HausdorffLoss(nn.Module):
    """Module form of :func:`hausdorff_loss`."""

    def __init__(self, alpha: float = 2.0, form: str = "both", ignore_index: int | None = None) -> None:
        super().__init__()
        check_number("alpha", alpha, "2 is the paper's", above=0)
        check_choice("form", form, ("both", "inside"), "both sides of the border are the usual form")
        self.alpha, self.form, self.ignore_index = alpha, form, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return hausdorff_loss(logits, target, self.alpha, self.form, ignore_index=self.ignore_index)
