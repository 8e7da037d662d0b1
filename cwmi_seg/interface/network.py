"""A trained network for arrays in memory."""

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cwmi_seg.datasets.info import DatasetInfo, Pixels
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.blend import blended_strips
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.page import refuse_non_finite
from cwmi_seg.prediction.tiles import Tiling


class Network:
    """Callable from an image or volume of any size to the class index of every pixel.

    The image is cut into overlapping tiles, whose probabilities are blended, as ``cwmi-predict`` does it.

    Args:
        ensemble: The networks, and the device on which they compute.
        tilings: The tiles along each axis.
        batch_size: Number of tiles at once.
    """

    def __init__(self, ensemble: Ensemble, tilings: Sequence[Tiling], batch_size: int = 1) -> None:
        self._ensemble, self._tilings, self._batch_size = ensemble, tilings, batch_size

    @property
    def info(self) -> DatasetInfo:
        """The data that it was trained on: channels, type of pixels, number of classes."""
        return self._ensemble.info

    def __call__(self, image: ArrayLike) -> NDArray[np.uint8]:
        """Predict the mask H W of class indices, of volumes D H W.

        Args:
            image: Pixels as stored, H W I, or H W of one channel; of the type that the training images had. Of volumes
                D H W I, or D H W.

        Raises:
            Mistake: Other channels or another type.
        """
        return np.concatenate([strip.argmax(0).astype(np.uint8) for strip in self._strips(image)])

    def probabilities(self, image: ArrayLike) -> NDArray[np.float32]:
        """Predict the probabilities C H W (C D H W) of all classes, each in [0, 1]; the argument is that of a call."""
        return np.concatenate(list(self._strips(image)), axis=1)

    def _strips(self, image: ArrayLike) -> Iterator[NDArray[np.float32]]:
        """One row of tiles after the other, each C h W (C d H W)."""
        pixels = as_stored(image, self.info)
        for strip in blended_strips(self._ensemble, pixels, self._tilings, self._batch_size):
            refuse_non_finite(strip)
            yield strip

    def __repr__(self) -> str:
        info = self.info
        what = "volumes of " if info.dimensions == 3 else ""
        kind = f"{what}{info.channels} channel{'s' * (info.channels > 1)} of {info.dtype}"
        return f"Network({kind} to {info.num_classes} classes, on {self._ensemble.device})"


def as_stored(image: ArrayLike, info: DatasetInfo) -> Pixels:
    """The image as H W I, the volume as D H W I.

    Raises:
        Mistake: It is not what the network was trained on.
    """
    pixels = np.asarray(image)
    if pixels.ndim == info.dimensions:
        pixels = pixels[..., None]
    got = f"an array of shape {np.shape(image)} and {pixels.dtype}"
    if pixels.ndim != info.dimensions + 1 or not pixels.size or pixels.shape[-1] != info.channels:
        axes = "height x width" if info.dimensions == 2 else "depth x height x width"
        raise Mistake(
            f"image: expected {axes} x {info.channels} channel{'s' * (info.channels > 1)}, got {got}; arrange "
            "the axes so."
        )
    if str(pixels.dtype) != info.dtype:
        raise Mistake(f"image: expected pixels of {info.dtype} as in training, got {got}; convert them.")
    return cast(Pixels, pixels)
