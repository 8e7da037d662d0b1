"""Masks to score."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from cwmi_seg.topology.masks import Mask


def drawn(*rows: str) -> Mask:
    """A mask from lines of text; ``#`` is the structure."""
    return np.array([[letter == "#" for letter in row] for row in rows])


def random_pairs(number: int, seed: int = 0, largest: int = 64) -> Iterator[tuple[Mask, Mask]]:
    """Predictions and targets of any size, density and grain, related to each other or not; empty and full ones too."""
    generator = np.random.default_rng(seed)
    for _ in range(number):
        size = generator.integers(1, largest + 1, 2)
        field = gaussian_filter(generator.normal(size=size), generator.uniform(0, 2))
        other = field + generator.uniform(0, 2) * field.std() * generator.normal(size=size)
        yield _above_quantile(other, generator.uniform(-0.1, 1.1)), _above_quantile(field, generator.uniform(-0.1, 1.1))


def _above_quantile(field: NDArray[np.float64], share: float) -> Mask:
    return np.full(field.shape, share < 0) if not 0 <= share <= 1 else field >= np.quantile(field, share)
