"""The axes that each level of a network halves, from the spacing of the samples."""

from collections.abc import Sequence

from cwmi_seg.mistakes import Mistake


def poolings(dimensions: int, spacing: Sequence[float] | None, levels: int) -> tuple[tuple[int, ...], ...]:
    """The factors, 2 or 1, by which each of ``levels`` poolings shrinks the axes.

    An axis is pooled only where its samples are less than twice as far apart as those of the finest axis, after the
    poolings before. So the samples of thick slices come nearer to being cubes from level to level: at a spacing of
    30 x 6 x 6 the first two poolings leave the depth alone.

    Args:
        dimensions: number of axes, 2 or 3.
        spacing: distance of neighbouring samples along each axis; equal by default.
        levels: number of poolings.

    Raises:
        ValueError: another number of axes, or of spacings, or a spacing that is not positive.

    Example:
        >>> poolings(3, (30, 6, 6), 3)
        ((1, 2, 2), (1, 2, 2), (2, 2, 2))
    """
    if dimensions not in (2, 3):
        raise Mistake(f"dimensions: expected 2 for images or 3 for volumes, got {dimensions}; choose one.")
    present = [1.0] * dimensions if spacing is None else list(spacing)
    if len(present) != dimensions or not all(distance > 0 for distance in present):
        raise Mistake(f"spacing: expected {dimensions} positive numbers, one for each axis, got {present}; mend it.")
    factors = []
    for _ in range(levels):
        finest = min(present)
        factor = tuple(2 if distance < 2 * finest else 1 for distance in present)
        present = [f * distance for f, distance in zip(factor, present, strict=True)]
        factors.append(factor)
    return tuple(factors)
