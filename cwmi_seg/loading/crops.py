"""Random crops and normalisation: arrays as they are stored go in, tensors as the network wants them come out."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cwmi_seg.datasets.info import DatasetInfo

_Kind = TypeVar("_Kind", bound=np.generic)


def sample_generator(seed: int, epoch: int, index: int) -> torch.Generator:
    """The random numbers of one sample, which depend on the arguments alone: a resumed run sees what it would have."""
    return torch.Generator().manual_seed(derived_seed(seed, epoch, index))


def derived_seed(*numbers: int) -> int:
    """One seed of 64 bits from several numbers; unlike their sum it tells (0, 1) from (1, 0)."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def random_window(height: int, width: int, crop_size: Sequence[int], generator: torch.Generator) -> tuple[slice, slice]:
    """Rows and columns of a window at a uniformly drawn position; along an axis that is smaller, the whole axis."""

    def span(length: int, crop: int) -> slice:
        start = int(torch.randint(max(length - crop, 0) + 1, (), generator=generator))
        return slice(start, start + min(crop, length))

    return span(height, crop_size[0]), span(width, crop_size[1])


def pad_to(array: NDArray[_Kind], size: Sequence[int], value: float | str) -> NDArray[_Kind]:
    """Grow an array H W (...) at the bottom and right to at least ``size``, by ``value`` or by repeating the "edge"."""
    rows, columns = (max(want - have, 0) for want, have in zip(size, array.shape[:2], strict=True))
    if rows == columns == 0:
        return array
    widths = [(0, rows), (0, columns), *[(0, 0)] * (array.ndim - 2)]
    if value == "edge":
        return np.pad(array, widths, mode="edge")
    return np.pad(array, widths, constant_values=value)


def normalised(image: NDArray[np.number], info: DatasetInfo) -> Tensor:
    """Turn pixels H W I into I H W float32 with mean 0 and standard deviation 1 over the dataset."""
    # channel by channel into one array: a transposed copy of a large image would double its memory
    normal = np.empty((image.shape[2], *image.shape[:2]), dtype=np.float32)
    for channel, (mean, std) in enumerate(zip(info.mean, info.std, strict=True)):
        np.subtract(image[..., channel], np.float32(mean), out=normal[channel])
        normal[channel] /= np.float32(max(std, 1e-6))
    return torch.from_numpy(normal)
