"""Skeleton-aware weighted cross-entropy with the boundary rectified term (Liu et al., arXiv:2404.18539)."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._class_weights import class_weights
from cwmi_seg.losses._inputs import Inputs, read_inputs
from cwmi_seg.losses._rectified import rectified_masks
from cwmi_seg.losses._weight_map import read_weight_map


def skea_topo_loss(
    logits: Tensor,
    target: Tensor,
    weight_map: Tensor | None,
    w0: float = 10.0,
    bort_weight: float = 1.0,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """Cross-entropy weighted by nearness to the skeletons, plus ``bort_weight`` times the boundary rectified term.

    From the channels s_0, s_1 of the Skea-topo map and the class weights w_c of the balanced cross-entropy:
    W_1 = w0 s_1 + w_1 y, W_0 = w0 s_0 + w_0 (1 - y). In the ring of two pixels around the structure, t = w0 (1 - s_0)
    where it exceeds W_0: there W_1 = w0 s_1 + t, W_0 = 0.
    Cross-entropy term = sum(-W_1 log p - W_0 log(1 - p)) / sum(W_1 + W_0).

    The ring trains object pixels beside the structure to be structure, so the best prediction is a widened mask.

    Boundary rectified term (BoRT) = mean |p - r|, r the prediction with its topologically critical errors put right
    (:func:`rectified_masks`): other errors, such as a shifted border, cost nothing. No gradient flows through r. It
    needs two skeletons of each image in every step, made on the CPU.

    Args:
        logits: B 2 H W (or B 1 H W), raw.
        target: B H W, class index.
        weight_map: B 4 H W, from :func:`cwmi_seg.weight_maps.skea_topo.weight_map`.
        w0: weight of the map.
        bort_weight: Weight of BoRT (epsilon in the paper); 0 leaves it out.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, inf): a weighted mean in nats, and ``bort_weight`` times BoRT, which is in [0, 1].

    Raises:
        ValueError: no map, one of a wrong shape, or more than two classes.

    Example:
        >>> from cwmi_seg.weight_maps.skea_topo import weight_map
        >>> target = torch.zeros(1, 8, 8, dtype=torch.long).index_fill(2, torch.tensor([3, 4]), 1)
        >>> weights = torch.from_numpy(weight_map(target[0].numpy()))[None]
        >>> skea_topo_loss(torch.zeros(1, 2, 8, 8), target, weights)  # ln 2, and 1/2 of BoRT
        tensor(1.1931)

    Reference:
        C. Liu et al., Enhancing boundary segmentation for topological accuracy with skeleton-based methods,
        arXiv:2404.18539.
    """
    inputs = read_inputs(logits, target, ignore_index, SkeaTopoLoss.dimensions, SkeaTopoLoss.multiclass)
    maps = read_weight_map(weight_map, inputs, "skea_topo", channels=4)
    weights = _weights(inputs, maps[:, :2], w0)
    total = weights.sum()
    value = -(weights * inputs.log_prob).sum() / torch.where(total > 0, total, 1)
    return value + bort_weight * boundary_rectified_term(inputs, maps) if bort_weight else value


def _weights(inputs: Inputs, nearness: Tensor, w0: float) -> Tensor:
    """The weights W_0 and W_1 of each pixel, B 2 H W."""
    class_weight = class_weights(inputs.indicator)[:, :, None, None]
    objects, structure = (w0 * nearness + class_weight * inputs.indicator).unbind(1)
    mask = inputs.indicator[:, 1]
    wide = F.max_pool2d(F.max_pool2d(mask, (5, 1), stride=1, padding=(2, 0)), (1, 5), stride=1, padding=(0, 2))
    ring = wide > mask
    ring_weight = w0 * (1 - nearness[:, 0])
    taken = ring & (ring_weight > objects)
    weights = torch.stack([torch.where(taken, 0, objects), torch.where(taken, structure + ring_weight, structure)], 1)
    return weights if inputs.valid is None else torch.where(inputs.valid, weights, 0)


def boundary_rectified_term(inputs: Inputs, maps: Tensor) -> Tensor:
    """Mean |p - r| over the valid pixels, p the probability of the structure."""
    prob, mask = inputs.prob()[:, 1], inputs.indicator[:, 1]
    valid = inputs.indicator.sum(1)
    rectified = rectified_masks(prob.detach() > 0.5, mask > 0, maps[:, 2] > 0, maps[:, 3] > 0)
    return ((prob - rectified.to(prob.dtype)).abs() * valid).sum() / inputs.num_pixels()


class SkeaTopoLoss(nn.Module):
    """Module form of :func:`skea_topo_loss`, with BoRT only after the first epochs.

    The attribute ``epoch`` (from 0 on) is set by the trainer; a loss used alone has BoRT.

    Args:
        w0: weight of the map.
        bort_weight: Weight of BoRT; 0 leaves it out.
        bort_after_epoch: BoRT takes part in the epochs after this one.
        ignore_index: target value of pixels that take no part.
    """

    dimensions: ClassVar[tuple[int, ...]] = (2,)
    multiclass: ClassVar[bool] = False
    weight_map: ClassVar[str] = "skea_topo"
    weight_map_channels: ClassVar[int] = 4

    def __init__(
        self, w0: float = 10.0, bort_weight: float = 1.0, bort_after_epoch: int = 20, ignore_index: int | None = None
    ) -> None:
        super().__init__()
        check_number("w0", w0, "10 is the paper's", least=0)
        check_number("bort_weight", bort_weight, "1 is the paper's, 0 leaves BoRT out", least=0)
        check_number("bort_after_epoch", bort_after_epoch, "20 is the paper's, -1 has BoRT from the start", least=-1)
        self.w0, self.bort_weight, self.bort_after_epoch = w0, bort_weight, bort_after_epoch
        self.ignore_index = ignore_index
        self.epoch: int | None = None

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        waiting = self.epoch is not None and self.epoch <= self.bort_after_epoch
        bort_weight = 0.0 if waiting else self.bort_weight
        return skea_topo_loss(
            logits, target, weight_map, w0=self.w0, bort_weight=bort_weight, ignore_index=self.ignore_index
        )
