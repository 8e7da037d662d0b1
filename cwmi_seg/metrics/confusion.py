"""Which class was taken for which: confusion matrices, and the overlaps that follow from them."""

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.topology.masks import Labels, read_classes

Counts = NDArray[np.int64]


def confusion_matrix(
    prediction: Labels, target: Labels, num_classes: int = 2, ignore_index: int | None = None
) -> Counts:
    """Numbers of pixels C C: row t, column p has those of the class t in the target that were predicted as p.

    Args:
        prediction, target: class indices, H W or D H W.
        num_classes: C.
        ignore_index: target value of pixels that take no part.
    """
    prediction, target = read_classes(prediction, target, num_classes, ignore_index)
    if ignore_index is not None:
        valid = target != ignore_index
        prediction, target = prediction[valid], target[valid]
    # one number for each pair of classes: the matrix is then a single count
    pairs = num_classes * target.ravel().astype(np.int64) + prediction.ravel()
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


def overlaps_of(confusion: NDArray[np.number]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """IoU and Dice of each class, ``*B C`` each, from matrices ``*B C C``; NaN where neither mask has the class."""
    both = np.diagonal(confusion, axis1=-2, axis2=-1)
    sizes = confusion.sum(-2) + confusion.sum(-1)
    size = np.where(sizes > 0, sizes, np.nan)
    return both / (size - both), 2 * both / size


def mean_over_present(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the classes ``*B C`` that have a value, NaN where none has."""
    present = ~np.isnan(values)
    counts = present.sum(-1)
    return np.where(counts > 0, np.where(present, values, 0).sum(-1) / np.maximum(counts, 1), np.nan)


def dataset_iou(confusion: NDArray[np.number]) -> dict[str, float]:
    """``dataset_iou``, the mean over the classes that occur, and ``dataset_iou_c`` of each, of a matrix C C.

    Without the classes that neither mask has; nothing where none occurs.
    """
    classes = overlaps_of(confusion)[0]
    values = {"dataset_iou": float(mean_over_present(classes))}
    values |= {f"dataset_iou_{c}": float(value) for c, value in enumerate(classes)}
    return {name: value for name, value in values.items() if not np.isnan(value)}
