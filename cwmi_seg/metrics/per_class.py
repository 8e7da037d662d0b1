"""Metrics of one structure against the rest, for any number of classes."""

import math
from abc import abstractmethod
from collections.abc import Iterable, Sequence

from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.topology.masks import Labels, Mask, read_classes

FOREGROUND = "foreground_"
"""Before the name of a metric: its mean over the classes without class 0."""
MOST_CLASSES = 32
"""Of more classes nobody reads a table; and values of patches of 64 pixels are called NAME_64."""


class PerClassMetric(PerImageMetric):
    """Scores binary masks: with two classes class 1 is the structure; with more, each class in turn, class 0 too.

    The values are averaged over the classes that occur in prediction or target (over all if none occurs). Ignored
    pixels belong to no structure, neither in the prediction nor in the target.

    With more than two classes there are ``foreground_NAME`` as well, the mean without class 0, and with at most
    :data:`MOST_CLASSES` the value of each class, ``NAME_0``, ``NAME_1``, ...; they cost nothing more. An image has
    none where the class occurs in neither mask.

    Args:
        num_classes, ignore_index: Number of classes and ignored value, as in the base class.
    """

    def __init__(self, num_classes: int = 2, ignore_index: int | None = None) -> None:
        super().__init__(num_classes, ignore_index)
        self.partial = num_classes > 2

    @property
    def class_metrics(self) -> tuple[str, ...]:  # type: ignore[override]
        """All names, where the classes have values."""
        return self.names if 2 < self.num_classes <= MOST_CLASSES else ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the means over the classes, of those without class 0, and of the classes, name by name."""
        if self.num_classes == 2:
            return self.names
        means = (*self.names, *(f"{FOREGROUND}{name}" for name in self.names))
        return (*means, *(f"{name}_{c}" for name in self.class_metrics for c in range(self.num_classes)))

    @abstractmethod
    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> Sequence[float]:
        """Score one structure: a value for each of ``names``. ``valid`` is False on ignored pixels, None without."""

    def score(self, prediction: Labels, target: Labels) -> Sequence[float]:
        """Mean of :meth:`score_masks` over the classes that occur."""
        classes, present = self._by_class(prediction, target)
        return _means(classes[c] for c in present or classes)

    def all_scores(self, prediction: Labels, target: Labels) -> Sequence[float]:
        """A value for each of ``keys``; NaN for a class that does not occur."""
        classes, present = self._by_class(prediction, target)
        means = _means(classes[c] for c in present or classes)
        if self.num_classes == 2:
            return means
        none = (math.nan,) * len(self.names)
        foreground = _means(classes[c] for c in present if c > 0) or none
        numbers = range(self.num_classes) if self.class_metrics else ()
        values = [classes[c] if c in present else none for c in numbers]
        return [*means, *foreground, *(value for name in zip(*values, strict=True) for value in name)]

    def _by_class(self, prediction: Labels, target: Labels) -> tuple[dict[int, Sequence[float]], list[int]]:
        """The values of each class that occurs, or of all where none does; and the numbers of those that occur."""
        prediction, target = read_classes(prediction, target, self.num_classes, self.ignore_index)
        valid = None if self.ignore_index is None else target != self.ignore_index
        pairs = {c: self._masks(prediction, target, c, valid) for c in self._classes()}
        present = [c for c, pair in pairs.items() if pair[0].any() or pair[1].any()]
        return {c: self.score_masks(*pairs[c], valid) for c in present or pairs}, present

    def _classes(self) -> range:
        return range(1, 2) if self.num_classes == 2 else range(self.num_classes)

    @staticmethod
    def _masks(prediction: Labels, target: Labels, structure: int, valid: Mask | None) -> tuple[Mask, Mask]:
        masks = prediction == structure, target == structure
        return masks if valid is None else (masks[0] & valid, masks[1] & valid)


def _means(scores: Iterable[Sequence[float]]) -> list[float]:
    """The mean of each value; nothing of nothing."""
    rows = list(scores)
    return [sum(values) / len(rows) for values in zip(*rows, strict=True)]
