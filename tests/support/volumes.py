"""Volumes to score."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from cwmi_seg.topology.masks import Mask


def random_volume(generator: np.random.Generator, largest: int) -> Mask:
    """Any size from 1 voxel a side, any density, noise of any grain; empty and full ones too."""
    return _volume(generator, tuple(generator.integers(1, largest + 1, 3)))


def random_volume_pairs(number: int, seed: int = 0, largest: int = 12) -> Iterator[tuple[Mask, Mask]]:
    """Predictions and targets of one size, some of them alike."""
    generator = np.random.default_rng(seed)
    for _ in range(number):
        target = _volume(generator, tuple(generator.integers(1, largest + 1, 3)))
        flipped = generator.random(target.shape) < generator.choice([0.01, 0.1, 0.5])
        yield (target ^ flipped if generator.random() < 0.7 else _volume(generator, target.shape)), target


def _volume(generator: np.random.Generator, shape: tuple[int, ...]) -> Mask:
    field = gaussian_filter(generator.normal(size=shape), generator.uniform(0, 1.5))
    share = generator.uniform(-0.05, 1.05)
    return np.full(shape, share < 0) if not 0 <= share <= 1 else field >= np.quantile(field, share)


def grid(size: int) -> NDArray[np.float64]:
    """Coordinates z, y, x of a cube of ``size`` voxels, 0 in the middle."""
    return np.stack(np.meshgrid(*[np.arange(size) - (size - 1) / 2] * 3, indexing="ij"))


def ball(size: int, radius: float) -> Mask:
    return (grid(size) ** 2).sum(0) <= radius**2


def torus(size: int, radius: float, tube: float, shift: tuple[float, float, float] = (0, 0, 0), axis: int = 0) -> Mask:
    """A solid ring around ``axis``."""
    across, *plane = np.moveaxis(grid(size) - np.reshape(shift, (3, 1, 1, 1)), 0, 0)[[axis, *({0, 1, 2} - {axis})]]
    return (np.hypot(*plane) - radius) ** 2 + across**2 <= tube**2
