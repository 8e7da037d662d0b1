"""Confusion matrices of test images in the records of a study, and the IoU of all images together."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cwmi_seg.files.printable import printable
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.confusion_file import Confusions
from cwmi_seg.study.run_results import RunResults

COLUMNS = ["run", "name", "target", "predicted", "pixels"]
"""Of the table of confusions: a row for each pair of classes that occurs in a test image."""
CLASS_NAMES, CLASS_METRICS, CLASS_COLOURS = "class_names", "class_metrics", "class_colours"
"""Columns of runs that say what their classes are, lists as JSON; empty of earlier runs."""


def confusion_rows(run: str, confusions: Confusions | None) -> pd.DataFrame:
    """The matrices of a run as rows of the table."""
    if confusions is None:
        return no_confusions()
    image, target, predicted = np.nonzero(confusions.matrices)
    pixels = confusions.matrices[image, target, predicted]
    names = np.array(confusions.names, dtype=object)[image]
    return pd.DataFrame({"run": run, "name": names, "target": target, "predicted": predicted, "pixels": pixels}).astype(
        {"run": str, "name": str}
    )


@cache
def no_confusions() -> pd.DataFrame:
    """The table without rows; it is made once, for thousands of runs may have none."""
    return pd.DataFrame({name: [] for name in COLUMNS}).astype(
        {"run": str, "name": str, "target": int, "predicted": int, "pixels": int}
    )


def checked(confusions: Confusions | None, results: RunResults, names: "pd.Series[str]", path: object) -> None:
    """Refuse matrices that the results were not made from.

    Raises:
        ValueError: of other images, or with another IoU.
    """
    from cwmi_seg.metrics.confusion import dataset_iou

    if confusions is None:
        return
    found = dataset_iou(confusions.matrices.sum(0))
    same = found.keys() == results.pooled.keys() and all(
        np.isclose(found[key], value, rtol=1e-9, atol=1e-9) for key, value in results.pooled.items()
    )
    if set(confusions.names) != set(names) or not same:
        raise Mistake(f"{path}: expected the confusion matrices that the results were made from, got others; "
                      "train the run again with overwrite=true.")  # fmt: skip


def class_columns(results: RunResults) -> dict[str, Any]:
    """What a row of runs says of its classes."""
    if not results.class_names:
        return {}
    return {
        CLASS_NAMES: json.dumps([printable(name) for name in results.class_names], ensure_ascii=False),
        CLASS_METRICS: json.dumps(list(results.class_metrics)),
        CLASS_COLOURS: json.dumps(results.class_colours),
    }


def classes_of(runs: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Names of the classes, and the metrics that each of them has, of runs that agree on both; else nothing."""
    if not {CLASS_NAMES, CLASS_METRICS} <= set(runs.columns):
        return [], []
    known = runs[[CLASS_NAMES, CLASS_METRICS]].dropna()
    if known.empty or known[CLASS_NAMES].nunique() > 1:
        return [], []
    metrics: dict[str, None] = {}
    for text in known[CLASS_METRICS].unique():
        metrics |= dict.fromkeys(_texts(text))
    return _texts(known[CLASS_NAMES].iloc[0]), list(metrics)


def colours_given(runs: pd.DataFrame) -> list[tuple[int, int, int]]:
    """The colours that the dataset gives its classes, none where it gives none, or the runs differ."""
    texts = set(runs[CLASS_COLOURS].dropna()) if CLASS_COLOURS in runs else set()
    found = _list(texts.pop()) if len(texts) == 1 else []
    is_colour = [
        isinstance(each, list) and len(each) == 3 and all(type(part) is int for part in each) for each in found
    ]
    return [(each[0], each[1], each[2]) for each in found] if all(is_colour) else []


def _texts(text: str) -> list[str]:
    return [str(each) for each in _list(text)]


def _list(text: str) -> list[Any]:
    """A list as JSON; nothing of anything else, which a reader may have written."""
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def matrices(confusions: pd.DataFrame, num_classes: int, keys: Mapping[str, int]) -> NDArray[np.int64]:
    """Sums of the matrices of one run, G C C, over the images that ``keys`` gives one number from 0 on.

    Pairs of classes beyond C, which damaged records may have, are left out.
    """
    places = confusions["name"].map(keys)
    fits = places.notna() & confusions[["target", "predicted"]].lt(num_classes).all(axis=1)
    fits &= confusions[["target", "predicted"]].ge(0).all(axis=1)
    own = confusions[fits]
    sums = np.zeros((max(keys.values(), default=-1) + 1, num_classes, num_classes), dtype=np.int64)
    np.add.at(sums, (places[fits].astype(int), own["target"], own["predicted"]), own["pixels"])
    return sums
