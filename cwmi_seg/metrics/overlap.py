"""Intersection over union and Dice coefficient, of each class and their means."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.metrics.confusion import confusion_matrix, mean_over_present, overlaps_of
from cwmi_seg.metrics.per_class import FOREGROUND
from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.topology.masks import Labels


def overlap_scores(
    prediction: Labels, target: Labels, num_classes: int = 2, ignore_index: int | None = None
) -> tuple[float, float]:
    """Means over the classes of IoU = |P & T| / |P | T| and of Dice = 2 |P & T| / (|P| + |T|), both in [0, 1].

    A class absent in prediction and target is left out of the means; absent in one of them it counts 0. With every
    pixel ignored both are 1.

    Args:
        prediction, target: class indices, H W or D H W.
        num_classes: C.
        ignore_index: target value of pixels that take no part.
    """
    iou, dice = class_overlaps(prediction, target, num_classes, ignore_index)
    return _of_present(iou), _of_present(dice)


def _of_present(values: NDArray[np.float64]) -> float:
    """The mean over the classes that have a value; 1 where none has."""
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else 1.0


def class_overlaps(
    prediction: Labels, target: Labels, num_classes: int = 2, ignore_index: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """IoU and Dice of each class, C each, as in :func:`overlap`; NaN for a class absent in prediction and target.

    Args:
        prediction, target: class indices, H W or D H W.
        num_classes: C.
        ignore_index: target value of pixels that take no part.
    """
    return overlaps_of(confusion_matrix(prediction, target, num_classes, ignore_index))


overlap = overlap_scores
"""The former name of :func:`overlap_scores`."""


class Overlap(PerImageMetric):
    """:func:`overlap_scores` of every image, as ``miou`` and ``mdice``.

    With more than two classes ``foreground_miou`` and ``foreground_mdice`` as well, the means without class 0; an image
    without any other class has none.

    Args:
        num_classes, ignore_index: Number of classes and ignored value, as in the base class.
    """

    names = ("miou", "mdice")

    def __init__(self, num_classes: int = 2, ignore_index: int | None = None) -> None:
        super().__init__(num_classes, ignore_index)
        self.partial = num_classes > 2

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the means over the classes, and of those without class 0."""
        return self.names if self.num_classes == 2 else (*self.names, *(f"{FOREGROUND}{name}" for name in self.names))

    def score(self, prediction: Labels, target: Labels) -> tuple[float, float]:
        """Mean IoU and mean Dice of one image."""
        return overlap_scores(prediction, target, self.num_classes, self.ignore_index)

    def all_scores(self, prediction: Labels, target: Labels) -> list[float]:
        """A value for each of ``keys``."""
        overlaps = np.stack(class_overlaps(prediction, target, self.num_classes, self.ignore_index))
        means = [_of_present(values) for values in overlaps]
        return means if self.num_classes == 2 else [*means, *mean_over_present(overlaps[:, 1:]).tolist()]


class ClassOverlap(PerImageMetric):
    """:func:`class_overlaps` of every image, as ``iou_0``, ``iou_1``, ... and ``dice_0``, ``dice_1``, ...

    An image that a class is absent from, in prediction and target, has no value for the class.

    Args:
        num_classes, ignore_index: Number of classes and ignored value, as in the base class.
    """

    partial = True
    class_metrics = ("iou", "dice")

    def __init__(self, num_classes: int = 2, ignore_index: int | None = None) -> None:
        super().__init__(num_classes, ignore_index)
        self.names = tuple(f"{name}_{c}" for name in ("iou", "dice") for c in range(num_classes))

    def score(self, prediction: Labels, target: Labels) -> list[float]:
        """IoU of every class of one image, then Dice of every class; NaN where the image has no such class."""
        return np.concatenate(class_overlaps(prediction, target, self.num_classes, self.ignore_index)).tolist()
