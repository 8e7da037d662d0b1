"""Table 1 of the paper beside our scores."""

import math
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.numbers import with_spread
from cwmi_seg.reporting.protocol import differences

DATASETS = {"SNEMI3D": "snemi3d", "GlaS": "glas", "DRIVE": "drive", "MASS_ROAD": "mass_road"}
MODELS = {"UNet": "unet", "AttenUNet": "attention_unet"}
LOSSES = {
    "CE": "cross_entropy",
    "BCE": "balanced_cross_entropy",
    "Dice": "dice",
    "Focal": "focal",
    "Jaccard": "jaccard",
    "Tversky": "tversky",
    "WCE": "unet_weighted",
    "ABW": "abw",
    "Skea-topo": "skea_topo",
    "RMI": "rmi",
    "clDice": "cldice",
    "CWMI-Real": "cwmi_real",
    "CWMI": "cwmi",
}
"""Names in the paper to names of our configs."""
_Scores = dict[tuple[str, str], tuple[float, float]]
"""Loss and metric to mean and standard deviation."""


@dataclass(frozen=True)
class PaperBlock:
    """A block whose dataset and model are in the paper.

    ``rows`` hold the loss and then, for each of ``metrics``, our text and the paper's.
    """

    title: str
    metrics: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    differences: tuple[str, ...]
    """Settings of our runs that are not the paper's."""

    @property
    def protocol(self) -> str:
        """A sentence on the settings in which our runs differ."""
        return (
            f"Settings that differ: {'; '.join(self.differences)}." if self.differences else "Settings as in the paper."
        )


def paper_table() -> pd.DataFrame:
    """Read the published table, with our names in the columns dataset, model, loss, metric, mean and std.

    Mean and std are empty where a run did not converge.

    Source: R. Lu, Complex Wavelet Mutual Information Loss, arXiv:2502.00563, Table 1.
    """
    table = pd.read_csv(Path(__file__).parent / "paper_table1.csv")
    for column, names in (("dataset", DATASETS), ("model", MODELS), ("loss", LOSSES)):
        table[column] = table[column].map(names)
    return table


def beside_paper(block: Analysis, title: str) -> PaperBlock | None:
    """Put our block beside the paper's; None where the paper has no such dataset, model or metric.

    A row of ours is one whose loss has the defaults of its config.
    """
    dataset, model, _ = block.blocks[0]
    table = paper_table()
    published = table[(table["dataset"] == dataset) & (table["model"] == model)]
    ours = block.scores[block.scores["label"] == block.scores["loss"]]
    metrics = tuple(name for name in published["metric"].unique() if name in set(ours["metric"]))
    if not metrics:
        return None
    our_scores, their_scores = _cells(ours), _cells(published)
    rows = []
    for loss in published["loss"].unique():
        pairs = [_pair(loss, name, our_scores, their_scores) for name in metrics]
        rows.append((loss, *chain(*pairs)))
    return PaperBlock(title, metrics, tuple(rows), tuple(differences(block.records.done)))


def _cells(table: pd.DataFrame) -> _Scores:
    return {(row.loss, row.metric): (row.mean, row.std) for row in table.itertuples()}


def _pair(loss: str, metric: str, ours: _Scores, published: _Scores) -> list[str]:
    digits = 2 if metric in ("vi", "hd") else 3  # as published
    return [_text(ours.get((loss, metric)), digits), _text(published.get((loss, metric)), digits)]


def _text(score: tuple[float, float] | None, digits: int) -> str:
    return "missing" if score is None or math.isnan(score[0]) else with_spread(*score, digits)
