"""The predicted masks of the test images, kept for whoever wants to see them later."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl

from cwmi_seg.files.atomic import replacing

log = logging.getLogger(__name__)


class Predictions(pl.Callback):
    """Writes ``NAME.png`` with the class index of every pixel for each test image, until a bound is reached.

    The report draws the images that it chooses from these masks, which take some kilobytes each, while the overlays of
    a run show its first test images alone.

    Args:
        folder: where to.
        max_bytes: bound of all files together; the images after it are not kept, which is said once.
    """

    def __init__(self, folder: str | Path, max_bytes: int = 2**26) -> None:
        self.folder, self.max_bytes = Path(folder), max_bytes
        self._left = max_bytes

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._left = self.max_bytes

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Mapping[str, Any],
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Called in every process with the images of its share."""
        for prediction, name in zip(outputs["prediction"], batch["name"], strict=True):
            if self._left > 0:
                self._keep(name, prediction.cpu().numpy().astype(np.uint8))

    def _keep(self, name: str, prediction: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        from PIL import Image

        path = self.folder / f"{name}.png"
        with replacing(path) as temporary:
            Image.fromarray(prediction).save(temporary, "PNG")
        self._left -= path.stat().st_size
        if self._left <= 0:
            log.info("note     %s has reached %d bytes: no mask after %s is kept", self.folder, self.max_bytes, name)
