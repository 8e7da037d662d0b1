"""The semantic segmentation task of torchgeo with the CWMI loss (pip install torchgeo).

python examples/torchgeo_task.py
"""

import warnings
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, Trainer
from torch.utils.data import DataLoader
from torchgeo.trainers import SemanticSegmentationTask

from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.losses import CWMILoss


class CWMITask(SemanticSegmentationTask):
    """All as in torchgeo but the loss."""

    def configure_losses(self) -> None:
        self.criterion = CWMILoss(ignore_index=self.hparams["ignore_index"])


class Losses(Callback):
    """Keeps the loss of every step."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.values.append(float(outputs["loss"]))


def main() -> None:
    warnings.simplefilter("ignore")  # of a trainer without validation
    torch.manual_seed(0)
    images = SyntheticImages("roads", size=64, num_train=4)
    pairs = [images.read(index) for index in range(4)]
    samples: Any = [
        {
            "image": torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32) / 255),
            "mask": torch.from_numpy(mask).long(),
        }
        for image, mask in pairs
    ]
    task = CWMITask(model="unet", backbone="resnet18", in_channels=1, num_classes=2, task="multiclass", lr=1e-3)
    losses = Losses()
    trainer = Trainer(
        max_epochs=4, accelerator="cpu", logger=False, callbacks=[losses], enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(task, DataLoader(samples, batch_size=2), DataLoader(samples, batch_size=2))
    print(f"loss {losses.values[0]:.3f} -> {losses.values[-1]:.3f}")


if __name__ == "__main__":
    main()
