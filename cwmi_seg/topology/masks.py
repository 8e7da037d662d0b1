"""The first step of every public function on arrays: masks and labels are checked and brought to one form."""

import math
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import cast

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.mistakes import Mistake

Mask = NDArray[np.bool_]
MaskLike = NDArray[np.bool_] | NDArray[np.integer]
"""A structure: booleans, or the integers 0 and 1."""
Labels = NDArray[np.integer]
Axes = tuple[str, ...]
IMAGE: Axes = ("H W",)
IMAGE_OR_VOLUME: Axes = ("H W", "D H W")


def read_masks(axes: Axes = IMAGE, **masks: MaskLike) -> list[Mask]:
    """Read masks of one shape as booleans; those that are booleans already are not copied.

    Args:
        axes: The axes that each mask may have, such as "H W".
        **masks: The masks, by the names that errors have.

    Raises:
        ValueError: another number of axes, another type than booleans and integers, another integer than 0 and 1, or
            masks of different shapes.
    """
    arrays = {name: np.asarray(mask) for name, mask in masks.items()}
    for name, array in arrays.items():
        _check_axes(name, array, axes)
        _check_integers(name, array, "a mask of booleans or of 0 and 1", f"use {name} > 0.5")
        repair = f"use {name} > 0, or == 1 for one class of several"
        _check_range(name, array, rule="0 and 1 alone", largest=1, repair=repair)
    _check_shapes(arrays)
    return [array.astype(bool, copy=False) for array in arrays.values()]


def read_labels(axes: Axes = IMAGE, **labels: MaskLike) -> list[Labels]:
    """Read labels of one shape: any integers, or booleans, which become 0 and 1.

    Raises:
        ValueError: another number of axes, another type, or labels of different shapes.
    """
    arrays: dict[str, NDArray[np.generic]] = {name: np.asarray(label) for name, label in labels.items()}
    for name, array in arrays.items():
        _check_axes(name, array, axes)
        _check_integers(name, array, "integer labels", f"use {name}.astype(int)")
    _check_shapes(arrays)
    return [cast(Labels, array.view(np.uint8) if array.dtype == bool else array) for array in arrays.values()]


def read_classes(
    prediction: Labels, target: Labels, num_classes: int, ignore_index: int | None = None, axes: Axes = IMAGE_OR_VOLUME
) -> tuple[Labels, Labels]:
    """Read the class indices of a prediction and its target.

    The target may hold ``ignore_index``, and the prediction anything where it does.

    Raises:
        ValueError: An index is no class, or :func:`read_labels` refuses the arrays.
    """
    prediction, target = read_labels(axes, prediction=prediction, target=target)
    seen = slice(None) if ignore_index is None else target != ignore_index
    repair = "divide masks of 0/255 by 255 in whole numbers (mask // 255), or name the value with ignore_index"
    for name, array in (("prediction", prediction), ("target", target)):
        rule = f"class indices from 0 to {num_classes - 1}"
        _check_range(name, array[seen], rule=rule, largest=num_classes - 1, repair=repair)
    return prediction, target


def read_spacing(spacing: Sequence[float] | None, *numbers_of_axes: int) -> tuple[float, ...] | None:
    """Read the distance between neighbours along each axis; None stays None and means 1 along all.

    Raises:
        ValueError: There is not one number above 0 for each axis.
    """
    if spacing is None:
        return None
    lengths = list(spacing) if isinstance(spacing, Iterable) else []
    if len(lengths) not in numbers_of_axes or not all(map(_is_length, lengths)):
        rule = " or ".join(map(str, numbers_of_axes))
        raise Mistake(
            f"spacing: expected {rule} numbers above 0, one for each axis, got {spacing}; "
            f"use for example {[1.0] * numbers_of_axes[-1]}."
        )
    return tuple(map(float, lengths))


def _is_length(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < math.inf


def _check_axes(name: str, array: NDArray[np.generic], axes: Axes) -> None:
    if array.ndim not in [len(letters.split()) for letters in axes]:
        rule = " or ".join(axes)
        raise Mistake(f"{name}: expected the axes {rule}, got an array of shape {array.shape}; pass one image.")


def _check_integers(name: str, array: NDArray[np.generic], kind: str, repair: str) -> None:
    if array.dtype.kind not in "bui":
        raise Mistake(f"{name}: expected {kind}, got {array.dtype}; {repair}.")


def _check_range(name: str, array: NDArray[np.generic], rule: str, largest: int, repair: str) -> None:
    if array.dtype == bool or not array.size:
        return
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > largest:
        raise Mistake(f"{name}: expected {rule}, got {low if low < 0 else high}; {repair}.")


def _check_shapes(arrays: dict[str, NDArray[np.generic]]) -> None:
    (first, reference), *others = arrays.items()
    for name, array in others:
        if array.shape != reference.shape:
            raise Mistake(
                f"{name}: expected the shape {reference.shape} of {first}, got {array.shape}; pass masks of one image."
            )
