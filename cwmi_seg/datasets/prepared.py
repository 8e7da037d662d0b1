"""Reads what ``cwmi-prepare`` has written."""

from pathlib import Path

import numpy as np

from cwmi_seg.datasets.cache import Entry, PixelCache
from cwmi_seg.datasets.dataset_json import load_info
from cwmi_seg.datasets.image_files import read_image, read_labels, suffix
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.datasets.volume_store import SUFFIX, map_volume
from cwmi_seg.mistakes import Mistake


class PreparedImages:
    """Images or volumes and their masks in a prepared folder.

    Decoded images are kept in memory, up to a bound, which the processes that a loader forks share (see
    :mod:`cwmi_seg.datasets.cache`); what does not fit is decoded each time. Volumes are mapped into memory instead: a
    window cut out of one reads no more than that window, and volumes of any size can be read.

    Args:
        root: Folder with ``dataset.json``, ``images`` and ``masks``.
        cache_bytes: Largest number of bytes of decoded images and masks that are kept; 0 keeps none. Volumes need none.

    Raises:
        FileNotFoundError: nothing is prepared in ``root``.
    """

    def __init__(self, root: Path | str, cache_bytes: int = 2**31) -> None:
        if isinstance(cache_bytes, bool) or not isinstance(cache_bytes, int) or cache_bytes < 0:
            raise Mistake(f"cache_bytes: expected at least 0, got {cache_bytes}; use 0 to keep nothing.")
        self.root, self.cache_bytes = Path(root).expanduser(), cache_bytes
        self._info = load_info(self.root)
        self._cache = self._memory()

    @property
    def info(self) -> DatasetInfo:
        """The content of ``dataset.json``."""
        return self._info

    def read(self, index: int) -> Entry:
        """Read image H W I (uint8 or uint16) and mask H W (uint8, class indices), both read-only.

        A volume D H W I may be float32 as well, its mask is D H W.

        Raises:
            FileNotFoundError: A file is gone.
            ValueError: A file is damaged.
        """
        if self._info.dimensions == 3:
            return self._map(self._info.images[index])
        entry = self._cache.get(index)
        if entry is None:
            entry = self._decode(self._info.images[index])
            self._cache.put(index, entry)
        return entry

    def _map(self, volume: ImageInfo) -> Entry:
        image_path, mask_path = image_paths(self.root, self._info, volume)
        image = map_volume(image_path, (*volume.shape, self._info.channels), self._info.dtype)
        return image, map_volume(mask_path, volume.shape, "uint8")

    def _memory(self) -> PixelCache:
        """An empty one; it keeps no volumes, whose files are memory already."""
        return PixelCache(self._info, self.cache_bytes if self._info.dimensions == 2 else 0)

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
        self._cache = self._memory()


def image_paths(root: Path, info: DatasetInfo, image: ImageInfo) -> tuple[Path, Path]:
    """The files of the image and of the mask of one entry."""
    if info.dimensions == 3:
        return root / "images" / f"{image.name}{SUFFIX}", root / "masks" / f"{image.name}{SUFFIX}"
    image_suffix = suffix(info.channels, info.dtype)
    return root / "images" / f"{image.name}{image_suffix}", root / "masks" / f"{image.name}.png"
