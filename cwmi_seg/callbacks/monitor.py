"""The score that chooses the best epoch of a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback, ModelCheckpoint

from cwmi_seg.study.run_folder import BEST
from cwmi_seg.study.run_status import Mode


class Monitor(NamedTuple):
    """Name of a logged value, and whether a greater or a smaller one is better."""

    name: str = "val/miou"
    mode: Mode = "max"


def monitor_of(trainer: pl.Trainer) -> Monitor:
    """That of the callback which keeps the best checkpoint, else of any that has one; without, the mean IoU."""
    callbacks: Sequence[Callback] = trainer.checkpoint_callbacks
    savers = [saver for saver in callbacks if isinstance(saver, ModelCheckpoint) and saver.monitor]
    savers.sort(key=lambda saver: Path(saver.format_checkpoint_name({})).name != BEST)
    for saver in savers:
        return Monitor(str(saver.monitor), "min" if saver.mode == "min" else "max")
    return Monitor()
