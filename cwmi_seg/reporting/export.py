"""The statistics as csv files."""

from pathlib import Path

import pandas as pd

from cwmi_seg.files.csv_files import write_table
from cwmi_seg.reporting.aggregate import BLOCK
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.class_tables import class_scores
from cwmi_seg.reporting.content import Content

SCORES, WIDE, TESTS, PAIRS, MISSING = "scores.csv", "scores_wide.csv", "tests.csv", "pairs.csv", "missing.csv"
CLASSES, POOLED, BY_TAG = "classes.csv", "dataset_iou.csv", "by_tag.csv"
"""Written where there are more than two classes, confusion matrices, or images with tags."""


def export(analysis: Analysis, folder: Path) -> None:
    """Write ``scores.csv`` (a row a cell), ``scores_wide.csv`` (a row a loss), ``tests.csv`` and ``missing.csv``."""
    write_table(analysis.scores, folder / SCORES)
    write_table(analysis.tests, folder / TESTS)
    write_table(analysis.holes, folder / MISSING)
    of_classes = class_scores(analysis.scores, analysis.records.done)
    for table, name in ((of_classes, CLASSES), (analysis.pooled, POOLED), (analysis.by_tag, BY_TAG)):
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


def export_pairs(content: Content, folder: Path) -> None:
    """Write ``pairs.csv``: a row per block, metric and pair of losses."""
    tables = [_with_block(block.pairs.table, block.analysis.blocks[0]) for block in content.blocks]
    filled = [table for table in tables if len(table)] or tables[:1]
    write_table(pd.concat(filled, ignore_index=True), folder / PAIRS)


def _with_block(table: pd.DataFrame, block: tuple[str, str, str]) -> pd.DataFrame:
    named = table.copy()
    for place, (column, value) in enumerate(zip(BLOCK, block, strict=True)):
        named.insert(place, column, value)
    return named
