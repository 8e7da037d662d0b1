"""Cross-entropy with the weight map of the U-Net (Ronneberger et al., arXiv:1505.04597)."""

from typing import ClassVar

from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._class_weights import class_weights
from cwmi_seg.losses._inputs import read_inputs
from cwmi_seg.losses._weight_map import read_weight_map


def unet_weighted_loss(
    logits: Tensor, target: Tensor, weight_map: Tensor | None, *, ignore_index: int | None = None
) -> Tensor:
    """Mean over the pixels of -(m + w_1) y log p - w_0 (1 - y) log(1 - p), m the U-Net map.

    w_c are the class weights of the balanced cross-entropy. Rewards structure that separates two near objects;
    two classes only. The majority class has weight 1, so the loss is not normalised.

    Args:
        logits: B 2 H W (or B 1 H W), raw.
        target: B H W, class index.
        weight_map: B 1 H W, from :func:`cwmi_seg.weight_maps.unet.weight_map`.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, inf), nats.

    Raises:
        ValueError: no map, one of a wrong shape, or more than two classes.

    Example:
        >>> import torch
        >>> target, weights = torch.tensor([[[0, 1, 0, 0]]]), torch.tensor([[[[0.0, 5.0, 0.0, 0.0]]]])
        >>> unet_weighted_loss(torch.zeros(1, 2, 1, 4), target, weights)  # (3 + 3 + 5) ln 2 / 4
        tensor(1.9062)

    Reference:
        O. Ronneberger, P. Fischer, T. Brox, U-Net, arXiv:1505.04597, equations 1 and 2.
    """
    inputs = read_inputs(logits, target, ignore_index, UNetWeightedLoss.dimensions, UNetWeightedLoss.multiclass)
    separating = read_weight_map(weight_map, inputs, "unet", channels=1)
    balanced = class_weights(inputs.indicator) * inputs.class_sums(inputs.log_prob)
    structure = separating * inputs.indicator[:, 1:] * inputs.log_prob[:, 1:]
    return -(balanced.sum() + structure.sum()) / inputs.num_pixels()


class UNetWeightedLoss(nn.Module):
    """Module form of :func:`unet_weighted_loss`.

    Args:
        w0: largest weight of the map.
        sigma: width of the map, in pixels.
        ignore_index: target value of pixels that take no part.
    """

    dimensions: ClassVar[tuple[int, ...]] = (2,)
    multiclass: ClassVar[bool] = False
    weight_map: ClassVar[str] = "unet"
    weight_map_channels: ClassVar[int] = 1

    def __init__(self, w0: float = 10.0, sigma: float = 5.0, ignore_index: int | None = None) -> None:
        super().__init__()
        check_number("w0", w0, "10 is the paper's", least=0)
        check_number("sigma", sigma, "5 pixels are the paper's", above=0)
        self.weight_map_settings = {"w0": w0, "sigma": sigma}
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return unet_weighted_loss(logits, target, weight_map, ignore_index=self.ignore_index)
