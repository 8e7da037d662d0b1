"""The only LightningModule: a model, a loss, and per-image scores."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn


def mean_iou(prediction: Tensor, target: Tensor, num_classes: int) -> Tensor:
    """Mean over the classes present in either mask of the intersection over union."""
    scores = []
    for c in range(num_classes):
        union = ((prediction == c) | (target == c)).sum()
        if union > 0:
            scores.append(((prediction == c) & (target == c)).sum().double() / union)
    return torch.stack(scores).mean()


class SegmentationTask(pl.LightningModule):
    """Trains ``model`` with ``loss`` and reports the mean IoU of each image."""

    def __init__(self, model: nn.Module, loss: nn.Module, learning_rate: float) -> None:
        super().__init__()
        self.model, self.loss, self.learning_rate = model, loss, learning_rate

    def on_train_epoch_start(self) -> None:
        if hasattr(self.loss, "epoch"):
            self.loss.epoch = self.current_epoch  # type: ignore[assignment]

    def training_step(self, batch: dict[str, Any], index: int) -> Tensor:
        loss: Tensor = self.loss(self.model(batch["image"]), batch["target"])
        self.log("train/loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(batch["name"]))
        return loss

    def _score(self, batch: dict[str, Any], stage: str) -> None:
        logits = self.model(batch["image"])
        scores = [mean_iou(p, t, logits.shape[1]) for p, t in zip(logits.argmax(1), batch["target"], strict=True)]
        self.log(f"{stage}/miou", torch.stack(scores).mean(), prog_bar=True, batch_size=len(scores))

    def validation_step(self, batch: dict[str, Any], index: int) -> None:
        self._score(batch, "val")

    def test_step(self, batch: dict[str, Any], index: int) -> None:
        self._score(batch, "test")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)
