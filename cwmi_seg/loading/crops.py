"""Random crops and normalisation: arrays as they are stored go in, tensors as the network wants them come out."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cwmi_seg.datasets.info import DatasetInfo, Pixels

Window = tuple[slice, ...]
"""A part of an image H W or of a volume D H W, a slice for each axis."""
_Kind = TypeVar("_Kind", bound=np.generic)


def sample_generator(seed: int, epoch: int, index: int) -> torch.Generator:
    """The random numbers of one sample, which depend on the arguments alone: a resumed run sees what it would have."""
    return torch.Generator().manual_seed(derived_seed(seed, epoch, index))


def derived_seed(*numbers: int) -> int:
    """One seed of 64 bits from several numbers; unlike their sum it tells (0, 1) from (1, 0)."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def random_window(shape: Sequence[int], crop_size: Sequence[int], generator: torch.Generator) -> Window:
    """A window at a uniformly drawn position of an array; along an axis that is smaller, the whole axis."""
    starts = [_drawn_below(max(length - crop, 0) + 1, generator) for length, crop in zip(shape, crop_size, strict=True)]
    return _window(shape, crop_size, starts)


def window_around(shape: Sequence[int], crop_size: Sequence[int], centre: Sequence[int]) -> Window:
    """The window with ``centre`` in its middle, moved into the array where it would reach out of it."""
    places = zip(shape, crop_size, centre, strict=True)
    starts = [min(max(middle - crop // 2, 0), max(length - crop, 0)) for length, crop, middle in places]
    return _window(shape, crop_size, starts)


def _window(shape: Sequence[int], crop_size: Sequence[int], starts: Sequence[int]) -> Window:
    axes = zip(shape, crop_size, starts, strict=True)
    return tuple(slice(start, start + min(crop, length)) for length, crop, start in axes)


def _drawn_below(number: int, generator: torch.Generator) -> int:
    return int(torch.randint(number, (), generator=generator))


def pad_to(array: NDArray[_Kind], size: Sequence[int], value: float | str) -> NDArray[_Kind]:
    """Grow an array *space (...) at the ends of its axes to at least ``size``, by ``value`` or by its "edge"."""
    missing = [max(want - have, 0) for want, have in zip(size, array.shape[: len(size)], strict=True)]
    if not any(missing):
        return array
    widths = [*((0, number) for number in missing), *[(0, 0)] * (array.ndim - len(size))]
    if value == "edge":
        return np.pad(array, widths, mode="edge")
    return np.pad(array, widths, constant_values=value)


def normalised(image: Pixels, info: DatasetInfo) -> Tensor:
    """Turn pixels *space I into I *space float32 with mean 0 and standard deviation 1 over the dataset."""
    # channel by channel into one array: a transposed copy of a large image would double its memory
    normal = np.empty((image.shape[-1], *image.shape[:-1]), dtype=np.float32)
    for channel, (mean, std) in enumerate(zip(info.mean, info.std, strict=True)):
        np.subtract(image[..., channel], np.float32(mean), out=normal[channel])
        normal[channel] /= np.float32(max(std, 1e-6))
    return torch.from_numpy(normal)
