"""U-Net (Ronneberger et al., arXiv:1505.04597) with batch normalisation and nearest upsampling, in 2D and 3D."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cwmi_seg.mistakes import Mistake
from cwmi_seg.models.padding import cropped, padded
from cwmi_seg.models.poolings import poolings

_LEVELS = 5
CONVOLUTIONS: dict[int, type[nn.Conv2d] | type[nn.Conv3d]] = {2: nn.Conv2d, 3: nn.Conv3d}
NORMS: dict[int, type[nn.BatchNorm2d] | type[nn.BatchNorm3d]] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
"""The layers, by the number of axes."""


def _convolution(dimensions: int, inputs: int, outputs: int) -> list[nn.Module]:
    layer = CONVOLUTIONS[dimensions](inputs, outputs, 3, padding=1)
    return [layer, NORMS[dimensions](outputs), nn.ReLU(inplace=True)]


def _double_convolution(dimensions: int, inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(*_convolution(dimensions, inputs, outputs), *_convolution(dimensions, outputs, outputs))


class UNet(nn.Module):
    """Five levels of convolutions over 3 samples an axis, with skip connections, as in the CWMI paper.

    Images and volumes of any size: the borders are repeated up to a multiple of the poolings, 16 for images, and the
    logits cropped back.

    Args:
        in_channels: image channels I.
        num_classes: logit channels C.
        width: channels of the first level; level i has ``width * 2**i``.
        dimensions: 2 for images, 3 for volumes.
        spacing: distance of neighbouring samples along each axis, in any unit; equal by default. An axis of coarser
            samples is pooled later, see :func:`~cwmi_seg.models.poolings.poolings`.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        width: int = 64,
        dimensions: int = 2,
        spacing: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        if width < 1:
            raise Mistake(f"width: expected at least 1, got {width}; use for example 16.")
        self.poolings = poolings(dimensions, spacing, _LEVELS - 1)
        self.multiples = tuple(math.prod(factors) for factors in zip(*self.poolings, strict=True))
        # names and order of the modules are those of the weights on disk
        widths = [width * 2**level for level in range(_LEVELS)]
        self.down = nn.ModuleList(
            _double_convolution(dimensions, a, b) for a, b in zip([in_channels, *widths[:-1]], widths, strict=True)
        )
        self.up = nn.ModuleList(nn.Sequential(*_convolution(dimensions, 2 * w, w)) for w in reversed(widths[:-1]))
        self.merge = nn.ModuleList(_double_convolution(dimensions, 2 * w, w) for w in reversed(widths[:-1]))
        self.head = CONVOLUTIONS[dimensions](width, num_classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Images B I H W to logits B C H W; volumes B I D H W to B C D H W."""
        pool = F.max_pool2d if image.ndim == 4 else F.max_pool3d
        x = padded(image, self.multiples)
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else pool(x, self.poolings[level - 1]))
            skips.append(x)
        for level, (skip, factors) in enumerate(zip(reversed(skips[:-1]), reversed(self.poolings), strict=True)):
            wide = F.interpolate(x, scale_factor=tuple(map(float, factors)))
            x = self.join(level, self.up[level](wide), skip)
        return cropped(self.head(x), image)

    def join(self, level: int, decoder: Tensor, skip: Tensor) -> Tensor:
        """Merge the features coming up with those of the skip connection; level 0 is the deepest."""
        return self.merge[level](torch.cat([skip, decoder], dim=1))
