"""Reads what ``cwmi-prepare`` has written."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.dataset_json import load_info
from cwmi_seg.datasets.image_files import read_image, read_labels, suffix
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo, Pixels

_Entry = tuple[Pixels, NDArray[np.uint8]]


class PreparedImages:
    """Images and masks of a prepared folder; decoded ones are kept in memory up to a bound.

    What does not fit is decoded each time. Nothing is thrown out to make room: under shuffled access that
    serves the largest share from memory. The cache belongs to one process, so it pays where data loader
    workers live longer than an epoch (``persistent_workers=True``), and takes that memory in each.

    Args:
        root: folder with ``dataset.json``, ``images`` and ``masks``.
        cache_bytes: bound of the decoded images and masks kept by one process; 0 keeps none.

    Raises:
        FileNotFoundError: nothing is prepared in ``root``.
    """

    def __init__(self, root: Path | str, cache_bytes: int = 2**30) -> None:
        if cache_bytes < 0:
            raise ValueError(f"cache_bytes: expected at least 0, got {cache_bytes}; use 0 to keep nothing.")
        self.root, self.cache_bytes = Path(root), cache_bytes
        self._info = load_info(self.root)
        self._cache: dict[int, _Entry] = {}
        self._free = cache_bytes

    @property
    def info(self) -> DatasetInfo:
        return self._info

    def read(self, index: int) -> _Entry:
        """Image H W I (uint8 or uint16) and mask H W (uint8, class indices), both read-only.

        Raises:
            FileNotFoundError: a file is gone; ValueError: it is damaged. Both name it.
        """
        if index in self._cache:
            return self._cache[index]
        entry = self._decode(self._info.images[index])
        size = sum(array.nbytes for array in entry)
        if size <= self._free:
            self._cache[index] = entry
            self._free -= size
        return entry

    def _decode(self, image_info: ImageInfo) -> _Entry:
        image_path, mask_path = image_paths(self.root, self._info, image_info)
        image = read_image(image_path)
        mask = read_labels(mask_path).astype(np.uint8, copy=False)
        size = (image_info.height, image_info.width)
        for path, got, expected in (
            (image_path, image.shape, (*size, self._info.channels)),
            (mask_path, mask.shape, size),
        ):
            if got != expected:
                raise ValueError(f"{path}: expected shape {expected} as in dataset.json, got {got}; prepare it again.")
        image.setflags(write=False)
        mask.setflags(write=False)
        return image, mask

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cache": {}, "_free": self.cache_bytes}


def image_paths(root: Path, info: DatasetInfo, image: ImageInfo) -> tuple[Path, Path]:
    """Where the image and the mask of one entry lie."""
    image_suffix = suffix(info.channels, info.dtype)
    return root / "images" / f"{image.name}{image_suffix}", root / "masks" / f"{image.name}.png"
