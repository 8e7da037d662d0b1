"""The table of the epochs of a run."""

import math
from typing import Any

import pytorch_lightning as pl
import torch

from cwmi_seg.callbacks.epoch_callback import EpochCallback
from cwmi_seg.study.refusals import refuse_removed
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_tables import Epoch


class EpochTable(EpochCallback):
    """Writes every logged value of an epoch into one row; the scores of an epoch without validation stay empty.

    A resumed run replaces the rows of the epochs that it repeats.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._lr = math.nan

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Hands the epochs of the checkpoint to loggers that may have lost some of them when the process was killed."""
        rows = [row for row in self.folder.epochs() if _number(row) <= checkpoint["epoch"]]
        for logger in trainer.loggers:
            if hasattr(logger, "refill"):
                logger.refill([_logged(row) for row in rows])

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Keeps the learning rate of the last step, before a schedule of steps sets that of the next."""
        self._lr = optimizer.param_groups[0]["lr"]

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Called before the checkpoint is written: a checkpoint's epochs are all in the table."""
        if not trainer.is_global_zero:
            return
        refuse_removed(self.folder)
        values = {key: float(value) for key, value in self.logged(trainer).items()}
        values["lr"] = self._lr
        row = {"epoch": trainer.current_epoch, **{key: values[key] for key in sorted(values)}}
        rows = [old for old in self.folder.epochs() if _number(old) < trainer.current_epoch]
        self.folder.save_epochs([*rows, row])


def _number(row: Epoch) -> int:
    return int(row["epoch"] or 0)


def _logged(row: Epoch) -> dict[str, float]:
    """What the loggers were given of an epoch."""
    values = {key: value for key, value in row.items() if value is not None and key != "lr"}
    return {**values, "epoch": _number(row)}
