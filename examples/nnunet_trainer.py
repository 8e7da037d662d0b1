"""A trainer for nnU-Net that trains with the CWMI loss: one line in ``_build_loss`` (pip install nnunetv2).

Copy ``ChannelTarget`` and the trainer into a file below ``nnunetv2/training/nnUNetTrainer``, then

    nnUNetv2_train DATASET 2d FOLD -tr nnUNetTrainerCWMI

Deep supervision is off, because its coarse outputs are smaller than the pyramid needs (32 pixels for four scales).
Run as a script, this file trains a network of nnU-Net's for some steps with what ``_build_loss`` gives.

python examples/nnunet_trainer.py
"""

import numpy as np
import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet
from nnunetv2.training.nnUNetTrainer.variants.network_architecture.nnUNetTrainerNoDeepSupervision import (
    nnUNetTrainerNoDeepSupervision,
)
from torch import Tensor, nn

from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.losses import CWMILoss


class ChannelTarget(nn.Module):
    """Any loss of this package for nnU-Net's targets B 1 H W in floating point."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return self.loss(logits, target[:, 0].long())


class nnUNetTrainerCWMI(nnUNetTrainerNoDeepSupervision):
    def _build_loss(self) -> nn.Module:
        return ChannelTarget(CWMILoss())


def main() -> None:
    torch.manual_seed(0)
    images = SyntheticImages("vessels", size=64, num_train=4)
    pairs = [images.read(index) for index in range(4)]
    pixels = torch.from_numpy(np.stack([image for image, _ in pairs])).permute(0, 3, 1, 2).float() / 255
    target = torch.from_numpy(np.stack([mask for _, mask in pairs]))[:, None].float()

    model = PlainConvUNet(
        1, 3, (8, 16, 32), nn.Conv2d, 3, (1, 2, 2), 2, 2, 2, conv_bias=True, norm_op=nn.InstanceNorm2d, nonlin=nn.ReLU
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    trainer = object.__new__(nnUNetTrainerCWMI)  # without the plans and data that a real one reads
    loss = trainer._build_loss()

    values = []
    for _ in range(10):
        optimizer.zero_grad()
        value = loss(model(pixels), target)
        value.backward()
        optimizer.step()
        values.append(value.item())
    print(f"loss {values[0]:.3f} -> {values[-1]:.3f}")


if __name__ == "__main__":
    main()
