"""Panels of the first test images: image, target, prediction with its errors in colour."""

from pathlib import Path

import numpy as np
import pytorch_lightning as pl
from numpy.typing import NDArray

from cwmi_seg.callbacks.each_test_image import EachTestImage, ScoredImage
from cwmi_seg.overlay import compared, displayable, panel


class Overlays(EachTestImage):
    """Writes ``overlays/NAME.png`` into the run folder and hands the masks to loggers that show images.

    White is structure that was found, red what is none, blue what was missed; ignored pixels are background in both.

    Args:
        folder: where to.
        num_images: how many test images are drawn.
    """

    def __init__(self, folder: str | Path, num_images: int = 8) -> None:
        self.folder, self.num_images = Path(folder), num_images
        self._drawn = 0

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._drawn = 0

    def take(self, trainer: pl.Trainer, tested: ScoredImage) -> None:
        """Draw the image, if there were fewer so far; the first process draws, so that the count is one for all."""
        if not trainer.is_global_zero or self._drawn >= self.num_images:
            return
        ignored = trainer.datamodule.source.info.ignore_index  # type: ignore[attr-defined]
        picture = displayable(tested.image.float().cpu().numpy())
        masks = compared(tested.prediction.cpu().numpy(), tested.target.cpu().numpy(), ignored)
        self._save(tested.name, panel(picture, *masks))
        for logger in trainer.loggers:
            if hasattr(logger, "log_overlay"):
                logger.log_overlay(tested.name, picture, *masks)
        self._drawn += 1

    def _save(self, name: str, picture: NDArray[np.uint8]) -> None:
        from PIL import Image

        self.folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(self.folder / f"{name}.png")
