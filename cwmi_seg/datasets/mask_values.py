"""Stored values to classes: 0 and 1, 0 and 255, 0 and 65535 are one and the same mask of two classes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.mistakes import Mistake

WHITE = (1, 255, 65535)
"""The value of the structure in a mask of 0 and one other value."""
_MOST_CLASSES = 20  # more values are grey levels
_LOSSY = (".jpg", ".jpeg", ".webp")


def binary(labels: NDArray[np.integer], path: Path, few: str = "repair the mask", soft: str = "") -> NDArray[np.uint8]:
    """Turn a mask of two values into one of 0 and 1.

    Args:
        labels: H W, as they are stored.
        path: for messages.
        few: what helps where there are a few other values, as of class numbers.
        soft: what helps besides where there are many, as of blurred edges.

    Raises:
        ValueError: other values than 0 and one of 1, 255, 65535.
    """
    if labels.ndim != 2:
        raise Mistake(f"{path}: expected a mask of one channel, got a colour image; are images and masks swapped?")
    values = np.unique(labels)
    if white(values) is None:
        raise Mistake(
            f"{path}: expected a mask of 0 and 1 or 0 and 255, got {_listing(values, labels)}; "
            f"{_repair_of(values, path, few, soft)}."
        )
    return (labels != 0).astype(np.uint8)


def white(values: NDArray[np.integer]) -> int | None:
    """The one of ``WHITE`` that the values hold beside 0 (1 if there is 0 alone); None if they hold others."""
    return next((each for each in WHITE if np.isin(values, (0, each)).all()), None)


def mapped(labels: NDArray[np.integer], classes: Mapping[int, int], path: Path) -> NDArray[np.uint8]:
    """Replace each value by its class.

    Raises:
        ValueError: a value without a class.
    """
    values, inverse = np.unique(labels, return_inverse=True)
    unknown = [int(value) for value in values if int(value) not in classes]
    if unknown:
        raise Mistake(
            f"{path}: expected the pixel values {sorted(classes)}, got {', '.join(map(str, unknown[:5]))}; "
            "name its class in dataset.preparer.classes, or set dataset.preparer.ignore_value"
            + (f" ({repair(path)})." if path.suffix.lower() in _LOSSY else ".")
        )
    return np.array([classes[int(value)] for value in values], dtype=np.uint8)[inverse].reshape(labels.shape)


def renamed_white(labels: NDArray[np.integer], to: int, ignored: int | None) -> NDArray[np.integer]:
    """Rename the white of a mask of two values to ``to``; all other values, and ``ignored``, stay as they are."""
    values = np.unique(labels)
    found = white(values if ignored is None else values[values != ignored])
    if found is None or found in (to, ignored):
        return labels
    return np.where(labels == found, np.asarray(to, np.result_type(labels.dtype, np.min_scalar_type(to))), labels)


def repair(path: Path) -> str:
    """The repair that a message names for values that a mask cannot have."""
    return "a jpg or webp blurs them: save the mask as png" if path.suffix.lower() in _LOSSY else "repair the mask"


def _repair_of(values: NDArray[np.integer], path: Path, few: str, soft: str) -> str:
    lossy = path.suffix.lower() in _LOSSY
    return few if len(values) <= _MOST_CLASSES and not lossy else repair(path) + (f", or {soft}" if soft else "")


def _listing(values: NDArray[np.integer], labels: NDArray[np.integer]) -> str:
    """A few values, or of many the histogram in a line: the two that are most frequent, and the share of all others."""
    if len(values) <= 5:
        return ", ".join(map(str, values))
    counts = np.unique(labels, return_counts=True)[1] / labels.size
    first, second = np.argsort(-counts, kind="stable")[:2]
    shown = ", ".join(f"{values[index]}: {counts[index]:.1%}" for index in sorted((first, second)))
    rest = 1 - counts[first] - counts[second]
    return f"{len(values)} values ({shown}, the {len(values) - 2} others together: {rest:.1%})"
