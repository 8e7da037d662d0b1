"""Reads what ``cwmi-prepare`` has written."""

from pathlib import Path

import numpy as np

from cwmi_seg.datasets.cache import Entry, PixelCache
from cwmi_seg.datasets.dataset_json import load_info
from cwmi_seg.datasets.image_files import read_image, read_labels, suffix
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.mistakes import Mistake


class PreparedImages:
    """Images and masks of a prepared folder; decoded ones are kept in memory up to a bound.

    The memory is shared by the processes that a loader forks (see :mod:`cwmi_seg.datasets.cache`); what does not fit is
    decoded each time.

    Args:
        root: Folder with ``dataset.json``, ``images`` and ``masks``.
        cache_bytes: Largest number of bytes of decoded images and masks that are kept; 0 keeps none.

    Raises:
        FileNotFoundError: nothing is prepared in ``root``.
    """

    def __init__(self, root: Path | str, cache_bytes: int = 2**31) -> None:
        if isinstance(cache_bytes, bool) or not isinstance(cache_bytes, int) or cache_bytes < 0:
            raise Mistake(f"cache_bytes: expected at least 0, got {cache_bytes}; use 0 to keep nothing.")
        self.root, self.cache_bytes = Path(root).expanduser(), cache_bytes
        self._info = load_info(self.root)
        self._cache = PixelCache(self._info, cache_bytes)

    @property
    def info(self) -> DatasetInfo:
        """The content of ``dataset.json``."""
        return self._info

    def read(self, index: int) -> Entry:
        """Read image H W I (uint8 or uint16) and mask H W (uint8, class indices), both read-only.

        Raises:
            FileNotFoundError: A file is gone.
            ValueError: A file is damaged.
        """
        entry = self._cache.get(index)
        if entry is None:
            entry = self._decode(self._info.images[index])
            self._cache.put(index, entry)
        return entry

    def _decode(self, image_info: ImageInfo) -> Entry:
        image_path, mask_path = image_paths(self.root, self._info, image_info)
        image = read_image(image_path)
        mask = read_labels(mask_path).astype(np.uint8, copy=False)
        size = (image_info.height, image_info.width)
        for path, got, expected in (
            (image_path, image.shape, (*size, self._info.channels)),
            (mask_path, mask.shape, size),
        ):
            if got != expected:
                raise Mistake(f"{path}: expected shape {expected} as in dataset.json, got {got}; prepare it again.")
        # kept for other epochs and shared with other processes: whoever writes into them has to copy first
        image.setflags(write=False)
        mask.setflags(write=False)
        return image, mask

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in self.__dict__.items() if key != "_cache"}

    def __setstate__(self, state: dict[str, object]) -> None:
        """A process that was not forked keeps a memory of its own."""
        self.__dict__.update(state)
        self._cache = PixelCache(self._info, self.cache_bytes)


def image_paths(root: Path, info: DatasetInfo, image: ImageInfo) -> tuple[Path, Path]:
    """The files of the image and of the mask of one entry."""
    image_suffix = suffix(info.channels, info.dtype)
    return root / "images" / f"{image.name}{image_suffix}", root / "masks" / f"{image.name}.png"
