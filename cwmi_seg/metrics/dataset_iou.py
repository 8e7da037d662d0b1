"""IoU of all images together, from the confusion matrix of each."""

import math

import numpy as np
import torch
from torch import Tensor

from cwmi_seg.metrics.confusion import Counts, confusion_matrix, dataset_iou
from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.topology.masks import Labels


class ConfusionMatrix(PerImageMetric):
    """IoU of all images together: ``dataset_iou_0``, ``dataset_iou_1``, ... of the classes, ``dataset_iou`` their mean.

    The confusion matrices of the images are added up first, so that every pixel counts alike, while a mean over images
    counts every image alike. This is the number of the benchmarks of street scenes (CamVid, Cityscapes). A class that
    no image has, in prediction and target, has no value and is left out of the mean.

    It has no value for single images; :meth:`matrices` has theirs.

    Args:
        num_classes, ignore_index: Number of classes and ignored value, as in the base class.
    """

    class_metrics = ("dataset_iou",)

    def __init__(self, num_classes: int = 2, ignore_index: int | None = None) -> None:
        super().__init__(num_classes, ignore_index)
        self.names = ("dataset_iou", *(f"dataset_iou_{c}" for c in range(num_classes)))

    def num_values(self) -> int:
        """Numbers that are kept of an image."""
        return self.num_classes**2

    def score(self, prediction: Labels, target: Labels) -> list[float]:
        """The confusion matrix of one image, row by row."""
        counts = confusion_matrix(prediction, target, self.num_classes, self.ignore_index)
        return counts.ravel().astype(np.float64).tolist()

    def per_image(self) -> tuple[Tensor, dict[str, Tensor]]:
        """Dataset indices in ascending order; single images have no values."""
        return self.kept()[0], {}

    def matrices(self) -> tuple[Tensor, Counts]:
        """Dataset indices in ascending order, and the confusion matrix of each image, N C C."""
        indices, values = self.kept()
        return indices, values.numpy().astype(np.int64).reshape(-1, self.num_classes, self.num_classes)

    def compute(self) -> dict[str, Tensor]:
        """The IoU of all images together; NaN for a class that none has."""
        values = dataset_iou(self.matrices()[1].sum(0))
        return {name: torch.tensor(values.get(name, math.nan), dtype=torch.float64) for name in self.names}
