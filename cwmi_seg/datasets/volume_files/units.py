"""Units of length as files write them, and steps of several units in one."""

import math
from collections.abc import Sequence

_METRES = {
    "m": 1.0, "cm": 1e-2, "mm": 1e-3, "µm": 1e-6, "nm": 1e-9, "Å": 1e-10, "pm": 1e-12,
}  # fmt: skip
_NAMES = {
    "meter": "m", "metre": "m", "centimeter": "cm", "millimeter": "mm", "micrometer": "µm", "micrometre": "µm",
    "micron": "µm", "microns": "µm", "um": "µm", "\u03bcm": "µm", "\\u00b5m": "µm", "nanometer": "nm",
    "nanometre": "nm", "angstrom": "Å", "picometer": "pm",
}  # fmt: skip
_NONE = ("", "pixel", "pixels", "voxel", "unknown")
_LONGEST = 20


def unit_name(text: object) -> str:
    """The common sign of a unit, such as "µm" for micron; "" for none."""
    found = str(text or "").strip().strip('"')
    lower = found.lower()
    if lower in _NONE:
        return ""
    return _NAMES.get(lower, found if found in _METRES else lower)[:_LONGEST]


def in_one_unit(steps: Sequence[object], units: Sequence[object]) -> tuple[tuple[float | None, ...], str]:
    """Steps with a unit each as steps in the unit of the last one that has a step.

    Steps that cannot be (0, below, infinite) are None, and so are all where units cannot be compared.
    """
    found = [(possible(step), unit_name(unit)) for step, unit in zip(steps, units, strict=True)]
    named = [name for step, name in found if step is not None]
    if not named or any(name != named[-1] and not {name, named[-1]} <= set(_METRES) for name in named):
        return (None,) * len(found), ""
    return tuple(None if step is None else _converted(step, name, named[-1]) for step, name in found), named[-1]


def _converted(step: float, unit: str, other: str) -> float:
    return step if unit == other else float(f"{step * _METRES[unit] / _METRES[other]:.12g}")


def possible(step: object) -> float | None:
    """The step as a number; None for one that no axis can have."""
    try:
        number = float(step)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None
