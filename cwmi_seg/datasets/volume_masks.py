"""The classes of the numbers in masks of volumes, by the same rules as those of images."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.mask_values import WHITE, binary, mapped, renamed_white
from cwmi_seg.mistakes import Mistake

IGNORED = 255  # class number of ignored voxels in a prepared mask
_NAMING = (
    "name the class of each value, as in 'dataset.preparer.classes={0:0,1:1,2:2}', or one that takes no part by "
    "dataset.preparer.ignore_value"
)


class LabelClasses:
    """Classes of label numbers.

    Args:
        classes: Class of each number of a mask; None for masks of 0 and one of 1, 255, 65535, which are one and the
            same mask also where ``classes`` names 0 and one of these alone.
        ignore_value: Number that takes no part in loss and metrics; None for no such number.
    """

    def __init__(self, classes: Mapping[int, int] | None = None, ignore_value: int | None = None) -> None:
        self.classes = None if classes is None else _whole_numbers(classes)
        self.ignore_value = ignore_value
        self.num_classes = 2 if self.classes is None else _count(self.classes)
        self.ignore_index = None if ignore_value is None else IGNORED

    def __call__(self, labels: NDArray[np.integer], path: Path) -> NDArray[np.uint8]:
        """The classes of numbers H W, 255 where they are ignored.

        Raises:
            Mistake: A number has no class.
        """
        ignored = np.zeros(labels.shape, bool) if self.ignore_value is None else labels == self.ignore_value
        if self.classes is None:
            mask = binary(np.where(ignored, 0, labels), path, _NAMING)
        else:
            mask = self._mapped(labels, self.classes, path)
        mask[ignored] = IGNORED
        return mask

    def _mapped(self, labels: NDArray[np.integer], classes: Mapping[int, int], path: Path) -> NDArray[np.uint8]:
        named = {value for value in classes if value != self.ignore_value}
        for white in WHITE:
            if named == {0, white}:
                labels = renamed_white(labels, white, self.ignore_value)
        return mapped(labels, classes if self.ignore_value is None else {**classes, self.ignore_value: IGNORED}, path)


def _whole_numbers(classes: Mapping[int, int]) -> dict[int, int]:
    try:
        return {int(value): int(number) for value, number in classes.items()}
    except (AttributeError, ValueError, TypeError):
        raise Mistake(
            f"classes: expected a class number for each value, got {classes}; use for example {{0: 0, 255: 1}}."
        ) from None


def _count(classes: Mapping[int, int]) -> int:
    found = sorted(set(classes.values()))
    if found != list(range(len(found))) or not 2 <= len(found) <= IGNORED:
        raise Mistake(f"classes: expected the classes 0, 1, ... without a gap, at least two, got {found}; renumber.")
    return len(found)
