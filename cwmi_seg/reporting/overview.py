"""All blocks in one table: the mean rank of every loss."""

import math

import pandas as pd

from cwmi_seg.reporting.aggregate import BLOCK
from cwmi_seg.reporting.analysis import Analysis


def overview(analysis: Analysis, titles: list[str]) -> pd.DataFrame:
    """Average the rank of every loss in every block over the metrics, best first.

    Args:
        analysis: The statistics of the study.
        titles: Titles of its blocks.

    Returns:
        One row per label; the column ``mean``, missing for a row that was not ranked in every block, then a column
        per block, missing where the row was not ranked.
    """
    shown = analysis.scores["metric"].isin(list(analysis.directions))
    ranks = analysis.scores[shown].set_index(BLOCK).sort_index()
    blocks = zip(analysis.blocks, titles, strict=True)
    columns = [
        ranks.loc[[block]].groupby("label")["rank"].mean().rename(title)
        for block, title in blocks
        if block in ranks.index
    ]
    table = pd.concat(columns, axis=1)
    # skipna=False: a mean over fewer blocks would compare what was not run alike
    table.insert(0, "mean", table.mean(axis=1, skipna=False))
    return table.sort_values("mean", kind="stable")


def overview_rows(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of :func:`overview` as text."""
    rows = [
        [str(row[0]), *("-" if math.isnan(rank) else f"{rank:.1f}" for rank in row[1:])] for row in table.itertuples()
    ]
    return ["loss", *table.columns], rows
