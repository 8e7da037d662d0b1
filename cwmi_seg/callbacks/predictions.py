"""The predicted masks of the test images, kept for whoever wants to see them later."""

import logging
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytorch_lightning as pl
from numpy.typing import NDArray

from cwmi_seg.callbacks.each_test_image import EachTestImage, ScoredImage
from cwmi_seg.files.atomic import replacing

log = logging.getLogger(__name__)


class Predictions(EachTestImage):
    """Writes ``NAME.png`` with the class index of every pixel for each test image, until a bound is reached.

    For volumes it writes ``NAME.npz`` with the array ``mask``, D H W.

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
        path = self.folder / f"{name}{'.png' if prediction.ndim == 2 else '.npz'}"
        with replacing(path) as temporary, temporary.open("wb") as file:
            _write(file, prediction)
        self._left -= path.stat().st_size
        if self._left <= 0:
            log.info("note     %s has reached %d bytes: no mask after %s is kept", self.folder, self.max_bytes, name)


def _write(file: BinaryIO, mask: NDArray[np.uint8]) -> None:
    if mask.ndim == 3:
        np.savez_compressed(file, mask=mask)
        return
    from PIL import Image

    Image.fromarray(mask).save(file, "PNG")
