"""Noisy curved vessels on a textured ground, drawn from a seed; no files."""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset


class SyntheticVessels(Dataset[dict[str, Tensor | str]]):
    """``num_images`` images of ``size`` pixels; image i depends on (seed, i) alone."""

    def __init__(self, num_images: int, size: int, seed: int) -> None:
        self.num_images, self.size, self.seed = num_images, size, seed

    def __len__(self) -> int:
        return self.num_images

    def __getitem__(self, index: int) -> dict[str, Tensor | str]:
        rng = np.random.default_rng((self.seed, index))
        rows, columns = np.mgrid[: self.size, : self.size] / self.size
        mask = np.zeros((self.size, self.size), dtype=bool)
        for _ in range(6):
            angle, offset = rng.uniform(0, np.pi), rng.uniform(-0.5, 0.5)
            along = (columns - 0.5) * np.cos(angle) + (rows - 0.5) * np.sin(angle)
            across = (rows - 0.5) * np.cos(angle) - (columns - 0.5) * np.sin(angle)
            bend = 0.08 * np.sin(2 * np.pi * along * rng.uniform(0.5, 2) + rng.uniform(0, 6))
            mask |= np.abs(across - offset - bend) < rng.uniform(0.5, 1.5) / self.size
        contrast = 1 - 0.6 * (np.sin(9 * rows + rng.uniform(0, 6)) > 0.7)  # gaps: faint stretches of a vessel
        image = 0.8 * mask * contrast + 0.2 * np.sin(20 * columns + rng.uniform(0, 6)) + rng.normal(0, 0.3, mask.shape)
        return {
            "image": torch.tensor(image[None], dtype=torch.float32),
            "target": torch.tensor(mask, dtype=torch.int64),
            "name": f"{index:04d}",
        }
