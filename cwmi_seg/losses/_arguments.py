"""The checks that the arguments of every loss go through, so that a mistake is one line before any training."""

import math
from collections.abc import Collection
from numbers import Integral, Real

from cwmi_seg.mistakes import Mistake


def check_number(
    name: str,
    value: object,
    repair: str,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    whole: bool = False,
) -> None:
    """Refuse an argument that is no finite number, or is out of its range.

    Args:
        name: Name of the argument.
        value: The value that it was given.
        repair: A better value, such as "2 is the paper's".
        least: Smallest value that is allowed.
        above: Largest value that is too small.
        most: Largest value that is allowed.
        whole: Whether only integers are allowed.

    Raises:
        ValueError: ``name: expected RULE, got VALUE; REPAIR.``
    """
    # bool is an Integral, but True for a radius is a mistake
    is_number = isinstance(value, Integral if whole else Real) and not isinstance(value, bool)
    if is_number and math.isfinite(value) and _within(value, least, above, most):  # type: ignore[arg-type]
        return
    kind = "a whole number" if whole else "a number"
    raise Mistake(f"{name}: expected {kind}{_range(least, above, most)}, got {value}; {repair}.")


def check_choice(name: str, value: object, choices: Collection[str], repair: str) -> None:
    """Refuse an argument that is none of ``choices``, with the line that :func:`check_number` has."""
    if value not in choices:
        raise Mistake(f"{name}: expected one of {', '.join(choices)}, got {value}; {repair}.")


def _within(value: float, least: float | None, above: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (above is None or value > above) and (most is None or value <= most)


def _range(least: float | None, above: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    bounds = ((" of at least", least), (" above", above), (" of at most", most))
    return "".join(f"{words} {bound}" for words, bound in bounds if bound is not None)
