"""``metrics.csv`` of a run: one row an epoch."""

import csv
import os
from pathlib import Path

import pytorch_lightning as pl


class EpochTable(pl.Callback):
    """Writes every logged value of an epoch into one row.

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
        values = {key: float(value) for key, value in trainer.callback_metrics.items()}
        values["lr"] = trainer.optimizers[0].param_groups[0]["lr"]
        row = {"epoch": str(trainer.current_epoch), **{key: repr(values[key]) for key in sorted(values)}}
        rows = [old for old in read_rows(self.path) if int(old["epoch"]) < trainer.current_epoch]
        _write_rows(self.path, [*rows, row])


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a csv file, none when there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    partial = path.with_suffix(".partial")
    with partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(partial, path)
