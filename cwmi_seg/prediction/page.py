"""The mask, the probabilities in whole numbers and the overlay of one decoded image."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.class_colours import Colour
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.mistakes import Mistake
from cwmi_seg.pictures.class_panel import tints
from cwmi_seg.pictures.overlay import displayable, tinted
from cwmi_seg.prediction.blend import blended_strips
from cwmi_seg.prediction.conversion import Conversion
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.outputs import Array, Outputs, Page
from cwmi_seg.prediction.postprocess import Postprocessing
from cwmi_seg.prediction.tiles import Tiling

OVERLAY_SIDE = 2048
"""Pixels; overlays of larger images are shrunk by a whole number, structures stay visible."""


@dataclass(frozen=True)
class PagePredictor:
    """Predicts an image and brings the result into the form of its files.

    Masks hold the most probable class, for two classes as 0 and 255; probabilities are scaled to 0 ... 65535, or 255.

    Args:
        ensemble: The networks.
        outputs: Says which results are wanted.
        tilings: The tiles along height and width.
        batch_size: Number of tiles at once.
        convert, white: How images of another kind than those of the training are taken, see
            :class:`~cwmi_seg.prediction.conversion.Conversion`.
        postprocessing: What is done to the masks.
    """

    ensemble: Ensemble
    outputs: Outputs
    tilings: Sequence[Tiling]
    batch_size: int = 1
    convert: bool = True
    white: int | None = None
    postprocessing: Postprocessing = field(default_factory=Postprocessing)

    @cached_property
    def conversion(self) -> Conversion:
        """Of images of another kind."""
        return Conversion(self.ensemble.info, self.convert, self.white)

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise Mistake(f"batch_size: expected at least 1, got {self.batch_size}; use for example 4.")
        _ = self.conversion  # refuses an impossible white before any image is read

    def __call__(self, image: Pixels, progress: Callable[[float], None] = lambda _: None) -> Page:
        """Predict an image H W I; ``progress`` is told the share that is done after each row of tiles."""
        height, width = image.shape[:2]
        kept = self.outputs.kept_classes() if self.outputs.probabilities else range(0)
        mask = np.empty((height, width), dtype=np.uint8)
        probability = np.empty((height, width, len(kept)), dtype=self.outputs.probability_type)
        row = 0
        for strip in blended_strips(self.ensemble, image, self.tilings, self.batch_size):
            refuse_non_finite(strip)
            rows = slice(row, row + strip.shape[1])
            mask[rows] = strip.argmax(0)
            if kept:
                probability[rows] = whole_numbers(strip[kept.start : kept.stop], self.outputs.probability_type)
            row = rows.stop
            progress(row / height)
        mask = self.postprocessing(mask)
        two_classes = self.ensemble.info.num_classes == 2
        return Page(
            masks=255 * mask if two_classes else mask,
            probabilities=_without_single_channel(probability) if kept else None,
            overlays=_overlay(image, mask, tints(self.ensemble.info)) if self.outputs.overlays else None,
        )


def whole_numbers(probabilities: NDArray[np.floating], dtype: str) -> Array:
    """C h W in [0, 1] to h W C in 0 ... 65535 or 0 ... 255."""
    largest = np.iinfo(dtype).max
    whole: Array = np.round(largest * np.clip(probabilities, 0, 1)).transpose(1, 2, 0).astype(dtype)
    return whole


def _without_single_channel(probability: Array) -> Array:
    return probability[..., 0] if probability.shape[2] == 1 else probability


def refuse_non_finite(strip: NDArray[np.floating]) -> None:
    """The most probable class of nan would be a mask like any other."""
    if not np.isfinite(strip).all():
        raise Mistake("run: expected a network with finite probabilities, got nan; train it again, or use another.")


def _overlay(image: Pixels, mask: NDArray[np.uint8], colours: Sequence[Colour]) -> NDArray[np.uint8]:
    step = -(-max(mask.shape) // OVERLAY_SIDE)
    shrunk = _block_maximum(mask, step)
    picture = displayable(image[::step, ::step].transpose(2, 0, 1).astype(np.float32))
    return tinted(picture, shrunk, colours)


def _block_maximum(mask: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """The largest class of each block of step x step pixels."""
    rows = np.maximum.reduceat(mask, range(0, mask.shape[0], step), axis=0)
    return np.maximum.reduceat(rows, range(0, mask.shape[1], step), axis=1)
