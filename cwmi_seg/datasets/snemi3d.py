"""SNEMI3D as it is downloaded: the stacks ``train-input.tif`` and ``train-labels.tif``, one page for each slice."""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.image_files import num_pages, read_image, read_mask
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.datasets.raw import RawDataset, RawFiles, RawSample
from cwmi_seg.mistakes import Mistake

SOURCE = "SNEMI3D, https://doi.org/10.5281/zenodo.7142003 (terms: see there)"


class SNEMI3D:
    """100 slices 1024 x 1024 of mouse cortex in an electron microscope; structure = membranes.

    Membranes are the pixels of label 0 and the inner boundaries between labels. Slices are read one at a time.

    Args:
        block_size: Number of neighbouring slices that make a group, which ``split.groups=true`` keeps together.
    """

    def __init__(self, block_size: int = 10) -> None:
        if not isinstance(block_size, int) or block_size < 1:
            raise Mistake(f"block_size: expected at least 1 slice, got {block_size}; use for example 10.")
        self.block_size = block_size

    def __call__(self, raw: Path) -> RawDataset:
        files = RawFiles(raw, SOURCE)
        stack, labels = (
            files.require(rf"train[-_]{part}\.tiff?", f"train-{part}.tif")[()] for part in ("input", "labels")
        )
        count, other = num_pages(stack), num_pages(labels)
        if count != other:
            raise Mistake(f"{labels}: expected {count} pages as in {stack.name}, got {other}; copy both again.")
        return RawDataset(SOURCE, tuple(self._sample(stack, labels, page) for page in range(count)))

    def _sample(self, stack: Path, labels: Path, page: int) -> RawSample:
        return RawSample(
            name=f"slice_{page:03d}",
            files=(stack, labels),
            read=partial(_read_slice, stack, labels, page),
            group=self.group(page),
        )

    def group(self, page: int) -> str:
        """The name of the block that a slice belongs to."""
        return f"block_{page // self.block_size:03d}"


def membranes(labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Mark the pixels of label 0, and on both sides the borders between two labels; 4-neighbours are compared."""
    structure = labels == 0
    for axis in (0, 1):
        found, here = np.moveaxis(structure, axis, 0), np.moveaxis(labels, axis, 0)
        differ = (here[1:] != here[:-1]) & (here[1:] != 0) & (here[:-1] != 0)
        found[1:] |= differ
        found[:-1] |= differ
    return structure.astype(np.uint8)


def _read_slice(stack: Path, labels: Path, page: int) -> tuple[Pixels, NDArray[np.uint8]]:
    found = read_mask(labels, lambda numbers, _: membranes(numbers), page)
    return read_image(stack, page), found.astype(np.uint8, copy=False)
