"""Keeps the status of the run up to date."""

from typing import Any

import pytorch_lightning as pl

from cwmi_seg.callbacks.length import number_of_epochs
from cwmi_seg.callbacks.monitor import monitor_of
from cwmi_seg.study.monitored import is_of_validation
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_status import best_score


class StatusFile(pl.Callback):
    """Writes the epoch and the best score after every epoch, which may have had several validations.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._best: float | None = None

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        name, mode = monitor_of(trainer)
        if is_of_validation(name) and not trainer.sanity_checking and name in trainer.callback_metrics:
            self._best = best_score(mode, self._best, float(trainer.callback_metrics[name]))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        name, mode = monitor_of(trainer)
        best = best_score(mode, self._best, *(row.get(name) for row in self.folder.epochs()))
        epoch, total = trainer.current_epoch + 1, number_of_epochs(trainer)
        self.folder.write_status("running", epoch=epoch, max_epochs=total, best=best, monitor=name, mode=mode)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self._best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._best = state_dict["best"]
