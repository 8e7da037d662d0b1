"""The scores of a run as rows, and what they were made with."""

import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import torch

from cwmi_seg.datasets.class_colours import names_of
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.loading.datamodule import SegmentationData
from cwmi_seg.metrics.confusion import dataset_iou
from cwmi_seg.metrics.dataset_iou import ConfusionMatrix
from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.study.confusion_file import Confusions
from cwmi_seg.study.run_results import RunResults, Score
from cwmi_seg.training.axes import spacing_of
from cwmi_seg.training.task import SegmentationTask


@dataclass(frozen=True)
class Scored:
    """What metrics have found: a row for each image, the confusion matrices, and the results made from both."""

    rows: list[dict[str, Any]]
    confusions: Confusions | None
    results: RunResults

    def with_results(self, **known: Any) -> "Scored":
        """The same with fields of the results that the metrics do not know, such as ``best_epoch``."""
        return replace(self, results=replace(self.results, **known))


def task_scores(task: SegmentationTask, data: SegmentationData, info: DatasetInfo) -> Scored:
    """The scores of a network that has been tested on images, or blocks of volumes, of a dataset."""
    images = [{"name": block.name, "group": block.group} for block in data.blocks]
    units = units_of(task.scores(), info.dimensions, spacing_of(info), info.unit)
    return scores_of(task.scores(), images, units, info.num_classes, info)


def scores_of(
    metrics: Sequence[PerImageMetric],
    images: Sequence[Mapping[str, str]],
    units: Mapping[str, str],
    num_classes: int,
    info: DatasetInfo | None = None,
) -> Scored:
    """What metrics have found that have seen the images.

    Args:
        metrics: of the test.
        images: name, and what else a row says of each image, by index.
        units: of the distances, see :func:`units_of`.
        num_classes: C.
        info: of the dataset, which names the classes; None where there is none.
    """
    rows = metric_rows(metrics, images)
    confusions = confusions_of(metrics, [image["name"] for image in images])
    results = RunResults(
        test=summary(rows),
        num_test_images=len(rows),
        versions=versions(),
        units=units,
        pooled={} if confusions is None else dataset_iou(confusions.matrices.sum(0)),
        class_names=tuple(names_of(num_classes, () if info is None else info.class_names)),
        class_colours=() if info is None else info.class_colours,
        class_metrics=tuple(name for metric in metrics for name in metric.class_metrics),
    )
    return Scored(rows, confusions, results)


def metric_rows(metrics: Iterable[PerImageMetric], images: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """One row per image that the metrics have seen; ``images`` has what else a row says of each image, by index.

    A value that an image does not have (``PerImageMetric.partial``) is not in its row.
    """
    rows: dict[int, dict[str, Any]] = {}
    for metric in metrics:
        with metric.sync_context():  # gathers what the other processes have scored
            indices, values = metric.per_image()
        for position, index in enumerate(indices.tolist()):
            row = rows.setdefault(index, {"index": index, **images[index]})
            found = {name: float(value[position]) for name, value in values.items()}
            row.update({name: value for name, value in found.items() if not (metric.partial and math.isnan(value))})
    return [rows[index] for index in sorted(rows)]


def metric_names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The metrics of :func:`metric_rows`."""
    return [
        name for name in dict.fromkeys(key for row in rows for key in row) if name not in ("index", "name", "group")
    ]


def units_of(
    metrics: Iterable[PerImageMetric], dimensions: int, spacing: Sequence[float] | None, unit: str
) -> dict[str, str]:
    """What the distances among the metrics are in, in words; nothing of images with distances in pixels.

    Args:
        metrics: which have been told the spacing.
        dimensions: 2 for images, 3 for volumes.
        spacing: of the volumes; None where it is not known.
        unit: of that; "" where it is not known. It says nothing about a spacing that the config gave instead.
    """
    found: dict[str, str] = {}
    for metric in metrics:
        own = getattr(metric, "spacing", None)
        known = unit if own is not None and spacing is not None and tuple(own) == tuple(spacing) else ""
        words = _in_words(own, known)
        if dimensions == 3 or own is not None:
            found |= dict.fromkeys(metric.distances, words)
    return found


def _in_words(spacing: Sequence[float] | None, unit: str) -> str:
    if not unit and set(spacing or (1,)) == {1}:
        return "voxels"
    steps = f"spacing {' x '.join(f'{step:g}' for step in spacing or ())}"
    return f"{unit} ({steps})" if unit else steps


def confusions_of(metrics: Iterable[PerImageMetric], names: Sequence[str]) -> Confusions | None:
    """The confusion matrices of the images that were tested, None where no metric counts them.

    Args:
        metrics: of the test.
        names: of all images, by index.
    """
    for metric in metrics:
        if isinstance(metric, ConfusionMatrix):
            with metric.sync_context():
                indices, matrices = metric.matrices()
            return Confusions(tuple(names[index] for index in indices.tolist()), matrices)
    return None


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Score]:
    """Mean and sample standard deviation over the images of each metric; one image has no standard deviation.

    Where only some of the images have a value, ``num_images`` says how many.
    """
    return {name: _score([row[name] for row in rows if name in row], len(rows)) for name in metric_names(rows)}


def _score(values: Sequence[float], num_rows: int) -> Score:
    # float64, as the single values are written: the report compares its mean of them with this one
    column = torch.tensor(values, dtype=torch.float64)
    std = column.std().item() if len(column) > 1 else None
    return Score(column.mean().item(), std, None if len(column) == num_rows else len(column))


def versions() -> dict[str, str]:
    """What the numbers were made with."""
    packages = ("cwmi-seg", "torch", "pytorch-lightning", "hydra-core", "torchmetrics", "numpy")
    found = {name: version(name) for name in packages}
    return {**found, "python": platform.python_version(), "threads": str(torch.get_num_threads())}
