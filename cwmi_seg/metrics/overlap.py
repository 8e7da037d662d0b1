"""Intersection over union and Dice coefficient, of each class and their means."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.topology.masks import Labels, read_classes


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
    present = ~np.isnan(iou)
    return (float(iou[present].mean()), float(dice[present].mean())) if present.any() else (1.0, 1.0)


def class_overlaps(
    prediction: Labels, target: Labels, num_classes: int = 2, ignore_index: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """IoU and Dice of each class, C each, as in :func:`overlap`; NaN for a class absent in prediction and target.

    Args:
        prediction, target: class indices, H W or D H W.
        num_classes: C.
        ignore_index: target value of pixels that take no part.
    """
    prediction, target = read_classes(prediction, target, num_classes, ignore_index)
    if ignore_index is not None:
        valid = target != ignore_index
        prediction, target = prediction[valid], target[valid]
    # one number for each pair of classes: the confusion matrix is then a single count
    pairs = num_classes * target.ravel().astype(np.int64) + prediction.ravel()
    confusion = np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)
    both, sizes = confusion.diagonal(), confusion.sum(0) + confusion.sum(1)
    size = np.where(sizes > 0, sizes, np.nan)
    return both / (size - both), 2 * both / size


overlap = overlap_scores
"""The former name of :func:`overlap_scores`."""


class Overlap(PerImageMetric):
    """:func:`overlap_scores` of every image, as ``miou`` and ``mdice``."""

    names = ("miou", "mdice")

    def score(self, prediction: Labels, target: Labels) -> tuple[float, float]:
        """Mean IoU and mean Dice of one image."""
        return overlap_scores(prediction, target, self.num_classes, self.ignore_index)


class ClassOverlap(PerImageMetric):
    """:func:`class_overlaps` of every image, as ``iou_0``, ``iou_1``, ... and ``dice_0``, ``dice_1``, ...

    An image that a class is absent from, in prediction and target, has no value for the class.

    Args:
        num_classes, ignore_index: Number of classes and ignored value, as in the base class.
    """

    partial = True

    def __init__(self, num_classes: int = 2, ignore_index: int | None = None) -> None:
        super().__init__(num_classes, ignore_index)
        self.names = tuple(f"{name}_{c}" for name in ("iou", "dice") for c in range(num_classes))

    def score(self, prediction: Labels, target: Labels) -> list[float]:
        """IoU of every class of one image, then Dice of every class; NaN where the image has no such class."""
        return np.concatenate(class_overlaps(prediction, target, self.num_classes, self.ignore_index)).tolist()
