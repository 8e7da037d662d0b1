"""A MONAI SupervisedTrainer with the CWMI loss, on images and on volumes (pip install monai pytorch-ignite).

MONAI keeps a channel axis in the label, B 1 H W or B 1 D H W; the loss takes it as it is.

python examples/monai_trainer.py
"""

import logging

import torch
from ignite.engine import Events
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from monai.networks.nets import UNet
from monai.utils import set_determinism
from torch import Tensor

from cwmi_seg.losses import CWMILoss


def tubes(*size: int) -> dict[str, Tensor]:
    """A noisy image of bright tubes along the last axis, and its label, each with a channel axis."""
    label = torch.zeros(1, *size)
    for start in torch.randint(2, size[-2] - 4, (3,)).tolist():
        label[..., start : start + 3, :] = 1
    return {"image": label + 0.5 * torch.randn(1, *size), "label": label.long()}


def train(loss: CWMILoss, *size: int) -> list[float]:
    """The loss of each iteration."""
    set_determinism(0)
    network = UNet(len(size), in_channels=1, out_channels=2, channels=(8, 16, 32), strides=(2, 2))
    trainer = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=5,
        train_data_loader=DataLoader(Dataset([tubes(*size) for _ in range(4)]), batch_size=2),
        network=network,
        optimizer=torch.optim.Adam(network.parameters(), lr=1e-2),
        loss_function=loss,
    )
    losses: list[float] = []

    trainer.add_event_handler(
        Events.ITERATION_COMPLETED, lambda engine: losses.append(float(engine.state.output[0]["loss"]))
    )
    trainer.run()
    return losses


logging.disable(logging.INFO)  # ignite tells of every epoch
for name, losses in {"images": train(CWMILoss(), 64, 64), "volumes": train(CWMILoss(num_scales=2), 16, 32, 32)}.items():
    print(f"{name}: loss {losses[0]:.3f} -> {losses[-1]:.3f}")
