"""Weight maps on disk: made once for each mask, read by window."""

import hashlib
import json
import logging
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.files.atomic import replacing
from cwmi_seg.weight_maps import map_generator

log = logging.getLogger(__name__)

Mask = NDArray[np.uint8]
Map = NDArray[np.float32]
CHECKSUM_BYTES = 4


class WeightMapCache:
    """The maps of one generator, in files ``folder/NAME/KEY.npy``.

    The key is a checksum of the mask, the generator's name, settings and version, so equal masks share a file and a
    changed one is never served an old map. A file holds the array and a CRC-32 after it. It appears complete or not
    at all, so several processes may prepare the same masks at once.

    Args:
        folder: Folder of all maps, beside the datasets.
        name: Name of the generator, a module of :mod:`cwmi_seg.weight_maps`.
        settings: Arguments of the generator besides the mask.
    """

    def __init__(self, folder: Path, name: str, settings: Mapping[str, object]) -> None:
        self.name, self.settings = name, dict(settings)
        self.folder = folder / name
        self.version = map_generator(name).VERSION

    def load(self, mask: Mask) -> Map:
        """The map M H W of a mask, read-only; only the parts of its file that are looked at are read.

        A map that is missing or cut short is made. Only :meth:`prepare` compares checksums, which reads whole files.
        """
        path = self._path(mask)
        found = _open(path)
        if found is None or found.shape[1:] != mask.shape:
            self._make(mask)
            found = _open(path)
        if found is None:
            raise OSError(f"{path}: expected the weight map that was written, got none; check the disk.")
        return found

    def prepare(self, indices: Sequence[int], read_mask: Callable[[int], Mask], num_workers: int) -> None:
        """Make the maps that are missing or damaged, in ``num_workers`` processes (below 2: in this one)."""
        missing = [index for index in indices if not _is_intact(self._path(read_mask(index)))]
        if not missing:
            return
        start = time.perf_counter()
        log.info("maps     %s: making %d of %d", self.name, len(missing), len(indices))
        made = _in_processes(self._make, (read_mask(index) for index in missing), min(num_workers, len(missing)))
        for _ in _shown(made, len(missing), f"{self.name} maps"):
            pass
        log.info("maps     %s: done in %.1f s, kept in %s", self.name, time.perf_counter() - start, self.folder)

    def _path(self, mask: Mask) -> Path:
        # the shape too, for two masks may hold the same bytes in rows of different lengths
        what = json.dumps([self.name, self.settings, self.version, mask.shape], sort_keys=True)
        key = hashlib.blake2b(what.encode(), digest_size=16)
        key.update(np.ascontiguousarray(mask, dtype=np.uint8).data)
        return self.folder / f"{key.hexdigest()}.npy"

    def _make(self, mask: Mask) -> None:
        weights = map_generator(self.name).weight_map(mask, **self.settings)
        _write(self._path(mask), weights)


def _in_processes(make: Callable[[Mask], None], masks: Iterable[Mask], number: int) -> Iterator[None]:
    """Call ``make`` for every mask in ``number`` processes, which are gone afterwards; few masks wait at a time."""
    if number < 2:
        yield from map(make, masks)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    yield from Parallel(n_jobs=number, return_as="generator_unordered")(delayed(make)(mask) for mask in masks)
    get_reusable_executor().shutdown()


def _shown(items: Iterable[None], total: int, title: str) -> Iterable[None]:
    """Pass the items on, with a progress bar on a terminal."""
    if not sys.stdout.isatty():
        return items
    from rich.progress import track

    return track(items, title, total)


def _write(path: Path, weights: Map) -> None:
    weights = np.ascontiguousarray(weights, dtype=np.float32)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, weights)
        # at the end, where the reader of an .npy file does not look
        file.write(zlib.crc32(weights.data).to_bytes(CHECKSUM_BYTES, "little"))


def _open(path: Path) -> Map | None:
    """The array of a file, mapped into memory; None where it is missing, cut short or no array."""
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except (FileNotFoundError, ValueError, EOFError):
        return None


def _is_intact(path: Path) -> bool:
    """Whether the content has the checksum that was written after it."""
    weights = _open(path)
    if weights is None:
        return False
    with path.open("rb") as file:
        file.seek(-CHECKSUM_BYTES, os.SEEK_END)
        return int.from_bytes(file.read(), "little") == zlib.crc32(weights.data)
