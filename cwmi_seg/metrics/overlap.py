"""Mean intersection over union and mean Dice coefficient."""

import numpy as np

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
    prediction, target = read_classes(prediction, target, num_classes, ignore_index)
    if ignore_index is not None:
        valid = target != ignore_index
        prediction, target = prediction[valid], target[valid]
    # one number for each pair of classes: the confusion matrix is then a single count
    pairs = num_classes * target.ravel().astype(np.int64) + prediction.ravel()
    confusion = np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)
    both, sizes = confusion.diagonal(), confusion.sum(0) + confusion.sum(1)
    present = sizes > 0
    if not present.any():
        return 1.0, 1.0
    both, sizes = both[present], sizes[present]
    return float((both / (sizes - both)).mean()), float((2 * both / sizes).mean())


overlap = overlap_scores
"""The former name of :func:`overlap_scores`."""


class Overlap(PerImageMetric):
    """:func:`overlap_scores` of every image, as ``miou`` and ``mdice``."""

    names = ("miou", "mdice")

    def score(self, prediction: Labels, target: Labels) -> tuple[float, float]:
        """Mean IoU and mean Dice of one image."""
        return overlap_scores(prediction, target, self.num_classes, self.ignore_index)
