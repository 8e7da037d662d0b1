"""Agreement of the objects that structures separate: variation of information, Rand indices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.metrics.per_class import PerClassMetric
from cwmi_seg.mistakes import Mistake
from cwmi_seg.topology.components import CONNECTIVITIES, label_components
from cwmi_seg.topology.masks import IMAGE_OR_VOLUME, Labels, Mask, MaskLike, read_labels, read_masks

_DENSE = 8
"""Largest table that is counted densely, in cells a pixel; larger ones are sorted."""


@dataclass(frozen=True)
class Contingency:
    """Numbers of the pixels that have two labels, in target and prediction; pairs that do not occur are left out."""

    target: NDArray[np.int64]
    prediction: NDArray[np.int64]
    count: NDArray[np.int64]

    def keep(self, pairs: Mask) -> "Contingency":
        """The table of those pairs only where ``pairs`` is True."""
        return Contingency(self.target[pairs], self.prediction[pairs], self.count[pairs])


def object_contingency(prediction: MaskLike, target: MaskLike, valid: MaskLike | None = None) -> Contingency:
    """Count the pixels of each pair of objects of two masks; an object is a component of the background.

    Objects are 4-connected in images and 6-connected in volumes; the structure has the label 0.

    Args:
        prediction, target: structure, H W or D H W.
        valid: pixels that take part, of the same shape; None for all. The others separate objects as the structure
            does.
    """
    if valid is None:
        prediction, target = read_masks(IMAGE_OR_VOLUME, prediction=prediction, target=target)
    else:
        prediction, target, valid = read_masks(IMAGE_OR_VOLUME, prediction=prediction, target=target, valid=valid)
        prediction, target = prediction | ~valid, target | ~valid
    narrow = CONNECTIVITIES[target.ndim][1]
    predicted, width = label_components(~prediction, narrow)
    true, height = label_components(~target, narrow)
    pairs = true.astype(np.int64) * (width + 1) + predicted
    return _count(pairs.ravel() if valid is None else pairs[valid], height + 1, width + 1)


def label_contingency(prediction: Labels, target: Labels) -> Contingency:
    """Count the pixels of each pair of objects that are labelled already, such as neurons in a stack of slices.

    The label 0 is what separates them.

    Args:
        prediction, target: number of the object of each pixel, H W or D H W.

    Raises:
        ValueError: a negative label, or labels that are no integers of one shape.
    """
    prediction, target = read_labels(IMAGE_OR_VOLUME, prediction=prediction, target=target)
    numbers = []
    for name, labels in (("prediction", prediction), ("target", target)):
        if labels.size and labels.min() < 0:
            raise Mistake(f"{name}: expected labels of at least 0, got {labels.min()}; use 0 where no object is.")
        found, number = np.unique(labels, return_inverse=True)
        numbers.append(number.ravel() + (0 if found.size and found[0] == 0 else 1))
    width, height = (int(number.max(initial=0)) + 1 for number in numbers)
    return _count(numbers[1] * width + numbers[0], height, width)


def _count(pairs: NDArray[np.int64], height: int, width: int) -> Contingency:
    # counting is faster than sorting, but a table of many labels may be larger than the image
    if height * width <= _DENSE * pairs.size:
        counts = np.bincount(pairs)
        pairs = np.flatnonzero(counts)
        counts = counts[pairs]
    else:
        pairs, counts = np.unique(pairs, return_counts=True)
    return Contingency(*np.divmod(pairs, width), counts)


def variation_of_information(table: Contingency) -> tuple[float, float]:
    """Split entropy H(P|T) and merge entropy H(T|P) in bits, over the pixels that are objects in the target.

    Their sum is the variation of information.

    The split part grows when a true object falls into pieces, the merge part when true objects become one.
    Both are 0 for equal objects and at most log2(number of pixels). Without an object in the target the pixels are
    those that are objects in the prediction: (H(P), 0), and (0, 0) when it has none either.

    Reference: M. Meila, Comparing clusterings, COLT 2003.
    """
    kept = _objects(table)
    if not kept.count.size:
        return 0.0, 0.0
    return _conditional_entropy(kept, kept.target), _conditional_entropy(kept, kept.prediction)


def _objects(table: Contingency) -> Contingency:
    """The pixels that are objects in the target; without any, those that are objects in the prediction."""
    kept = table.keep(table.target > 0)
    return kept if kept.count.size else table.keep(table.prediction > 0)


def _conditional_entropy(table: Contingency, given: NDArray[np.int64]) -> float:
    """-sum n_ij / N log2(n_ij / n_j), where n_j sums over the pairs with the same ``given`` label."""
    totals = np.bincount(given, table.count)[given]
    return float(table.count @ np.log2(totals / table.count)) / int(table.count.sum())


def adjusted_rand_index(table: Contingency) -> float:
    """Adjusted Rand index over all pixels, in [-0.5, 1]; 1 for equal labellings, 0 expected for independent ones.

    With TP, FP, FN, TN the numbers of ordered pixel pairs that are together in both, in the prediction only, in the
    target only, and in neither: 2 (TP TN - FN FP) / ((TP + FN)(FN + TN) + (TP + FP)(FP + TN)); 1 where that is 0 / 0
    (both of one label, or no pixel). Counted in integers of any length.

    Reference: L. Hubert and P. Arabie, Comparing partitions, Journal of Classification 2, 1985.
    """
    pixels, together = int(table.count.sum()), _squares(table.count)
    predicted, true = (_squares(_sums(table, labels)) for labels in (table.prediction, table.target))
    tp, fp, fn = together - pixels, predicted - together, true - together
    tn = pixels**2 - pixels - tp - fp - fn
    if fp == fn == 0:
        return 1.0
    return 2 * (tp * tn - fn * fp) / ((tp + fn) * (fn + tn) + (tp + fp) * (fp + tn))


def adapted_rand_error(table: Contingency) -> float:
    """1 - F of the pairs of pixels that are objects in the target, in [0, 1]; the score of the SNEMI3D challenge.

    F = 2 TP / (2 TP + FP + FN), with TP the pairs that are together in both labellings, FP in the prediction only, FN
    in the target only: FP grows where objects run together, FN where they fall into pieces. What is predicted as
    structure counts as one more label. 0 for equal objects. Without an object in the target the pixels are those
    that are objects in the prediction, as for :func:`variation_of_information`, and 0 when it has none either or no
    pair is together in any labelling. Counted in integers of any length.

    Reference: I. Arganda-Carreras et al., Crowdsourcing the creation of image segmentation algorithms for
    connectomics, Frontiers in Neuroanatomy 9, 2015.
    """
    kept = _objects(table)
    pixels, together = int(kept.count.sum()), _squares(kept.count)
    either = sum(_squares(_sums(kept, labels)) for labels in (kept.prediction, kept.target)) - 2 * pixels
    return 1 - 2 * (together - pixels) / either if either else 0.0


def _sums(table: Contingency, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.bincount(labels, table.count).astype(np.int64)


def _squares(counts: NDArray[np.int64]) -> int:
    return int(counts @ counts)


class Clustering(PerClassMetric):
    """``vi`` = ``vi_split`` + ``vi_merge`` and ``ari`` from one contingency table an image."""

    names = ("vi", "vi_split", "vi_merge", "ari")

    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> tuple[float, ...]:
        """Variation of information and adjusted Rand index of the objects that one structure separates."""
        table = object_contingency(prediction, target, valid)
        split, merge = variation_of_information(table)
        return split + merge, split, merge, adjusted_rand_index(table)


class AdaptedRand(PerClassMetric):
    """:func:`adapted_rand_error` as ``adapted_rand_error``."""

    names = ("adapted_rand_error",)

    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> tuple[float]:
        """Adapted Rand error of the objects that one structure separates."""
        return (adapted_rand_error(object_contingency(prediction, target, valid)),)
