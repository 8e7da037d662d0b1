"""The order in which items are loaded, a function of seed and epoch, and the share of each process."""

from collections.abc import Iterator, Sized

import numpy as np
import torch
from torch.utils.data import Sampler, SequentialSampler


class EpochSampler(Sampler[tuple[int, int]]):
    """Yields (epoch, i), so that items can depend on the epoch in whatever process they are made.

    The order is drawn from (seed, epoch). In a distributed run each process takes every n-th item; the last
    round is filled up from the beginning, and metrics drop what they see twice.
    """

    def __init__(self, data: Sized, seed: int, *, shuffle: bool) -> None:
        self.length, self.seed, self.shuffle, self.epoch = len(data), seed, shuffle, 0

    def set_epoch(self, epoch: int) -> None:
        """Remember the epoch; the trainer calls this before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.length // _world()[1])

    def __iter__(self) -> Iterator[tuple[int, int]]:
        rank, processes = _world()
        order = np.arange(self.length)
        if self.shuffle:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(order)
        # np.resize begins again where it ends: every process gets as many items, as distributed training needs
        padded = np.resize(order, len(self) * processes)
        return iter([(self.epoch, int(i)) for i in padded[rank::processes]])


class RepeatingSampler(EpochSampler, SequentialSampler):  # type: ignore[misc]
    """Yields (0, i) in order, the same in every epoch.

    A ``SequentialSampler`` by name, which the trainer does not replace by its own when it is to overfit a few batches.
    """

    def __init__(self, data: Sized) -> None:
        super().__init__(data, seed=0, shuffle=False)

    def set_epoch(self, epoch: int) -> None:
        """Do nothing, since every epoch is the same."""


def _world() -> tuple[int, int]:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1
