"""Panels of the first test images or volumes: image, target, prediction with its errors in colour."""

from pathlib import Path

import pytorch_lightning as pl

from cwmi_seg.callbacks.each_test_image import EachTestImage, ScoredImage
from cwmi_seg.datasets.class_colours import names_of
from cwmi_seg.pictures.class_panel import drawn, save_panel
from cwmi_seg.pictures.overlay import compared, displayable
from cwmi_seg.pictures.views import views


class Overlays(EachTestImage):
    """Writes ``overlays/NAME.png`` into the run folder and hands the masks to loggers that show images.

    White is structure that was found, red what is none, blue what was missed, orange a class that was taken for
    another; ignored pixels are hatched. With more than two classes target and prediction are drawn in the colours of
    the classes, and a legend names them. Of volumes three orthogonal slices and a projection are drawn, see
    :func:`~cwmi_seg.pictures.views.views`.

    Args:
        folder: where to.
        num_images: how many test images are drawn.
    """

    def __init__(self, folder: str | Path, num_images: int = 8) -> None:
        self.folder, self.num_images = Path(folder), num_images
        self._drawn = 0

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._drawn = 0
        info = trainer.datamodule.source.info  # type: ignore[attr-defined]
        for logger in trainer.loggers:
            if hasattr(logger, "name_classes"):
                logger.name_classes(names_of(info.num_classes, info.class_names))

    def take(self, trainer: pl.Trainer, tested: ScoredImage) -> None:
        """Draw the image, if there were fewer so far; the first process draws, so that the count is one for all."""
        if not trainer.is_global_zero or self._drawn >= self.num_images:
            return
        info = trainer.datamodule.source.info  # type: ignore[attr-defined]
        pixels = tested.image.float().cpu().numpy()
        prediction, target = tested.prediction.cpu().numpy(), tested.target.cpu().numpy()
        if target.ndim == 3:
            pixels, prediction, target = views(pixels, prediction, target, info.spacing, info.ignore_index)
        picture = displayable(pixels)
        self.folder.mkdir(parents=True, exist_ok=True)
        save_panel(drawn(picture, prediction, target, info), info, self.folder / f"{tested.name}.png")
        masks = compared(prediction, target, info.ignore_index)
        for logger in trainer.loggers:
            if hasattr(logger, "log_overlay"):
                logger.log_overlay(tested.name, picture, *masks)
        self._drawn += 1
