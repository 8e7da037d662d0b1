"""``last.ckpt`` of a run, after every epoch."""

from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint


class LastCheckpoint(Checkpoint):
    """Writes the checkpoint that a resumed run starts from after every epoch.

    ``ModelCheckpoint(save_last=True)`` writes one only after an epoch that was also the best so far. As a
    ``Checkpoint`` it comes last: what it writes holds the scores that the others keep.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """In every process: the trainer collects what a checkpoint holds from all of them."""
        if not trainer.fast_dev_run:  # type: ignore[attr-defined]
            trainer.save_checkpoint(self.path)
