"""Volumes of thin structures whose Betti numbers are known by construction, drawn from a seed; no files.

As in the images of :mod:`cwmi_seg.datasets.synthetic` the volume fades where a structure has a gap, while the mask goes
on: a voxel-wise loss pays little for leaving the gap open, a topology metric notices.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo, Pixels
from cwmi_seg.datasets.solids import KINDS, SMALLEST, Solid, draw, scene
from cwmi_seg.datasets.texture import textured
from cwmi_seg.mistakes import Mistake

Shape = tuple[int, int, int]


class SyntheticVolumes:
    """Grey volumes of one kind of structure or of all, generated on first use; the latest are kept in memory.

    Args:
        kind: "tubes" (winding, across the volume), "sheets" (waves, some pierced), "shells" (hollow balls), "tori"
            (rings), or "mixed" (all four, each in its own cell).
        shape: Depth, height and width in voxels.
        num_train, num_val, num_test: Volumes of the three official parts.
        noise: Standard deviation of the voxel noise, in units of the structure's contrast.
        gap_share: Share of the volume over which structures fade to a fifth of their contrast.
        seed: Volume i depends on (seed, i) alone.
    """

    def __init__(
        self,
        kind: str = "mixed",
        shape: Sequence[int] = (48, 48, 48),
        num_train: int = 16,
        num_val: int = 4,
        num_test: int = 8,
        noise: float = 0.3,
        gap_share: float = 0.1,
        seed: int = 0,
    ) -> None:
        if kind not in KINDS:
            raise Mistake(f"kind: expected one of {', '.join(KINDS)}, got {kind}; choose one.")
        for name, count in (("num_train", num_train), ("num_val", num_val), ("num_test", num_test)):
            if count < 1:
                raise Mistake(f"{name}: expected at least 1 volume, got {count}; use for example 4.")
        if not 0 <= gap_share < 1 or noise < 0:
            raise Mistake(f"noise, gap_share: expected at least 0 and a share below 1, got {noise}, {gap_share}.")
        self.kind, self.shape, self.noise, self.gap_share, self.seed = kind, _checked(shape), noise, gap_share, seed
        self._parts = ["train"] * num_train + ["val"] * num_val + ["test"] * num_test

    @cached_property
    def info(self) -> DatasetInfo:
        """The names, sizes and statistics of the volumes; every volume is generated once for them."""
        entries, sums = [], []
        for index, part in enumerate(self._parts):
            image, mask = self.read(index)
            entries.append(self._entry(index, part, int(mask.sum())))
            values = image.astype(np.float64)
            sums.append((values.mean(), (values**2).mean()))
        mean, square = np.mean(sums, axis=0)
        return DatasetInfo(
            name=f"synthetic {self.kind}",
            source=f"generated, seed {self.seed}",
            channels=1,
            num_classes=2,
            mean=(float(mean),),
            std=(float(np.sqrt(square - mean**2)),),
            images=tuple(entries),
            dimensions=3,
            spacing=(1.0, 1.0, 1.0),
        )

    def read(self, index: int) -> tuple[Pixels, NDArray[np.uint8]]:
        """Volume D H W 1 and mask D H W of one entry of ``info.images``, both read-only, generated on first use."""
        return _generate(self.kind, self.shape, self.noise, self.gap_share, self.seed, index)

    def betti_numbers(self, index: int) -> tuple[int, int, int]:
        """Numbers of components, tunnels and cavities of a mask, known from how it was drawn.

        They hold for structure with 26-connectivity and background with 6.
        """
        numbers = [solid.betti for solid in self._scene(index)]
        components, tunnels, cavities = (sum(each) for each in zip(*numbers, strict=True))
        return components, tunnels, cavities

    def _scene(self, index: int) -> list[Solid]:
        return scene(self.kind, self.shape, np.random.default_rng((self.seed, index)))

    def _entry(self, index: int, part: str, structure: int) -> ImageInfo:
        depth, height, width = self.shape
        return ImageInfo(
            name=f"{part}_{index:04d}",
            height=height,
            width=width,
            class_counts=(depth * height * width - structure, structure),
            group=f"{index:04d}",
            part=part,
            depth=depth,
        )


@lru_cache(maxsize=64)
def _generate(
    kind: str, shape: Shape, noise: float, gap_share: float, seed: int, index: int
) -> tuple[Pixels, NDArray[np.uint8]]:
    rng = np.random.default_rng((seed, index))
    mask = draw(scene(kind, shape, rng), shape)
    grey = textured(mask, rng, noise=noise, gap_share=gap_share, width=min(shape) / 16)[..., None]
    target = mask.astype(np.uint8)
    grey.setflags(write=False)  # whoever reads it again gets the same array
    target.setflags(write=False)
    return grey, target


def _checked(shape: Sequence[int]) -> Shape:
    try:
        depth, height, width = (int(size) for size in shape)
    except (TypeError, ValueError):
        raise Mistake(f"shape: expected depth, height and width, got {shape}; use for example [48,48,48].") from None
    if min(depth, height, width) < SMALLEST:
        raise Mistake(f"shape: expected at least {SMALLEST} voxels along each axis, got {shape}; use [48,48,48].")
    return depth, height, width
