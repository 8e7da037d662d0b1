"""``metrics.csv`` of a run: one row an epoch."""

from pathlib import Path

import pytorch_lightning as pl

from cwmi_seg.callbacks.epoch_callback import EpochCallback
from cwmi_seg.csv_files import read_rows, write_rows


class EpochTable(EpochCallback):
    """Writes every logged value of an epoch into one row; the scores of an epoch without validation stay empty.

    A resumed run replaces the rows of the epochs that it repeats.

    Args:
        path: of the csv file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Called before the checkpoint is written: a checkpoint's epochs are all in the table."""
        if not trainer.is_global_zero:
            return
        values = {key: float(value) for key, value in self.logged(trainer).items()}
        values["lr"] = trainer.optimizers[0].param_groups[0]["lr"]
        row = {"epoch": str(trainer.current_epoch), **{key: repr(values[key]) for key in sorted(values)}}
        rows = [old for old in read_rows(self.path) if int(old["epoch"]) < trainer.current_epoch]
        write_rows(self.path, [*rows, row])
