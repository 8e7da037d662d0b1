"""The statistics as csv files."""

from pathlib import Path

from cwmi_seg.reporting.aggregate import BLOCK
from cwmi_seg.reporting.analysis import Analysis


def export(analysis: Analysis, folder: Path) -> None:
    """Write ``scores.csv`` (a row per cell), ``scores_wide.csv`` (a row per loss), ``tests.csv``, ``missing.csv``."""
    analysis.scores.to_csv(folder / "scores.csv", index=False)
    analysis.tests.to_csv(folder / "tests.csv", index=False)
    analysis.holes.to_csv(folder / "missing.csv", index=False)
    wide = analysis.scores.pivot(
        index=[*BLOCK, "label", "loss", "num_expected"], columns="metric", values=["mean", "std", "num_runs"]
    )
    wide.columns = [f"{metric}_{kind}" for kind, metric in wide.columns]
    order = [f"{name}_{kind}" for name in analysis.directions for kind in ("mean", "std", "num_runs")]
    wide[[column for column in order if column in wide]].reset_index().to_csv(folder / "scores_wide.csv", index=False)
