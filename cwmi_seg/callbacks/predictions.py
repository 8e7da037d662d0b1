"""The predicted masks of the test images, kept for whoever wants to see them later."""

import logging
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
from numpy.typing import NDArray

from cwmi_seg.callbacks.each_test_image import EachTestImage, ScoredImage
from cwmi_seg.files.atomic import replacing

log = logging.getLogger(__name__)


class Predictions(EachTestImage):
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

    def take(self, trainer: pl.Trainer, tested: ScoredImage) -> None:
        """Write the mask, while there is room."""
        if self._left > 0:
            self._keep(tested.name, tested.prediction.cpu().numpy().astype(np.uint8))

    def _keep(self, name: str, prediction: NDArray[np.uint8]) -> None:
        from PIL import Image

        path = self.folder / f"{name}.png"
        with replacing(path) as temporary:
            Image.fromarray(prediction).save(temporary, "PNG")
        self._left -= path.stat().st_size
        if self._left <= 0:
            log.info("note     %s has reached %d bytes: no mask after %s is kept", self.folder, self.max_bytes, name)
