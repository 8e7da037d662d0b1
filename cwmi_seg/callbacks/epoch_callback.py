"""What a callback at the end of an epoch may take for that epoch's."""

import pytorch_lightning as pl
from torch import Tensor

from cwmi_seg.study.monitored import is_of_validation


class EpochCallback(pl.Callback):
    """Knows whether this epoch was validated: Lightning keeps the scores of the last one that was."""

    _validated = False

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._validated = False

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._validated = True

    def logged(self, trainer: pl.Trainer) -> dict[str, Tensor]:
        """The values logged in this epoch."""
        values = trainer.callback_metrics
        return {key: value for key, value in values.items() if self._validated or not is_of_validation(key)}
