"""The statistics as csv files."""

from pathlib import Path

from cwmi_seg.files.csv_files import write_table
from cwmi_seg.reporting.aggregate import BLOCK
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.class_tables import class_scores

SCORES, WIDE, TESTS, MISSING = "scores.csv", "scores_wide.csv", "tests.csv", "missing.csv"
CLASSES, POOLED = "classes.csv", "dataset_iou.csv"
"""Written where there are more than two classes, or confusion matrices."""


def export(analysis: Analysis, folder: Path) -> None:
    """Write ``scores.csv`` (a row a cell), ``scores_wide.csv`` (a row a loss), ``tests.csv`` and ``missing.csv``."""
    write_table(analysis.scores, folder / SCORES)
    write_table(analysis.tests, folder / TESTS)
    write_table(analysis.holes, folder / MISSING)
    for table, name in ((class_scores(analysis.scores, analysis.records.done), CLASSES), (analysis.pooled, POOLED)):
        if len(table):
            write_table(table, folder / name)
        else:  # of an earlier report
            (folder / name).unlink(missing_ok=True)
    wide = analysis.scores.pivot(
        index=[*BLOCK, "label", "loss", "num_expected"], columns="metric", values=["mean", "std", "num_runs"]
    )
    wide.columns = [f"{metric}_{kind}" for kind, metric in wide.columns]
    order = [f"{name}_{kind}" for name in analysis.records.metrics for kind in ("mean", "std", "num_runs")]
    write_table(wide[[column for column in order if column in wide]].reset_index(), folder / WIDE)
