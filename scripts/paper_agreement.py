"""What the paper found beside what we found: the order of the losses, and what a step with each of them costs."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from scipy.stats import spearmanr

from cwmi_seg.reporting.markdown import escape, grid
from cwmi_seg.reporting.paper import paper_table
from cwmi_seg.reporting.records import SCORE, Records

PAPER_DATASETS = ("drive", "snemi3d")
PAPER_EPOCH_SECONDS = {
    "cross_entropy": 2.04,
    "balanced_cross_entropy": 2.02,
    "dice": 2.01,
    "focal": 2.01,
    "jaccard": 2.02,
    "tversky": 2.01,
    "unet_weighted": 2.15,
    "abw": 2.33,
    "skea_topo": 2.72,
    "rmi": 2.28,
    "cldice": 2.37,
    "cwmi_real": 2.18,
    "cwmi": 2.27,
}
"""Source: R. Lu, Complex Wavelet Mutual Information Loss, arXiv:2502.00563, Table 4."""


def agreement(studies: Mapping[str, Records]) -> str:
    """Spearman's rank correlation of the means of the losses with the paper's U-Net columns, for each metric."""
    published = paper_table()
    published = published[published["model"] == "unet"]
    metrics = [str(name) for name in published["metric"].unique()]
    rows = []
    for title, records in studies.items():
        runs = records.done
        ours = runs[runs["label"] == runs["loss"]].groupby("loss").mean(numeric_only=True)
        for dataset in PAPER_DATASETS:
            paper = published[published["dataset"] == dataset].pivot(index="loss", columns="metric", values="mean")
            cells = [_rank_correlation(ours[f"{SCORE}{name}"], paper[name]) for name in metrics]
            rows.append([title, dataset, *cells])
    return grid(["ours", "paper", *metrics], rows)


def _rank_correlation(ours: "pd.Series[float]", paper: "pd.Series[float]") -> str:
    both = pd.concat([ours, paper], axis=1, join="inner").dropna()
    found = spearmanr(both.iloc[:, 0], both.iloc[:, 1])
    return f"{found.statistic:.2f} (n {len(both)}, p {found.pvalue:.2g})"


def cost(path: Path) -> str:
    """The table of ``scripts/benchmark_training.py`` beside the paper's seconds an epoch, as ratios."""
    table = pd.read_csv(path)
    reference = PAPER_EPOCH_SECONDS["cross_entropy"]
    rows = [
        [
            escape(row.loss),
            f"{row.median_ms:.0f}",
            f"{row.low_quartile_ms:.0f}, {row.high_quartile_ms:.0f}",
            f"{row.ratio:.3f}",
            f"{PAPER_EPOCH_SECONDS[row.loss] / reference:.3f}" if row.loss in PAPER_EPOCH_SECONDS else "-",
            f"{row.peak_bytes / 1e6:.0f}",
        ]
        for row in table.itertuples()
    ]
    heads = ["loss", "median ms", "quartiles", "ratio to cross-entropy", "paper, ratio of epochs", "peak MB"]
    return f"{table['step'][0]}; {table['setting'][0]}.\n\n{grid(heads, rows)}"
