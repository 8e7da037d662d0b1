"""Trainers for nnU-Net with the CWMI loss, alone and under SCNP: one line in ``_build_loss`` (pip install nnunetv2).

nnU-Net finds them by the folder of this file, nothing is copied:

    export nnUNet_extTrainer=FOLDER
    nnUNetv2_train DATASET 2d FOLD -tr nnUNetTrainerCWMI

Deep supervision is off, because its coarse outputs are smaller than the pyramid needs (32 pixels for four scales).
Run as a script, this file makes a dataset of eight images, has nnU-Net plan and preprocess it, and trains two epochs of
two steps.

python examples/nnunet_trainer.py
"""

import json
import os
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import torch
from nnunetv2.training.nnUNetTrainer.variants.network_architecture.nnUNetTrainerNoDeepSupervision import (
    nnUNetTrainerNoDeepSupervision,
)
from PIL import Image
from torch import Tensor, nn

from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.losses import CWMILoss, SCNPLoss


class ChannelTarget(nn.Module):
    """Any loss of this package for nnU-Net's targets B 1 *space in floating point."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return self.loss(logits, target.long())


class nnUNetTrainerCWMI(nnUNetTrainerNoDeepSupervision):
    def _build_loss(self) -> nn.Module:
        return ChannelTarget(CWMILoss(ignore_index=self.label_manager.ignore_label))


class nnUNetTrainerSCNPCWMI(nnUNetTrainerNoDeepSupervision):
    def _build_loss(self) -> nn.Module:
        ignored = self.label_manager.ignore_label
        return ChannelTarget(SCNPLoss(CWMILoss(ignore_index=ignored), ignore_index=ignored))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
            os.environ[name] = f"{folder}/{name}"
        os.environ |= {"nnUNet_compile": "false", "nnUNet_n_proc_DA": "1"}
        write_dataset(Path(folder) / "nnUNet_raw" / "Dataset001_Vessels")
        with redirect_stdout(None):
            prepare()
        os.environ |= {"nnUNet_n_proc_DA": "0"}  # of so few images none is augmented in another process
        for trainer in (nnUNetTrainerCWMI, nnUNetTrainerSCNPCWMI):
            with redirect_stdout(None):
                losses = train(trainer, Path(folder) / "nnUNet_preprocessed" / "Dataset001_Vessels")
            print(f"{trainer.__name__}: loss {losses[0]:.3f} -> {losses[-1]:.3f}")


def write_dataset(folder: Path, number: int = 8) -> None:
    """Images and labels as nnU-Net wants them."""
    images = SyntheticImages("vessels", size=64, num_train=number)
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir(parents=True)
    for index in range(number):
        image, mask = images.read(index)
        Image.fromarray(image[..., 0]).save(folder / "imagesTr" / f"case_{index}_0000.png")
        Image.fromarray(mask).save(folder / "labelsTr" / f"case_{index}.png")
    labels = {"background": 0, "vessel": 1}
    about = {"channel_names": {"0": "grey"}, "labels": labels, "numTraining": number, "file_ending": ".png"}
    (folder / "dataset.json").write_text(json.dumps(about))


def prepare() -> None:
    from nnunetv2.experiment_planning.plan_and_preprocess_api import extract_fingerprints, plan_experiments, preprocess

    extract_fingerprints([1], num_processes=1)
    plan_experiments([1])
    preprocess([1], configurations=("2d",), num_processes=(1,))


def train(kind: type[nnUNetTrainerNoDeepSupervision], prepared: Path) -> list[float]:
    """The mean loss of each epoch; ``nnUNetv2_train`` trains 1000 epochs of 250 steps."""
    plans, about = (json.loads((prepared / name).read_text()) for name in ("nnUNetPlans.json", "dataset.json"))
    torch.manual_seed(0)
    trainer = kind({**plans, "continue_training": False}, "2d", 0, about, torch.device("cpu"))
    trainer.num_epochs, trainer.num_iterations_per_epoch, trainer.num_val_iterations_per_epoch = 2, 2, 1
    trainer.run_training()
    return trainer.logger.get_value("train_losses", step=None)


if __name__ == "__main__":
    main()
