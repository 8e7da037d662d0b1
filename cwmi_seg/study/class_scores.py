"""The scores of single classes among the results of a run, by the number of the class."""

from collections.abc import Sequence
from typing import NamedTuple

from cwmi_seg.study.run_results import RunResults

SHOWN = ("dataset_iou", "iou", "dice", "cldice", "betti_0_error", "betti_1_error", "betti_2_error")
"""Metrics of the table of the classes, in their order; ``results.json`` has all."""


def class_of(key: str, class_metrics: Sequence[str], num_classes: int) -> tuple[str, int] | None:
    """Metric and class of the name of a score; None of one that is not of a single class.

    Args:
        key: such as ``iou_3``.
        class_metrics: metrics that single classes have.
        num_classes: C; ``betti_0_error_64`` is of patches of 64 pixels where C is at most 64.
    """
    metric, _, number = key.rpartition("_")
    is_class = number.isascii() and number.isdecimal() and int(number) < num_classes
    return (metric, int(number)) if is_class and metric in class_metrics and key not in class_metrics else None


class ClassTable(NamedTuple):
    """The scores of each class of more than two: ``metrics``, and a row for each class."""

    metrics: list[str]
    rows: list["ClassRow"]


class ClassRow(NamedTuple):
    """Name of a class, number of the images that have it in prediction or target, and its value of each metric."""

    name: str
    num_images: int
    values: list[float | None]


def class_table(results: RunResults) -> ClassTable:
    """The table of the classes of a run; without rows for two classes, and for results of before they were kept."""
    num_classes = len(results.class_names)
    if num_classes <= 2:
        return ClassTable([], [])
    shown = [metric for metric in SHOWN if metric in results.class_metrics]
    values = {**{key: score.mean for key, score in results.test.items()}, **results.pooled}
    rows = [
        ClassRow(name, _num_images(results, c, shown), [values.get(f"{metric}_{c}") for metric in shown])
        for c, name in enumerate(results.class_names)
    ]
    return ClassTable(shown, rows)


def _num_images(results: RunResults, number: int, metrics: Sequence[str]) -> int:
    """Of the first metric that has a value for single images."""
    keys = [key for metric in metrics if (key := f"{metric}_{number}") in results.test]
    scores = [results.test[key] for key in keys[:1]]
    return sum(results.num_test_images or 0 if score.num_images is None else score.num_images for score in scores)


def scores_of_all_classes(results: RunResults) -> list[str]:
    """The names of the other scores: all of two classes, of more those that are not of a single one."""
    num_classes = len(results.class_names)
    return [
        key for key in results.test if num_classes <= 2 or class_of(key, results.class_metrics, num_classes) is None
    ]
