"""The number of epochs that a training is said to have, of one by steps too."""

import json
import logging
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from cwmi_seg.callbacks.progress import EpochLines
from cwmi_seg.callbacks.status import StatusFile
from cwmi_seg.study.run_folder import RunFolder


class _OneNumber(pl.LightningModule):
    """Learns a number, in four steps an epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.number = nn.Parameter(torch.zeros(()))

    def training_step(self, batch: Tensor, _: int) -> Tensor:
        return (self.number - batch).square().sum()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def train_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(list(torch.arange(8.0)), batch_size=2)  # type: ignore[arg-type]


class _Stop(pl.Callback):
    """Ends the training after its second epoch."""

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trainer.should_stop = trainer.current_epoch == 1


@pytest.mark.parametrize(
    ("max_epochs", "max_steps", "total"), [(2, -1, 2), (50, 6, 2), (-1, 6, 2), (2, 600, 2), (-1, -1, None)]
)
def test_the_epochs_of_a_training_by_steps(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, max_epochs: int, max_steps: int, total: int | None
) -> None:
    trainer = pl.Trainer(
        max_epochs=max_epochs,
        max_steps=max_steps,
        callbacks=[StatusFile(RunFolder(tmp_path)), EpochLines(), *([_Stop()] if total is None else [])],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    with caplog.at_level(logging.INFO, "cwmi_seg"):
        trainer.fit(_OneNumber())
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["epoch"], status["max_epochs"]) == (2, total)
    lines = [record.getMessage().split()[:2] for record in caplog.records if record.name.startswith("cwmi_seg")]
    assert lines == [["epoch", f"{epoch}/{total}" if total else str(epoch)] for epoch in (1, 2)]
