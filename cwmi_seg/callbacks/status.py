"""Keeps ``status.json`` of the run up to date."""

from pathlib import Path

import pytorch_lightning as pl

from cwmi_seg.csv_files import read_rows
from cwmi_seg.study.run_state import write_status


class StatusFile(pl.Callback):
    """Writes the epoch and the best validation score after every epoch.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        scores = [float(row["val/miou"]) for row in read_rows(self.folder / "metrics.csv") if row.get("val/miou")]
        best = max(scores, default=None)
        write_status(self.folder, "running", epoch=trainer.current_epoch + 1, max_epochs=trainer.max_epochs, best=best)
