"""The one spacing of the volumes of a dataset."""

import math
from collections.abc import Sequence

from cwmi_seg.datasets.volume_files.arranged import Volume
from cwmi_seg.mistakes import Mistake

_EQUAL = 1e-3  # relative; files round
_SETTING = "set dataset.preparer.spacing=[30,6,6] (depth, height, width)"


def given_spacing(spacing: Sequence[float] | None) -> tuple[float, ...] | None:
    """The spacing of a config, checked.

    Raises:
        Mistake: Not three positive numbers.
    """
    if spacing is None:
        return None
    try:
        numbers = tuple(float(step) for step in spacing)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) != 3 or not all(math.isfinite(step) and step > 0 for step in numbers):
        raise Mistake(f"spacing: expected three positive numbers or null, got {spacing}; {_SETTING}.")
    return numbers


def common_spacing(
    volumes: Sequence[Volume], given: tuple[float, ...] | None, unit: str
) -> tuple[tuple[float, ...] | None, str, str]:
    """The spacing of all volumes, its unit, and a sentence that says where it is from.

    Raises:
        Mistake: The files say different ones, or only some of them say one.
    """
    if given is not None:
        return given, unit, f"spacing {_shown(given, unit)}, as dataset.preparer.spacing says"
    first = volumes[0]
    for volume in volumes:
        if not _is_same(first, volume):
            raise Mistake(
                f"{volume.path}: expected the spacing of {first.path.name}, {_shown(first.spacing, first.unit)}, got "
                f"{_shown(volume.spacing, volume.unit)}; resample it, or {_SETTING}."
            )
    if first.spacing is None:
        return None, "", f"spacing unknown, counted as 1 along each axis; if that is wrong {_SETTING}"
    return first.spacing, first.unit, f"spacing {_shown(first.spacing, first.unit)}, as the files say"


def _is_same(first: Volume, other: Volume) -> bool:
    if first.spacing is None or other.spacing is None:
        return first.spacing is other.spacing
    close = all(math.isclose(*steps, rel_tol=_EQUAL) for steps in zip(first.spacing, other.spacing, strict=True))
    return close and first.unit == other.unit


def _shown(spacing: tuple[float, ...] | None, unit: str) -> str:
    return "none" if spacing is None else f"{' x '.join(f'{step:g}' for step in spacing)} {unit}".rstrip()
