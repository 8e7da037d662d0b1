"""TopoMortar as it is downloaded: ``{train,val,test}/images/NNN.png`` and ``{train,val,test}/accurate/NNN.png``."""

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.image_files import binary, read_image, read_labels, read_mask
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.datasets.raw import IMAGE_SUFFIX, RawDataset, RawFiles, RawSample, pair

SOURCE = "TopoMortar, arXiv:2503.03365, https://jmlipman.github.io/TopoMortar (MIT)"
_STRAY, _WHITE = 1e-4, 128
"""Largest share of pixels that may be neither 0 nor 255, and the value from which such a pixel is white."""


class TopoMortar:
    """Photographs of brick walls, 512 x 512, with an official split; structure = mortar.

    One mask of the download has six pixels of value 8. A mask of 0 and 255 may have other values in at most one pixel
    of 10,000: they count as structure from 128 on, and the notes of the dataset tell the file and how many there are.

    Args:
        labels: folder of the masks: ``accurate``, or one of the degraded label sets of the full download.
    """

    def __init__(self, labels: str = "accurate") -> None:
        self.labels = labels

    def __call__(self, raw: Path) -> RawDataset:
        files = RawFiles(raw, SOURCE)
        images = files.require(rf"(train|val|test)/images/([^/]+){IMAGE_SUFFIX}", "train/images/001.png, ...")
        masks = files.match(rf"(train|val|test)/{re.escape(self.labels)}/([^/]+){IMAGE_SUFFIX}")
        samples = [
            RawSample(name, (image, mask), partial(_read_pair, image, mask), group=name, part=part)
            for (part, name), image, mask in pair(
                images, masks, lambda image: f"{image.parent.parent / self.labels / image.stem}.png"
            )
        ]
        return RawDataset(SOURCE, tuple(samples), notes=tuple(_notes(raw, masks.values())))


def _read_pair(image: Path, mask: Path) -> tuple[Pixels, NDArray[np.uint8]]:
    return read_image(image), read_mask(mask, _binary, two_classes=True).astype(np.uint8, copy=False)


def _binary(labels: NDArray[np.integer], path: Path) -> NDArray[np.uint8]:
    return binary(np.where(_stray(labels), np.where(labels >= _WHITE, 255, 0), labels), path)


def _stray(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Pixels that are neither 0 nor 255, where they are few; none where the mask is of another kind."""
    stray = ~np.isin(labels, (0, 255))
    return stray if stray.sum() <= _STRAY * labels.size else np.zeros_like(stray)


def _notes(raw: Path, masks: Iterable[Path]) -> Iterable[str]:
    for path in sorted(masks):
        labels = read_labels(path)
        if count := int((stray := _stray(labels)).sum()):
            values = ", ".join(map(str, np.unique(labels[stray])))
            name = path.relative_to(raw).as_posix()
            yield f"{name}: {count} pixels of {values} in a mask of 0 and 255, read as 0 below {_WHITE}"
