"""Metrics of segmentations: functions on the masks of one image, and torchmetrics classes that keep every image.

A metric is a :class:`~cwmi_seg.metrics.per_image.PerImageMetric` with ``names`` and ``score`` (class indices of one
image), or a :class:`~cwmi_seg.metrics.per_class.PerClassMetric` with ``score_masks`` (one structure against the rest).
Its constructor takes ``num_classes`` and ``ignore_index`` (filled in from the dataset) and whatever ``conf/metrics``
sets. An attribute ``spacing`` that is None is set to the spacing of the volumes, where that is known. Class 1 is the
structure, class 0 the objects between. Images H W and volumes D H W go through the same code.
``docs/metrics.md`` has all definitions.

Every name of ``__all__`` can be imported from here; its module is imported when the name is first used, since
torchmetrics takes seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cwmi_seg.metrics.betti import BettiError, betti_errors, betti_numbers, euler_characteristic
    from cwmi_seg.metrics.betti_matching import BettiMatchingError, betti_matching_errors
    from cwmi_seg.metrics.betti_persistence import betti_numbers_by_persistence
    from cwmi_seg.metrics.cldice import CenterlineDice, cldice_score
    from cwmi_seg.metrics.clustering import (
        AdaptedRand,
        Clustering,
        Contingency,
        adapted_rand_error,
        adjusted_rand_index,
        label_contingency,
        object_contingency,
        variation_of_information,
    )
    from cwmi_seg.metrics.confusion import confusion_matrix
    from cwmi_seg.metrics.dataset_iou import ConfusionMatrix
    from cwmi_seg.metrics.hausdorff import Hausdorff, hausdorff_distances
    from cwmi_seg.metrics.overlap import ClassOverlap, Overlap, class_overlaps, overlap_scores
    from cwmi_seg.metrics.per_class import PerClassMetric
    from cwmi_seg.metrics.per_image import PerImageMetric
    from cwmi_seg.metrics.surface_dice import SurfaceDice, surface_dice_score

__all__ = [
    "AdaptedRand",
    "BettiError",
    "BettiMatchingError",
    "CenterlineDice",
    "ClassOverlap",
    "Clustering",
    "ConfusionMatrix",
    "Contingency",
    "Hausdorff",
    "Overlap",
    "PerClassMetric",
    "PerImageMetric",
    "SurfaceDice",
    "adapted_rand_error",
    "adjusted_rand_index",
    "betti_errors",
    "betti_matching_errors",
    "betti_numbers",
    "betti_numbers_by_persistence",
    "class_overlaps",
    "cldice_score",
    "confusion_matrix",
    "euler_characteristic",
    "hausdorff_distances",
    "label_contingency",
    "object_contingency",
    "overlap_scores",
    "surface_dice_score",
    "variation_of_information",
]

# No name here may be that of a module of this package: Hydra walks through attributes to a ``_target_`` such as
# cwmi_seg.metrics.cldice.CenterlineDice, and has to meet the module there. Hence cldice_score, not cldice.
_HOME = {
    "AdaptedRand": "clustering",
    "BettiError": "betti",
    "BettiMatchingError": "betti_matching",
    "CenterlineDice": "cldice",
    "ClassOverlap": "overlap",
    "Clustering": "clustering",
    "ConfusionMatrix": "dataset_iou",
    "Contingency": "clustering",
    "Hausdorff": "hausdorff",
    "Overlap": "overlap",
    "PerClassMetric": "per_class",
    "PerImageMetric": "per_image",
    "SurfaceDice": "surface_dice",
    "adapted_rand_error": "clustering",
    "adjusted_rand_index": "clustering",
    "betti_errors": "betti",
    "betti_matching_errors": "betti_matching",
    "betti_numbers": "betti",
    "betti_numbers_by_persistence": "betti_persistence",
    "class_overlaps": "overlap",
    "cldice_score": "cldice",
    "confusion_matrix": "confusion",
    "euler_characteristic": "betti",
    "hausdorff_distances": "hausdorff",
    "label_contingency": "clustering",
    "object_contingency": "clustering",
    "overlap_scores": "overlap",
    "surface_dice_score": "surface_dice",
    "variation_of_information": "clustering",
}
"""The module of each name."""


def __dir__() -> list[str]:
    """For the completion of names, which does not know of those that are imported later."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """Import a name of ``__all__`` from its module, on first use."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
