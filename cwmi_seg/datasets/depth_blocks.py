"""Blocks of neighbouring slices of a volume, so that the parts of one stack can train, validate and test."""

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
    """The slices of each block, from the first on; the last block has those besides that would fill none."""
    if size is None:
        return [range(depth)]
    number = max(depth // size, 1)
    return [range(i * size, depth if i == number - 1 else (i + 1) * size) for i in range(number)]


def block_name(volume: str, slices: range) -> str:
    """Name of a block, with its first and last slice."""
    return f"{volume}_{slices.start:03d}_{slices.stop - 1:03d}"
