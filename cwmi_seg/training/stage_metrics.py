"""The metrics that a run has beside those of its config: of single classes, of all images together, of its monitors."""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING

from cwmi_seg.study.monitored import Monitored, validated_names
from cwmi_seg.study.run_spec import RunSpec

if TYPE_CHECKING:
    from cwmi_seg.metrics.per_image import PerImageMetric


def of_test(metrics: "Sequence[PerImageMetric]", num_classes: int, ignore_index: int | None) -> "list[PerImageMetric]":
    """The metrics of a test: those of the config, the IoU of all images, and with more classes than two their overlaps.

    They cost one count of the pixels each.
    """
    # imported here: torchmetrics takes seconds
    from cwmi_seg.metrics.dataset_iou import ConfusionMatrix
    from cwmi_seg.metrics.overlap import ClassOverlap
    from cwmi_seg.metrics.per_class import MOST_CLASSES

    keys = _keys(metrics)
    own: list[PerImageMetric] = []
    if 2 < num_classes <= MOST_CLASSES and "iou_0" not in keys:
        own.append(ClassOverlap(num_classes, ignore_index))
    if "dataset_iou" not in keys:
        own.append(ConfusionMatrix(num_classes, ignore_index))
    return [*metrics, *own]


def of_validation(
    metrics: "Sequence[PerImageMetric]", test: "Sequence[PerImageMetric]", monitors: Iterable[str]
) -> "list[PerImageMetric]":
    """The metrics of a validation: those of the config, and those of the test that a monitor needs.

    Args:
        metrics: of the config.
        test: of the test, which have not seen an image.
        monitors: what chooses the best epoch, or steps a schedule.
    """
    joined = list(metrics)
    for name in sorted(validated_names(monitors)):
        if name not in _keys(joined):
            joined += [deepcopy(metric) for metric in test if name in metric.keys]
    return joined


def monitors_of(spec: RunSpec) -> Iterator[tuple[str, str]]:
    """Key and text of every monitor of a run's callbacks and of its schedule."""
    targets = [*spec.callbacks.values(), *([] if spec.scheduler is None else [spec.scheduler])]
    for target in targets:
        if isinstance(monitor := target.arguments.get("monitor"), str):
            yield f"{target.key}.monitor", monitor


def sums_of(spec: RunSpec) -> list[Monitored]:
    """The monitors that are weighted sums, each once.

    Raises:
        ValueError: one begins as a sum and is none; with the key.
    """
    monitored = [Monitored.parse(text, key) for key, text in monitors_of(spec)]
    return list({each.text: each for each in monitored if each.is_sum}.values())


def _keys(metrics: "Iterable[PerImageMetric]") -> set[str]:
    return {key for metric in metrics for key in metric.keys}
