"""Skeleton Recall: the prediction should cover the skeleton of the target (Kirchhoff et al., ECCV 2024)."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import read_inputs, space
from cwmi_seg.losses._weight_map import read_weight_map


def skeleton_recall_loss(
    logits: Tensor,
    target: Tensor,
    weight_map: Tensor | None,
    smooth: float = 1e-5,
    batch: bool = True,
    skip_absent: bool = False,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """``1 - mean over the classes after 0 of (sum(p_c [T = c]) + s) / (sum([T = c]) + s)``, T the skeleton map.

    Rewards structures that are found along their whole length, whatever their width. Nothing is paid for what is
    predicted beside them: "structure everywhere" is a minimum, so it is trained with Dice and cross-entropy beside it
    (``loss=dice_cross_entropy_skeleton_recall``), never alone. The skeleton is that of the target and comes with the
    data, so the loss costs little more than its softmax.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        weight_map: B 1 *space, from :func:`cwmi_seg.weight_maps.skeleton.weight_map`.
        smooth: s, above 0.
        batch: sums over batch and pixels; else over the pixels of each image, and the mean over the images too.
        skip_absent: leave out classes without a skeleton; they cost nothing either way, but make the mean smaller.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, 1].

    Raises:
        ValueError: no map, or one of a wrong shape.

    Example:
        >>> from cwmi_seg.weight_maps.skeleton import weight_map
        >>> target = torch.zeros(1, 9, 9, dtype=torch.long).index_fill(1, torch.tensor([4]), 1)
        >>> maps = torch.from_numpy(weight_map(target[0].numpy()))[None]
        >>> skeleton_recall_loss(torch.zeros(1, 1, 9, 9), target, maps)
        tensor(0.5000)

    Reference:
        Y. Kirchhoff et al., Skeleton Recall loss, arXiv:2404.03010.
    """
    inputs = read_inputs(logits, target, ignore_index)
    labels = read_weight_map(weight_map, inputs, "skeleton", channels=1)
    classes = torch.arange(1, inputs.log_prob.shape[1], device=labels.device).view(1, -1, *[1] * (labels.ndim - 2))
    tube = labels == classes  # B C-1 *space
    tube = (tube if inputs.valid is None else tube & inputs.valid).to(inputs.log_prob.dtype)
    over = (0, *space(tube)) if batch else space(tube)
    length = tube.sum(over)
    recall = ((tube * inputs.prob()[:, 1:]).sum(over) + smooth) / (length + smooth)
    counted = length > 0 if skip_absent else torch.ones_like(length, dtype=torch.bool)
    return torch.where(counted, 1 - recall, 0).sum() / counted.sum().clamp(min=1)


class SkeletonRecallLoss(nn.Module):
    """Module form of :func:`skeleton_recall_loss`.

    Args:
        tube: Number of dilations of the skeleton by the cross of 4 (6) neighbours, which is then 2 ``tube`` + 1 wide.
        smooth: Number added to both sums, above 0.
        batch: Whether the sums go over the batch; else they go over each image.
        skip_absent: Whether to leave out classes without a skeleton.
        ignore_index: target value of pixels that take no part.
    """

    weight_map: ClassVar[str] = "skeleton"
    weight_map_channels: ClassVar[int] = 1
    multiclass: ClassVar[bool] = True  # as its map is

    def __init__(
        self,
        tube: int = 2,
        smooth: float = 1e-5,
        batch: bool = True,
        skip_absent: bool = False,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__()
        check_number("tube", tube, "2 is the paper's", least=0, whole=True)
        check_number("smooth", smooth, "1e-5 is the paper's", above=0)
        self.tube, self.smooth, self.batch, self.skip_absent = tube, smooth, batch, skip_absent
        self.ignore_index = ignore_index

    @property
    def weight_map_settings(self) -> dict[str, object]:
        """The arguments of the map's generator."""
        return {"tube": self.tube, "ignore_index": self.ignore_index}

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return skeleton_recall_loss(
            logits,
            target,
            weight_map,
            smooth=self.smooth,
            batch=self.batch,
            skip_absent=self.skip_absent,
            ignore_index=self.ignore_index,
        )
