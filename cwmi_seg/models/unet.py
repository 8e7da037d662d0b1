"""U-Net (Ronneberger et al., arXiv:1505.04597) with batch normalisation and nearest upsampling."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cwmi_seg.mistakes import Mistake

_LEVELS = 5


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def _double_convolution(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(*_convolution(inputs, outputs), *_convolution(outputs, outputs))


class UNet(nn.Module):
    """Five levels of 3x3 convolutions with skip connections, as in the CWMI paper.

    Images of any size: the borders are repeated up to a multiple of 16 and the logits cropped back.

    Args:
        in_channels: image channels I.
        num_classes: logit channels C.
        width: channels of the first level; level i has ``width * 2**i``.
    """

    def __init__(self, in_channels: int, num_classes: int, width: int = 64) -> None:
        super().__init__()
        if width < 1:
            raise Mistake(f"width: expected at least 1, got {width}; use for example 16.")
        # names and order of the modules are those of the weights on disk
        widths = [width * 2**level for level in range(_LEVELS)]
        self.down = nn.ModuleList(
            _double_convolution(a, b) for a, b in zip([in_channels, *widths[:-1]], widths, strict=True)
        )
        self.up = nn.ModuleList(nn.Sequential(*_convolution(2 * w, w)) for w in reversed(widths[:-1]))
        self.merge = nn.ModuleList(_double_convolution(2 * w, w) for w in reversed(widths[:-1]))
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Images B I H W to logits B C H W."""
        height, width = image.shape[-2:]
        multiple = 2 ** (_LEVELS - 1)
        x = F.pad(image, (0, -width % multiple, 0, -height % multiple), mode="replicate")
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        for level, skip in enumerate(reversed(skips[:-1])):
            x = self.join(level, self.up[level](F.interpolate(x, scale_factor=2)), skip)
        return self.head(x)[..., :height, :width]

    def join(self, level: int, decoder: Tensor, skip: Tensor) -> Tensor:
        """Merge the features coming up with those of the skip connection; level 0 is the deepest."""
        return self.merge[level](torch.cat([skip, decoder], dim=1))
