"""What the callbacks that keep something of the test images have in common."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytorch_lightning as pl
from torch import Tensor


class ScoredImage(NamedTuple):
    """One image as the network has seen it, and what it made of it."""

    name: str
    image: Tensor  # I H W, normalised
    target: Tensor  # H W, class index
    prediction: Tensor  # H W, class index


class EachTestImage(pl.Callback):
    """Calls :meth:`take` with every image of the test, in each process with those of its share."""

    def take(self, trainer: pl.Trainer, tested: ScoredImage) -> None:
        """Do something with one image."""
        raise NotImplementedError

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Mapping[str, Any],
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        images, targets, names = batch["image"], batch["target"], batch["name"]
        for name, image, target, prediction in zip(names, images, targets, outputs["prediction"], strict=True):
            self.take(trainer, ScoredImage(name, image, target, prediction))
