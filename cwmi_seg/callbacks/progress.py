"""Progress: a live bar on a terminal and in a notebook that can draw one, one line an epoch elsewhere."""

import logging
import sys
import time
from importlib.util import find_spec

import pytorch_lightning as pl
from pytorch_lightning.callbacks import RichProgressBar, TQDMProgressBar

from cwmi_seg.callbacks.epoch_callback import EpochCallback
from cwmi_seg.callbacks.length import number_of_epochs
from cwmi_seg.callbacks.monitor import monitor_of

log = logging.getLogger(__name__)


class EpochLines(EpochCallback):
    """One line an epoch: loss, the score that chooses the best one, speed, and the time that is left."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._start, self._first = time.monotonic(), trainer.current_epoch

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        done, total = trainer.current_epoch + 1, number_of_epochs(trainer)
        values = self.logged(trainer)
        names = dict.fromkeys(("train/loss", monitor_of(trainer).name))
        shown = {name: float(values[name]) for name in names if name in values}
        scores = "  ".join(f"{k} {v:.4f}" for k, v in shown.items())
        if total is None:
            log.info("epoch %d  %s", done, scores)
            return
        left = (time.monotonic() - self._start) / (done - self._first) * max(total - done, 0)
        log.info("epoch %d/%d  %s  %s left", done, total, scores, _time(left))


def _time(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"


def progress() -> pl.Callback:
    """A rich bar when standard output is a terminal, the bar of a notebook that has widgets, else lines."""
    if sys.stdout.isatty():
        return RichProgressBar()
    has_widgets = "ipykernel" in sys.modules and find_spec("ipywidgets") is not None
    return TQDMProgressBar() if has_widgets else EpochLines()
