"""Scores and p values as text."""

import math

ARROWS = {"higher": "↑", "lower": "↓"}
"""Direction of a metric to the arrow behind its name."""


def decimals(values: list[float]) -> int:
    """Number of digits after the point that suits a column: 3 for scores around 1 and below, fewer for large values."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest < 2:
        return 3
    return 2 if largest < 100 else 1


def with_spread(mean: float, std: float, digits: int, sign: str = "±") -> str:
    """Write ``0.812 ± 0.004``, or the mean alone where there is no spread."""
    if not math.isfinite(std):
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} {sign} {std:.{digits}f}"


def p_value(p: float) -> str:
    """Write ``0.031``, ``< 0.001``, or ``-`` where nothing was tested."""
    if math.isnan(p):
        return "-"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
