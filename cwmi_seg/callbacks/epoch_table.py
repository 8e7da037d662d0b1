"""``metrics.csv`` of a run: one row an epoch."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from cwmi_seg.callbacks.epoch_callback import EpochCallback
from cwmi_seg.files.csv_files import read_rows, write_rows
from cwmi_seg.study.run_state import refuse_removed


class EpochTable(EpochCallback):
    """Writes every logged value of an epoch into one row; the scores of an epoch without validation stay empty.

    A resumed run replaces the rows of the epochs that it repeats.

    Args:
        path: of the csv file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lr = math.nan

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Hands the epochs of the checkpoint to loggers that may have lost some of them when the process was killed."""
        rows = [row for row in read_rows(self.path) if int(row["epoch"]) <= checkpoint["epoch"]]
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
        refuse_removed(self.path.parent)
        values = {key: float(value) for key, value in self.logged(trainer).items()}
        values["lr"] = self._lr
        row = {"epoch": str(trainer.current_epoch), **{key: repr(values[key]) for key in sorted(values)}}
        rows = [old for old in read_rows(self.path) if int(old["epoch"]) < trainer.current_epoch]
        write_rows(self.path, [*rows, row])


def _logged(row: Mapping[str, str]) -> dict[str, float]:
    """What the loggers were given of an epoch."""
    values = {key: float(value) for key, value in row.items() if value and key != "lr"}
    return {**values, "epoch": int(row["epoch"])}
