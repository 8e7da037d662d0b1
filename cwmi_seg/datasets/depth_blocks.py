"""Blocks of neighbouring slices of a volume, so that the parts of one stack can train, validate and test."""

from itertools import pairwise

from cwmi_seg.mistakes import Mistake


def checked_block_size(size: int | None) -> int | None:
    """The number of slices of a block; None for whole volumes.

    Raises:
        Mistake: No positive whole number.
    """
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise Mistake(f"block_size: expected at least 1 slice or null, got {size}; use for example 20.")
    return size


def blocks(depth: int, size: int | None) -> list[range]:
    """As few blocks of at most ``size`` slices as there can be, in order, their sizes as equal as possible."""
    number = 1 if size is None else -(-depth // size)
    ends = [depth * i // number for i in range(number + 1)]
    return [range(start, stop) for start, stop in pairwise(ends)]


def block_name(volume: str, slices: range) -> str:
    """Name of a block, with its first and last slice."""
    return f"{volume}_{slices.start:03d}_{slices.stop - 1:03d}"
