"""Keeps ``status.json`` of the run up to date."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from cwmi_seg.files.csv_files import read_rows
from cwmi_seg.study.run_state import write_status


class StatusFile(pl.Callback):
    """Writes the epoch and the best validation score after every epoch, which may have had several validations.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._best: float | None = None

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.sanity_checking and "val/miou" in trainer.callback_metrics:
            self._best = _highest(self._best, float(trainer.callback_metrics["val/miou"]))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        scores = [float(row["val/miou"]) for row in read_rows(self.folder / "metrics.csv") if row.get("val/miou")]
        best = _highest(self._best, *scores)
        write_status(self.folder, "running", epoch=trainer.current_epoch + 1, max_epochs=trainer.max_epochs, best=best)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self._best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._best = state_dict["best"]


def _highest(*scores: float | None) -> float | None:
    return max((score for score in scores if score is not None), default=None)
