"""Procedural thin structures on a textured, noisy ground, drawn from a seed; no files.

The image fades where a structure has a gap, while the mask goes on: a pixel-wise loss pays little for
leaving the gap open, a topology metric notices.
"""

from collections.abc import Callable
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo, Pixels
from cwmi_seg.datasets.texture import textured
from cwmi_seg.mistakes import Mistake

Mask = NDArray[np.bool_]
Rng = np.random.Generator


class SyntheticImages:
    """Grey images of one kind of structure, generated on first use and kept in memory.

    Args:
        kind: "vessels" (winding curves), "membranes" (walls of Voronoi cells), "roads" (a bent street grid) or
            "rings" (separate discs and rings; Betti numbers known by construction).
        size: height and width in pixels.
        num_train, num_val, num_test: images of the three official parts.
        noise: standard deviation of the pixel noise, in units of the structure's contrast.
        gap_share: share of the image area over which structures fade to a fifth of their contrast.
        seed: image i depends on (seed, i) alone.
    """

    def __init__(
        self,
        kind: str = "vessels",
        size: int = 128,
        num_train: int = 48,
        num_val: int = 8,
        num_test: int = 16,
        noise: float = 0.3,
        gap_share: float = 0.1,
        seed: int = 0,
    ) -> None:
        if kind not in _MASKS:
            raise Mistake(f"kind: expected one of {', '.join(_MASKS)}, got {kind}; choose one.")
        if size < 32:
            raise Mistake(f"size: expected at least 32 pixels, got {size}; use for example 128.")
        for name, count in (("num_train", num_train), ("num_val", num_val), ("num_test", num_test)):
            if count < 1:
                raise Mistake(f"{name}: expected at least 1 image, got {count}; use for example 8.")
        self.kind, self.size, self.noise, self.gap_share, self.seed = kind, size, noise, gap_share, seed
        self._parts = ["train"] * num_train + ["val"] * num_val + ["test"] * num_test

    @cached_property
    def info(self) -> DatasetInfo:
        """The names, sizes and statistics of the images; every image is generated once for them."""
        images, pixels = [], []
        for index, part in enumerate(self._parts):
            image, mask = self.read(index)
            structure = int(mask.sum())
            counts = (mask.size - structure, structure)
            entry = ImageInfo(
                name=f"{part}_{index:04d}",
                height=self.size,
                width=self.size,
                class_counts=counts,
                group=f"{index:04d}",
                part=part,
            )
            images.append(entry)
            pixels.append((image.mean(), (image.astype(np.float64) ** 2).mean()))
        mean, square = np.mean(pixels, axis=0)
        return DatasetInfo(
            name=f"synthetic {self.kind}",
            source=f"generated, seed {self.seed}",
            channels=1,
            num_classes=2,
            mean=(float(mean),),
            std=(float(np.sqrt(square - mean**2)),),
            images=tuple(images),
        )

    def read(self, index: int) -> tuple[Pixels, NDArray[np.uint8]]:
        """Image H W 1 and mask H W of one entry of ``info.images``, generated on first use."""
        return _generate(self.kind, self.size, self.noise, self.gap_share, self.seed, index)

    def betti_numbers(self, index: int) -> tuple[int, int]:
        """Numbers of components and holes of an image of the kind "rings", known from how it was drawn.

        Raises:
            ValueError: The images are of another kind.
        """
        if self.kind != "rings":
            raise Mistake(f"kind: expected rings, got {self.kind}; only rings have Betti numbers by construction.")
        cells = _ring_cells(self.size, np.random.default_rng((self.seed, index)))
        return len(cells), sum(inner > 0 for *_, inner in cells)


@lru_cache(maxsize=512)
def _generate(
    kind: str, size: int, noise: float, gap_share: float, seed: int, index: int
) -> tuple[Pixels, NDArray[np.uint8]]:
    rng = np.random.default_rng((seed, index))
    mask = _MASKS[kind](size, rng)
    grey = textured(mask, rng, noise=noise, gap_share=gap_share, width=size / 24)
    return grey[..., None], mask.astype(np.uint8)


def _vessels(size: int, rng: Rng) -> Mask:
    rows, columns = np.mgrid[:size, :size] / size - 0.5
    mask = np.zeros((size, size), dtype=bool)
    for _ in range(7):
        angle, offset = rng.uniform(0, np.pi), rng.uniform(-0.5, 0.5)
        along = columns * np.cos(angle) + rows * np.sin(angle)
        across = rows * np.cos(angle) - columns * np.sin(angle)
        bend = 0.08 * np.sin(2 * np.pi * along * rng.uniform(0.5, 2) + rng.uniform(0, 6))
        mask |= np.abs(across - offset - bend) < rng.uniform(0.6, 1.8) / size
    return mask


def _membranes(size: int, rng: Rng) -> Mask:
    from scipy.spatial import cKDTree

    seeds = rng.uniform(-0.1 * size, 1.1 * size, (max(round((size / 14) ** 2), 4), 2))
    pixels = np.indices((size, size)).reshape(2, -1).T
    nearest = cKDTree(seeds).query(pixels, k=2)[0]
    return (nearest[:, 1] - nearest[:, 0] < 2.2).reshape(size, size)


def _roads(size: int, rng: Rng) -> Mask:
    turn = rng.uniform(0, np.pi / 2)
    rows, columns = np.mgrid[:size, :size] - size / 2
    mask = np.zeros((size, size), dtype=bool)
    for angle in (turn, turn + np.pi / 2):
        along = columns * np.cos(angle) + rows * np.sin(angle)
        across = rows * np.cos(angle) - columns * np.sin(angle)
        streets = np.cumsum(rng.uniform(14, 40, size // 8)) - 1.2 * size
        for street in streets[np.abs(streets) < 0.75 * size]:
            bend = 3 * np.sin(along / size * rng.uniform(2, 6))
            ends = rng.uniform(-0.75, 0.75, 2) * size
            mask |= (
                (np.abs(across - street - bend) < rng.uniform(0.8, 1.8)) & (along > ends.min()) & (along < ends.max())
            )
    return mask


def _ring_cells(size: int, rng: Rng) -> list[tuple[float, float, float, float]]:
    """Row, column, outer and inner radius in cells of 16 pixels; about a third each are discs, rings and empty."""
    cells = []
    for row in range(8, size - 7, 16):
        for column in range(8, size - 7, 16):
            outer, choice = rng.uniform(4, 6), rng.integers(3)
            if choice:
                cells.append((float(row), float(column), outer, outer - 2 if choice == 2 else 0.0))
    return cells


def _rings(size: int, rng: Rng) -> Mask:
    rows, columns = np.mgrid[:size, :size]
    mask = np.zeros((size, size), dtype=bool)
    for row, column, outer, inner in _ring_cells(size, rng):
        radius = np.hypot(rows - row, columns - column)
        mask |= (radius <= outer) & (radius >= inner)
    return mask


_MASKS: dict[str, Callable[[int, Rng], Mask]] = {
    "vessels": _vessels,
    "membranes": _membranes,
    "roads": _roads,
    "rings": _rings,
}
