"""The blocks of a plan in parts of a size that suits the device."""

from itertools import pairwise
from typing import NamedTuple
from weakref import WeakKeyDictionary

from torch import Tensor

from cwmi_seg.wavelets.bins import BLOCK
from cwmi_seg.wavelets.plan import Half, SpectralPlan

_CACHED_BINS = 2**17
"""Bins times images that a CPU works on at a time, so that their products stay in its cache."""


class Part(NamedTuple):
    """The blocks of a chunk that are finer, or coarser, halves of scales."""

    blocks: slice  # of the chunk
    basis: Tensor  # T M 128
    row: Tensor  # T, of the table of moments
    rows: slice  # that these blocks add to
    membership: Tensor  # rows T

    @property
    def num_blocks(self) -> int:
        """T."""
        return len(self.row)


class Chunk(NamedTuple):
    """Blocks that are worked on at a time."""

    num_blocks: int
    parts: tuple[Part, ...]

    @property
    def num_bins(self) -> int:
        """128 times the blocks."""
        return self.num_blocks * BLOCK


_made: WeakKeyDictionary[SpectralPlan, dict[int, list[Chunk]]] = WeakKeyDictionary()
"""The chunks of every plan that is kept, by their number: they are views, but many."""


def chunks(plan: SpectralPlan, num_images: int) -> list[Chunk]:
    """Divide all blocks into chunks; there is one, unless a CPU could not keep it in its cache.

    ``num_images`` counts every mirror image.
    """
    # a GPU is slowed by every further call, and has no cache of this size to lose
    on_cpu = plan.bins.device.type == "cpu"
    number = min(-(-plan.num_blocks * BLOCK * num_images // _CACHED_BINS), plan.num_blocks) if on_cpu else 1
    of_plan = _made.setdefault(plan, {})
    if number not in of_plan:
        edges = [plan.num_blocks * i // number for i in range(number + 1)]
        of_plan[number] = [_chunk(plan, *span) for span in pairwise(edges)]
    return of_plan[number]


def _chunk(plan: SpectralPlan, start: int, stop: int) -> Chunk:
    parts = [_part(half, start, stop) for half in plan.halves]
    return Chunk(stop - start, tuple(part for part in parts if part is not None))


def _part(half: Half, start: int, stop: int) -> Part | None:
    first, last = max(start, half.first), min(stop, half.first + len(half.rows))
    if first >= last:
        return None
    low, high = first - half.first, last - half.first
    rows = slice(half.rows[low], half.rows[high - 1] + 1)
    return Part(
        blocks=slice(first - start, last - start),
        basis=_range(half.basis, low, high),
        row=_range(half.row, low, high),
        rows=rows,
        membership=_range(_range(half.membership, rows.start, rows.stop), low, high, dim=1),
    )


def _range(tensor: Tensor, start: int, stop: int, dim: int = 0) -> Tensor:
    """The tensor itself where the range is all of it: a view is an operator too."""
    return tensor if (start, stop) == (0, tensor.shape[dim]) else tensor.narrow(dim, start, stop - start)
