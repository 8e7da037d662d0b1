"""What is drawn of one test volume: three slices with the projection in one picture, and slices along the depth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.pictures.overlay import brightness, compared, displayable
from cwmi_seg.pictures.views import fronts, laid_out, three_slices
from cwmi_seg.reporting.album import Album, Labels, Picture, TestedVolume
from cwmi_seg.reporting.pictures import coloured, error_layer

SAMPLE = 2**20
"""Values of a volume that say how bright it is shown: enough for two percentiles, and only a part of a large volume."""


GAP = 64
"""The line between two views has the thickness of the longest side of the volume divided by this."""


@dataclass(frozen=True)
class Layer:
    """One thing to draw of a volume: all views in one picture, and the slice of a number."""

    overview: Callable[[], Picture]
    slice_at: Callable[[int], Picture]


@dataclass(frozen=True)
class VolumeViews:
    """The layers of a volume; slices are read one by one from the file that is mapped into memory.

    Args:
        album: That has the volume.
        volume: The volume.
        places: Depth, height and width through which the three slices go.
    """

    album: Album
    volume: TestedVolume
    places: Sequence[int]

    def photo(self) -> Layer:
        """The image; all slices are as bright as each other. The projection has the largest values."""
        return Layer(self._photo, lambda z: self._shown(self.volume.pixels[z]))

    def target(self) -> Layer:
        """The target in the colours of its classes."""
        return self.classes(self.volume.target)

    def classes(self, labels: Labels) -> Layer:
        """A mask in the colours of its classes."""
        ignored, info = self._info.ignore_index, self._info
        front = fronts(labels, labels, ignored)[0]
        return Layer(lambda: coloured(self._laid_out(labels, front), info), lambda z: coloured(labels[z], info))

    def errors(self, labels: Labels) -> Layer:
        """The errors of a mask; the projection shows errors before what was found."""
        masks = compared(labels, self.volume.target, self._info.ignore_index)

        def overview() -> Picture:
            prediction, target = (
                self._laid_out(mask, front) for mask, front in zip(masks, fronts(*masks), strict=True)
            )
            return error_layer(prediction, target)

        return Layer(overview, lambda z: error_layer(masks[0][z], masks[1][z]))

    @property
    def _info(self) -> DatasetInfo:
        assert self.album.info is not None
        return self.album.info

    def _laid_out(self, volume: NDArray[Any], projection: NDArray[Any], fill: float = 0) -> NDArray[Any]:
        gap = max(1, max(self.volume.target.shape) // GAP)
        return laid_out([*three_slices(volume, self.places), projection], self._info.spacing, fill, gap)

    def _photo(self) -> Picture:
        pixels = self.volume.pixels
        largest = pixels[0].copy()
        for plane in pixels[1:]:
            np.maximum(largest, plane, out=largest)
        return self._shown(self._laid_out(pixels, largest, float(pixels[0].min())))

    def _shown(self, pixels: NDArray[Any]) -> Picture:
        return displayable(self.album.normal(pixels).transpose(2, 0, 1), self._brightness)

    @cached_property
    def _brightness(self) -> tuple[float, float]:
        pixels = self.volume.pixels
        step = max(1, round((pixels.size / SAMPLE) ** (1 / 3)))
        return brightness(self.album.normal(pixels[::step, ::step, ::step]))
