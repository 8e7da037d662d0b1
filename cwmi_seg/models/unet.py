"""U-Net (Ronneberger et al., arXiv:1505.04597) with batch normalisation and nearest upsampling."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def _double_conv(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        *(
            layer
            for channels in (inputs, outputs)
            for layer in (nn.Conv2d(channels, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
        )
    )


class UNet(nn.Module):
    """Five levels of width, 2 width, ... 16 width channels; pads to a multiple of 16 and crops inside."""

    def __init__(self, in_channels: int, num_classes: int, width: int = 64) -> None:
        super().__init__()
        if width < 1:
            raise ValueError(f"width: expected at least 1, got {width}; use for example 16.")
        widths = [width * 2**level for level in range(5)]
        self.down = nn.ModuleList(_double_conv(a, b) for a, b in zip([in_channels, *widths[:-1]], widths, strict=True))
        self.up = nn.ModuleList(nn.Conv2d(2 * w, w, 3, padding=1) for w in reversed(widths[:-1]))
        self.merge = nn.ModuleList(_double_conv(2 * w, w) for w in reversed(widths[:-1]))
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        x = F.pad(image, (0, -width % 16, 0, -height % 16), mode="replicate")
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        for up, merge, skip in zip(self.up, self.merge, reversed(skips[:-1]), strict=True):
            x = merge(torch.cat([skip, up(F.interpolate(x, scale_factor=2))], dim=1))
        logits: Tensor = self.head(x)
        return logits[..., :height, :width]
