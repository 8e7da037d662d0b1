"""What is done to a predicted mask: small components removed, holes filled, the largest component kept."""

from dataclasses import dataclass
from typing import Literal

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, find_objects

from cwmi_seg.mistakes import Mistake

_Neighbours = Literal[4, 6, 8, 26]
_EVERY: dict[int, _Neighbours] = {2: 8, 3: 26}
_FACES: dict[int, _Neighbours] = {2: 4, 3: 6}
"""Neighbours of a pixel by the number of axes: of the structure all, of the background those of a common side."""
Mask = NDArray[np.uint8]


@dataclass(frozen=True)
class Postprocessing:
    """Three steps, in this order; each is off at its neutral value. The probabilities stay what they are.

    Components of a class above 0 are connected over sides and corners, holes of class 0 over sides alone.

    Args:
        keep_largest: Whether only the largest component of each class above 0 is kept.
        min_size: Components of classes above 0 with fewer pixels become class 0.
        fill_holes: Components of class 0 with at most so many pixels that do not reach the border of the image get the
            class that most pixels around them have.

    Raises:
        ValueError: a size is negative.
    """

    keep_largest: bool = False
    min_size: int = 0
    fill_holes: int = 0

    def __post_init__(self) -> None:
        for name in ("min_size", "fill_holes"):
            if getattr(self, name) < 0:
                raise Mistake(f"{name}: expected at least 0 pixels, got {getattr(self, name)}; use 0 to leave all.")

    def __call__(self, mask: Mask) -> Mask:
        """A mask of classes, H W or D H W, after the steps that are on."""
        if self == Postprocessing():
            return mask
        mask = mask.copy()
        if self.keep_largest or self.min_size > 1:
            mask[~self._kept(mask)] = 0
        if self.fill_holes:
            _fill(mask, self.fill_holes)
        return mask

    def _kept(self, mask: Mask) -> NDArray[np.bool_]:
        """Whether a pixel stays; those of class 0 do."""
        labels, count = cc3d.connected_components(mask, connectivity=_EVERY[mask.ndim], return_N=True)
        sizes = np.bincount(labels.ravel(), minlength=count + 1)
        kept = sizes >= self.min_size
        if self.keep_largest:
            kept &= _largest(_class_of(labels, mask, count), sizes)
        kept[0] = True
        return np.asarray(kept[labels])


def _class_of(labels: NDArray[np.integer], mask: Mask, count: int) -> NDArray[np.uint8]:
    """The class of each component, by its number."""
    classes = np.zeros(count + 1, dtype=np.uint8)
    classes[labels.ravel()] = mask.ravel()
    return classes


def _largest(classes: NDArray[np.uint8], sizes: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Whether a component is the largest of its class; of equal ones the first."""
    best = np.zeros(len(sizes), dtype=bool)
    for number in np.unique(classes[1:]):
        of_class = np.flatnonzero(classes == number)
        of_class = of_class[of_class > 0]
        best[of_class[np.argmax(sizes[of_class])]] = True
    return best


def _fill(mask: Mask, limit: int) -> None:
    """Fill holes in place."""
    labels, count = cc3d.connected_components(mask == 0, connectivity=_FACES[mask.ndim], return_N=True)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    outside = np.zeros(count + 1, dtype=bool)
    for axis in range(mask.ndim):
        for end in (0, -1):
            outside[np.unique(labels.take(end, axis=axis))] = True
    for number, place in enumerate(find_objects(labels.astype(np.int32)), start=1):
        if place is not None and sizes[number] <= limit and not outside[number]:
            _fill_one(mask, labels, number, place)


def _fill_one(mask: Mask, labels: NDArray[np.integer], number: int, place: tuple[slice, ...]) -> None:
    wider = tuple(slice(max(span.start - 1, 0), span.stop + 1) for span in place)
    hole = labels[wider] == number
    around = binary_dilation(hole, np.ones((3,) * mask.ndim)) & ~hole
    classes = np.bincount(mask[wider][around], minlength=2)
    mask[wider][hole] = 1 + int(np.argmax(classes[1:]))
