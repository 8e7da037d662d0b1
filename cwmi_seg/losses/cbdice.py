"""Centreline boundary Dice (Shi et al., MICCAI 2024): clDice that knows how wide a structure is."""

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_choice, check_number
from cwmi_seg.losses._distances import distance_inside
from cwmi_seg.losses._inputs import read_logits
from cwmi_seg.losses._thinning import thinned
from cwmi_seg.losses.cldice import soft_skeleton

WEIGHTINGS = ("cbdice", "division", "clmdice", "cldice")


def cbdice_loss(
    logits: Tensor,
    target: Tensor,
    iterations: int = 10,
    smooth: float = 1e-3,
    weighting: str = "cbdice",
    skeleton: str = "soft",
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """``1 - 2 prec sens / (prec + sens)``, the overlaps of clDice with centrelines and masks weighted by radius.

    Foreground against background: the logit is the largest after class 0, minus that of class 0; errors among the
    classes of the foreground are not seen. With p its probability, the mask P = (p > 1/2) and S the hard skeleton of
    a mask (``iterations`` erosions), D the distance to the outside of the mask and r its largest value on S (at least
    1), each mask has the weights V = min(D, r) / r on the mask, U = D / r and I = ((r - D + 1) / r)^(d - 1) on S, d the
    number of axes. So Q_V = V y, Q_U = U y, Q_I = I of the target, and Q'_V = V' p, Q'_U = U' p, Q'_I = I' p:

    ``prec = (sum Q'_I Q_V + s) / (sum comb(Q'_U, Q_U, Q'_I) + s)``, sens the same with both exchanged, sums over the
    batch; ``comb(A, B, w) = w (A where A != 0 and B = 0, else B)``. Gradients go through p, not through D and S.

    Rewards centrelines that lie in each other, with small and large vessels alike. It has no bound below, since the
    two sums weigh different radii; it is 0 for two empty masks. A mask that fills its image has no skeleton, and costs
    nothing. The published total is 2 cross-entropy + Dice + cbDice (``loss=dice_cbdice``). Ignored pixels are
    background in target and prediction.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index; classes after 0 are the foreground.
        iterations: erosions of the skeleton, at least 0.
        smooth: s, above 0.
        weighting: "cbdice"; "division" has the inverse radius (r / D)^(d - 1) of the first version; "clmdice" has I = 1
            on the skeleton; "cldice" has all weights 1, which is clDice with a hard skeleton of the prediction.
        skeleton: "soft" takes the soft skeleton of clDice of the hard masks, which breaks lines; "thinning" keeps their
            Euler number (five passes, for objects up to about ten pixels wide) and takes much longer.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar, mostly in [0, 1].

    Example:
        >>> target = torch.zeros(1, 16, 16, dtype=torch.long).index_fill(1, torch.tensor([7, 8, 9]), 1)
        >>> right = 20.0 * torch.stack([1 - target, target], 1)
        >>> bool(cbdice_loss(right, target) < cbdice_loss(right.roll(2, 2), target))
        True

    Reference:
        P. Shi et al., Centerline boundary Dice loss for vascular segmentation, arXiv:2407.01517.
    """
    raw, indicator, valid = read_logits(logits, target, ignore_index)
    logit = raw[:, 1:].amax(1) - raw[:, 0]
    prob, mask = logit.sigmoid(), indicator[:, 1:].sum(1)
    if valid is not None:
        prob = torch.where(valid[:, 0], prob, 0)
    predicted = prob.detach() > 0.5
    lines = partial(_skeleton, iterations=iterations) if skeleton == "soft" else thinned
    truth, found = (_radius_weights(m, lines(m), weighting) for m in (mask > 0, predicted))
    precision = _overlap(found.times(prob), truth.times(mask), smooth)
    sensitivity = _overlap(truth.times(mask), found.times(prob), smooth)
    return 1 - 2 * precision * sensitivity / (precision + sensitivity)


class _Weights(NamedTuple):
    """The weights of each pixel, B *space."""

    volume: Tensor  # V, on the mask
    inverse: Tensor  # I, on the skeleton
    radius: Tensor | None  # U, on the skeleton; None leaves lengths unweighted

    def times(self, values: Tensor) -> "_Weights":
        volume, inverse, radius = (None if w is None else w.to(values.dtype) * values for w in self)
        return _Weights(volume, inverse, radius)  # type: ignore[arg-type]


def _skeleton(mask: Tensor, iterations: int) -> Tensor:
    return soft_skeleton(mask[:, None].to(torch.int8), iterations)[:, 0]


def _radius_weights(mask: Tensor, lines: Tensor, weighting: str) -> _Weights:
    skeleton = lines.double()
    if weighting == "cldice":
        return _Weights(torch.ones_like(skeleton), skeleton, None)
    distance = distance_inside(mask)
    radius = distance * skeleton
    largest = radius.flatten(1).amax(1).clamp(min=1).view(-1, *[1] * (mask.ndim - 1))
    volume = torch.minimum(distance, largest) / largest
    return _Weights(volume, _inverse(radius, largest, weighting, mask.ndim - 2) * skeleton, radius / largest)


def _inverse(radius: Tensor, largest: Tensor, weighting: str, power: int) -> Tensor:
    """Weight of the skeleton that falls with the radius."""
    if weighting == "clmdice":
        return torch.ones_like(radius)
    if weighting == "division":
        return (1 + 1e-7) / ((radius / largest) ** power + 1e-7)
    return ((largest - radius + 1) / largest) ** power


def _overlap(line: _Weights, other: _Weights, smooth: float) -> Tensor:
    """The part of the centreline of one mask that lies in the other."""
    length = line.inverse
    if line.radius is not None and other.radius is not None:
        outside = (line.radius != 0) & (other.radius == 0)
        length = length * torch.where(outside, line.radius, other.radius)
    size = length.sum()
    return ((line.inverse * other.volume).sum() + smooth) / (size + smooth)


class CbDiceLoss(nn.Module):
    """Module form of :func:`cbdice_loss`."""

    def __init__(
        self,
        iterations: int = 10,
        smooth: float = 1e-3,
        weighting: str = "cbdice",
        skeleton: str = "soft",
        ignore_index: int | None = None,
    ) -> None:
        super().__init__()
        check_number("iterations", iterations, "10 is the paper's", least=0, whole=True)
        check_number("smooth", smooth, "1e-3 is the authors'", above=0)
        check_choice("weighting", weighting, WEIGHTINGS, "cbdice is the loss of the paper")
        check_choice("skeleton", skeleton, ("soft", "thinning"), "soft is the authors' default")
        self.iterations, self.smooth, self.weighting = iterations, smooth, weighting
        self.skeleton, self.ignore_index = skeleton, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return cbdice_loss(
            logits,
            target,
            iterations=self.iterations,
            smooth=self.smooth,
            weighting=self.weighting,
            skeleton=self.skeleton,
            ignore_index=self.ignore_index,
        )
