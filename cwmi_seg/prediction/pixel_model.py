"""A trained network together with the normalisation it was trained with."""

from typing import cast

import torch
from torch import Tensor, nn

from cwmi_seg.datasets.info import DatasetInfo


class PixelModel(nn.Module):
    """Pixels as stored in, logits out: ``model((pixels - mean) / std)``, in evaluation mode.

    Args:
        model: Network from normalised images B I H W (volumes B I D H W) to logits B C H W (B C D H W).
        info: The dataset that it was trained on, with mean, std, channels, classes and pixel type.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, model: nn.Module, info: DatasetInfo) -> None:
        super().__init__()
        self.model, self.info = model, info
        for name, values in (("mean", info.mean), ("std", info.std)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32).view(-1, *[1] * info.dimensions))
        self.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixel values B I *space of any type, in the units of the training images, to logits B C *space."""
        return cast(Tensor, self.model((pixels.to(self.mean.dtype) - self.mean) / self.std.clamp(min=1e-6)))
