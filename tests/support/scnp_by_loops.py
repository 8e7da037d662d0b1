"""SCNP's logits by a loop over pixels, for tests and ``scripts/stress_losses.py``."""

import numpy as np
import torch
from torch import Tensor

from cwmi_seg.losses._inputs import read_logits
from cwmi_seg.losses.scnp import penalised_logits
from tests.support.loss_inputs import IGNORED


def window_by_loops(values: np.ndarray, target: np.ndarray, label: int, i: tuple[int, ...], side: int) -> float:
    """The least certain logit of class ``label`` around the pixel ``i``."""
    same = (target == label) == (target[i] == label)
    box = tuple(slice(max(0, at - side // 2), at + side // 2 + 1) for at in i)
    neighbours = values[box][(same & (target != IGNORED))[box]]
    return float(neighbours.min() if target[i] == label else neighbours.max())


def by_loops(logits: np.ndarray, target: np.ndarray, side: int) -> np.ndarray:
    """Penalised logits C *space of one image."""
    result = logits.copy()
    for label in range(len(logits)):
        for i in zip(*np.nonzero(target != IGNORED), strict=True):
            result[label][i] = window_by_loops(logits[label], target, label, i, side)
    return result


def random_case(seed: int) -> tuple[Tensor, Tensor, int]:
    """Logits 1 C *space, target with ignored pixels, and an odd window."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 12, 2) if seed % 5 else rng.integers(1, 6, 3)
    classes = int(rng.integers(2, 5))
    target = torch.from_numpy(rng.integers(0, classes, (1, *size)))
    target[torch.from_numpy(rng.random(target.shape) < rng.choice([0, 0.2, 0.6]))] = IGNORED
    return torch.from_numpy(rng.normal(0, 3, (1, classes, *size))), target, int(rng.choice([1, 3, 5, 7]))


def differs_from_loops(seed: int) -> float:
    """Largest difference of one random case from the loop over pixels."""
    logits, target, side = random_case(seed)
    ours = penalised_logits(*read_logits(logits, target, IGNORED), side)
    values = logits if logits.shape[1] > 2 else torch.cat([0 * logits[:, :1], logits[:, 1:] - logits[:, :1]], 1)
    theirs = torch.from_numpy(by_loops(values[0].numpy(), target[0].numpy(), side))[None]
    if logits.shape[1] == 2:
        theirs[:, 0] = 0
    return (ours - theirs).abs().max().item()
