"""The values of an epoch as they are drawn: mean, lowest and highest run of each loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.records import monitors

TRAIN_LOSS = "train/loss"
MOST_POINTS = 300
"""Epochs of a curve on the page; of more, evenly spaced ones are shown."""


@dataclass(frozen=True)
class Curves:
    """One logged value.

    Args:
        name: Its name, such as "val/miou".
        is_comparable: Whether all losses have one scale, so that they may share an axis.
        by_label: Table with the columns epoch, mean, min and max, by label.
    """

    name: str
    is_comparable: bool
    by_label: dict[str, pd.DataFrame]


def curve_data(block: Analysis) -> list[Curves]:
    """The scores that chose the best epochs, then the training loss, which every loss has on a scale of its own."""
    done = block.records.done
    epochs = block.records.epochs.merge(done[["run", "label"]], on="run")
    names = [name for name in monitors(done) if name != TRAIN_LOSS] + [TRAIN_LOSS]
    return [Curves(name, name != TRAIN_LOSS, _by_label(epochs, name)) for name in _present(epochs, names)]


def _present(epochs: pd.DataFrame, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in epochs and epochs[name].notna().any()]


def _by_label(epochs: pd.DataFrame, name: str) -> dict[str, pd.DataFrame]:
    known = epochs[epochs[name].notna()]
    means = known.groupby(["label", "epoch"])[name].agg(["mean", "min", "max"]).reset_index()
    return {str(label): _thinned(own.drop(columns="label")) for label, own in means.groupby("label")}


def _thinned(curve: pd.DataFrame) -> pd.DataFrame:
    step = -(-len(curve) // MOST_POINTS)
    return curve.iloc[::step]
