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


def in_one_unit(steps: Sequence[float | None], units: Sequence[object]) -> tuple[tuple[float | None, ...], str]:
    """Steps with a unit each as steps in the unit of the last one that has a step.

    Steps that cannot be (0, below, infinite) are None, and so are all where units cannot be compared.
    """
    names = [unit_name(unit) for unit in units]
    known = [name for step, name in zip(steps, names, strict=True) if possible(step) is not None]
    if not known:
        return tuple(None for _ in steps), ""
    target = known[-1]
    if any(name != target and not (name in _METRES and target in _METRES) for name in known):
        return tuple(None for _ in steps), ""
    scaled = [
        None if (found := possible(step)) is None or name == target else found * _METRES[name] / _METRES[target]
        for step, name in zip(steps, names, strict=True)
    ]
    return tuple(
        possible(step) if each is None else float(f"{each:.12g}") for step, each in zip(steps, scaled, strict=True)
    ), target


def possible(step: object) -> float | None:
    """The step as a number; None for one that no axis can have."""
    try:
        number = float(step)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None
