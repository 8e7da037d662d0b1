"""Boundary loss (Kervadec et al., MIDL 2019)."""

from typing import ClassVar

from torch import Tensor, nn

from cwmi_seg.losses._inputs import read_inputs
from cwmi_seg.losses._weight_map import read_weight_map


def boundary_loss(
    logits: Tensor,
    target: Tensor,
    weight_map: Tensor | None,
    include_background: bool = False,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """Mean over pixels and classes of ``p_c phi_c``, phi_c the signed distance to the boundary of class c.

    phi_c is positive outside the class, negative inside, in pixels. Rewards probability that lies inside, and punishes
    it by its distance: a false pixel far away costs more than a shifted border. It is negative at the target, and
    larger for larger images, so it is trained as a small part of a sum whose weight grows (``loss=dice_boundary``).
    A class that an image lacks costs nothing there, which Dice or cross-entropy has to make up for.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        weight_map: B C-1 *space, or B C *space with class 0, from :func:`cwmi_seg.weight_maps.boundary.weight_map`.
        include_background: Whether class 0 counts.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar, in pixels; at least the mean of phi_c inside the classes.

    Raises:
        ValueError: no map, or one of a wrong shape.

    Example:
        >>> import torch
        >>> from cwmi_seg.weight_maps.boundary import weight_map
        >>> target = torch.tensor([[[0, 0, 1, 1, 1, 0]]])
        >>> maps = torch.from_numpy(weight_map(target[0].numpy()))[None]
        >>> boundary_loss(torch.zeros(1, 1, 1, 6), target, maps)  # 1/2 of the mean of 2, 1, 0, -1, 0, 1
        tensor(0.2500)

    Reference:
        H. Kervadec et al., Boundary loss for highly unbalanced segmentation, arXiv:1812.07032.
    """
    inputs = read_inputs(logits, target, ignore_index)
    prob = inputs.prob() if include_background else inputs.prob()[:, 1:]  # 0 where ignored
    distance = read_weight_map(weight_map, inputs, "boundary", channels=prob.shape[1])
    return (prob * distance).sum() / (inputs.num_pixels() * prob.shape[1])


class BoundaryLoss(nn.Module):
    """Module form of :func:`boundary_loss`.

    The number of classes in the settings of its map is None: it is filled in from the dataset.
    """

    weight_map: ClassVar[str] = "boundary"
    weight_map_channels: ClassVar[int | None] = None  # of every class but 0, or of every class
    multiclass: ClassVar[bool] = True  # as its map is

    def __init__(self, include_background: bool = False, ignore_index: int | None = None) -> None:
        super().__init__()
        self.include_background, self.ignore_index = include_background, ignore_index

    @property
    def weight_map_settings(self) -> dict[str, object]:
        """The arguments of the map's generator; the number of classes is filled in from the dataset."""
        return {
            "num_classes": None,
            "include_background": self.include_background,
            "ignore_index": self.ignore_index,
        }

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return boundary_loss(logits, target, weight_map, self.include_background, ignore_index=self.ignore_index)
