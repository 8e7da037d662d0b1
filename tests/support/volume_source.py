"""Volumes in memory whose voxels say where they come from, and which refuse to be read whole."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo

Shape = tuple[int, int, int]
SHAPE = (20, 36, 41)
TILES = ("tile=[16,32,32]", "overlap=0")
"""A small volume that is predicted in several windows along every axis, and their settings."""


def grey(shape: tuple[int, ...] = SHAPE, seed: int = 0) -> NDArray[np.uint8]:
    """Noise."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


class PartsOnly:
    """An array that gives its parts alone, as one does that is mapped from a file larger than the memory."""

    def __init__(self, values: NDArray[Any]) -> None:
        self._values = values
        self.shape, self.ndim, self.dtype = values.shape, values.ndim, values.dtype
        self.largest = 0

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, part: Any) -> NDArray[Any]:
        found = self._values[part]
        self.largest = max(self.largest, found.size)
        assert found.size < self._values.size
        return found

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __array__(self, *_: Any, **__: Any) -> NDArray[Any]:
        raise AssertionError("read whole")


class NumberedVoxels:
    """Volumes D H W of float32 whose values are the numbers of the voxels; structure is where ``structure`` says.

    Args:
        shapes: of the volumes.
        structure: share of the voxels that are structure, spread evenly; each value says class 1.
        spacing: of the dataset.
        parts_only: whether reading a whole volume is an error.
    """

    def __init__(
        self,
        shapes: Sequence[Shape],
        structure: float = 0.5,
        spacing: tuple[float, ...] | None = None,
        *,
        parts_only: bool = False,
    ) -> None:
        images = tuple(
            ImageInfo(f"vol{i}", height, width, (1, 1), f"group{i}", depth=depth)
            for i, (depth, height, width) in enumerate(shapes)
        )
        self.structure, self.parts_only = structure, parts_only
        self.info = DatasetInfo(
            "numbered", "made", 1, 2, (0.0,), (1.0,), images, dtype="float32", dimensions=3, spacing=spacing
        )

    def read(self, index: int) -> tuple[Any, Any]:
        shape = self.info.images[index].shape
        numbers = np.arange(np.prod(shape)).reshape(shape)
        image = numbers.astype(np.float32)[..., None]
        mask = (numbers % round(1 / self.structure) == 0).astype(np.uint8)
        return (PartsOnly(image), PartsOnly(mask)) if self.parts_only else (image, mask)
