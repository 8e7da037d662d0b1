"""The IoU of all test images together with intervals by bootstrap: one number a run, which no rank test can take."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cwmi_seg.metrics.confusion import mean_over_present, overlaps_of
from cwmi_seg.reporting.aggregate import BLOCK
from cwmi_seg.reporting.confusions import classes_of, matrices
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.signed_rank import MIN_PAIRS

METRIC = "dataset_iou"
REPEATS = 2000
"""Samples with replacement."""
_PERCENTILES = (2.5, 97.5)
_COLUMNS = [*BLOCK, "baseline", "label", "metric", "value", "low", "high", "difference", "difference_low",
            "difference_high", "num_groups", "num_images"]  # fmt: skip
_AT_ONCE = 2**22  # numbers of a piece of the samples, which many classes would make large
Values = NDArray[np.float64]


def pooled_intervals(records: Records, baseline: str, repeats: int = REPEATS) -> pd.DataFrame:
    """The dataset IoU of each row with its 95 % interval, and its difference from the baseline.

    Groups of test images are drawn with replacement, as many as there are, the same for all rows. In each sample the
    confusion matrices of a run are added up, and the IoU is averaged over the runs of the row; of the difference, over
    the folds and seeds that both rows have. Fewer than ``MIN_PAIRS`` groups have no interval.

    Returns:
        Columns dataset, model, settings, baseline, label, metric, value, low, high, difference, difference_low,
        difference_high (missing for the baseline and without it), num_groups, num_images.
    """
    rows = []
    for block, runs in records.done.groupby(BLOCK, sort=False):
        names, _ = classes_of(runs)
        confusions = records.confusions[records.confusions["run"].isin(runs["run"])]
        if names and len(confusions):
            rows += [
                {**dict(zip(BLOCK, block, strict=True)), "baseline": baseline, **row}
                for row in _block(runs, records.images, confusions, len(names), baseline, repeats)
            ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _block(
    runs: pd.DataFrame, images: pd.DataFrame, confusions: pd.DataFrame, num_classes: int, baseline: str, repeats: int
) -> list[dict[str, object]]:
    own = images[images["run"].isin(confusions["run"])]
    groups = own.drop_duplicates("name").set_index("name")["group"]
    numbers, _ = pd.factorize(groups)
    keys = dict(zip(groups.index, numbers.tolist(), strict=True))
    sums = {str(run): matrices(table, num_classes, keys) for run, table in confusions.groupby("run")}
    num_groups = int(numbers.max(initial=-1)) + 1
    draws = np.random.default_rng(0).multinomial(num_groups, np.full(num_groups, 1 / num_groups), repeats)
    weights = np.concatenate([np.ones((1, num_groups)), draws])  # the first row is the sample itself
    ious = {run: _mean_iou(weights, _padded(own_sums, num_groups)) for run, own_sums in sums.items()}
    known = runs[runs["run"].isin(ious)]
    reference = _by_cell(known[known["label"] == baseline], ious)
    return [
        _row(str(label), _by_cell(theirs, ious), {} if label == baseline else reference, num_groups, len(groups))
        for label, theirs in known.groupby("label", sort=False)
    ]


def _padded(sums: NDArray[np.int64], num_groups: int) -> NDArray[np.int64]:
    return np.pad(sums, ((0, num_groups - len(sums)), (0, 0), (0, 0)))


def _mean_iou(weights: NDArray[np.number], sums: NDArray[np.int64]) -> Values:
    """The mean IoU of each sample, R, of one run: weights R G, matrices G C C; NaN of a sample without an image."""
    flat, num_classes = sums.reshape(len(sums), -1).astype(np.float64), sums.shape[1]
    pieces = np.array_split(weights, max(1, len(weights) * flat.shape[1] // _AT_ONCE))
    pooled = ((piece @ flat).reshape(-1, num_classes, num_classes) for piece in pieces)
    return np.concatenate([mean_over_present(overlaps_of(matrix)[0]) for matrix in pooled])


def _by_cell(runs: pd.DataFrame, ious: Mapping[str, Values]) -> dict[tuple[int, int], Values]:
    """Samples of each fold and seed."""
    return {(int(row.fold), int(row.seed)): ious[str(row.run)] for row in runs.itertuples()}


def _row(
    label: str,
    own: Mapping[tuple[int, int], Values],
    reference: Mapping[tuple[int, int], Values],
    num_groups: int,
    num_images: int,
) -> dict[str, object]:
    value, low, high = _interval(list(own.values()), num_groups)
    shared = [own[cell] - reference[cell] for cell in own if cell in reference]
    difference, difference_low, difference_high = _interval(shared, num_groups)
    return {
        "label": label, "metric": METRIC, "value": value, "low": low, "high": high, "difference": difference,
        "difference_low": difference_low, "difference_high": difference_high, "num_groups": num_groups,
        "num_images": num_images,
    }  # fmt: skip


def _interval(samples: Sequence[Values], num_groups: int) -> tuple[float, float, float]:
    """The value and the limits of its interval, of the mean over runs; missing where there is nothing."""
    if not samples:
        return (np.nan,) * 3
    stacked = np.stack(samples)
    present = ~np.isnan(stacked)
    means = np.where(present, stacked, 0).sum(0) / np.maximum(present.sum(0), 1)
    if num_groups < MIN_PAIRS:
        return float(means[0]), np.nan, np.nan
    low, high = np.percentile(means[1:][present[:, 1:].any(0)], _PERCENTILES)
    return float(means[0]), float(low), float(high)
