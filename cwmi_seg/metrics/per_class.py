"""Metrics of one structure against the rest, for any number of classes."""

from abc import abstractmethod
from collections.abc import Sequence

from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.topology.masks import Labels, Mask, read_classes


class PerClassMetric(PerImageMetric):
    """Scores binary masks: with two classes class 1 is the structure; with more, each class in turn, class 0 too.

    The values are averaged over the classes that occur in prediction or target (over all if none occurs). Ignored
    pixels belong to no structure, neither in the prediction nor in the target.
    """

    @abstractmethod
    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> Sequence[float]:
        """Score one structure: a value for each of ``names``. ``valid`` is False on ignored pixels, None without."""

    def score(self, prediction: Labels, target: Labels) -> Sequence[float]:
        """Mean of :meth:`score_masks` over the classes that occur."""
        prediction, target = read_classes(prediction, target, self.num_classes, self.ignore_index)
        valid = None if self.ignore_index is None else target != self.ignore_index
        pairs = [self._masks(prediction, target, c, valid) for c in self._classes()]
        present = [pair for pair in pairs if pair[0].any() or pair[1].any()] or pairs
        scores = [self.score_masks(*pair, valid) for pair in present]
        return [sum(values) / len(scores) for values in zip(*scores, strict=True)]

    def _classes(self) -> range:
        return range(1, 2) if self.num_classes == 2 else range(self.num_classes)

    @staticmethod
    def _masks(prediction: Labels, target: Labels, structure: int, valid: Mask | None) -> tuple[Mask, Mask]:
        masks = prediction == structure, target == structure
        return masks if valid is None else (masks[0] & valid, masks[1] & valid)
