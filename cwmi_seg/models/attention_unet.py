"""Attention U-Net (Oktay et al., arXiv:1804.03999): a U-Net whose skip connections pass an additive attention gate."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cwmi_seg.models.unet import CONVOLUTIONS, NORMS, UNet


class AttentionGate(nn.Module):
    """Scales the skip features x by sigmoid(psi(relu(W_g g + W_x x))), g the features of the decoder.

    Args:
        channels: Number of channels of x and of g.
        dimensions: 2 for images, 3 for volumes.
    """

    def __init__(self, channels: int, dimensions: int = 2) -> None:
        super().__init__()
        inner = max(channels // 2, 1)
        convolution, norm = CONVOLUTIONS[dimensions], NORMS[dimensions]
        self.gate = nn.Sequential(convolution(channels, inner, 1), norm(inner))
        self.skip = nn.Sequential(convolution(channels, inner, 1), norm(inner))
        self.score = nn.Sequential(convolution(inner, 1, 1), norm(1), nn.Sigmoid())

    def forward(self, decoder: Tensor, skip: Tensor) -> Tensor:
        return skip * self.score(torch.relu(self.gate(decoder) + self.skip(skip)))


class AttentionUNet(UNet):
    """U-Net of the same widths with an attention gate at each skip connection.

    Args:
        in_channels: image channels I.
        num_classes: logit channels C.
        width: channels of the first level; level i has ``width * 2**i``, five levels.
        dimensions: 2 for images, 3 for volumes.
        spacing: distance of neighbouring samples along each axis, see :class:`~cwmi_seg.models.unet.UNet`.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        width: int = 64,
        dimensions: int = 2,
        spacing: Sequence[float] | None = None,
    ) -> None:
        super().__init__(in_channels, num_classes, width, dimensions, spacing)
        self.gates = nn.ModuleList(AttentionGate(width * 2**level, dimensions) for level in reversed(range(4)))

    def join(self, level: int, decoder: Tensor, skip: Tensor) -> Tensor:
        """Merge the features coming up with those of the skip connection that pass the gate; level 0 is the deepest."""
        return super().join(level, decoder, self.gates[level](decoder, skip))
