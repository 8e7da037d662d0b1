"""The losses of a block, best on top, by one metric."""

import pandas as pd
from matplotlib import rc_context
from matplotlib.ticker import MaxNLocator

from cwmi_seg.reporting.figures.style import RC, Look, drawing, shown, text_width, to_svg
from cwmi_seg.reporting.numbers import ARROWS


@rc_context(RC)
def ranking(scores: pd.DataFrame, run_means: pd.DataFrame, way: str, look: Look) -> str:
    """Draw mean ± std of every row, and the mean of every run as a small point.

    Args:
        scores: Rows of ``aggregate`` of one block and metric.
        run_means: Table with the columns label and value.
        way: "higher" or "lower", whichever is better.
        look: The colours of the labels.

    Returns:
        SVG text.
    """
    ordered = scores.sort_values("mean", ascending=way == "higher", kind="stable")
    labels = list(ordered["label"])
    heights = {label: height for height, label in enumerate(labels)}
    left = 0.2 + text_width(labels)
    figure, axes = drawing(max(3.6, left + 1.8), 0.6 + 0.22 * len(labels), left=left, top=0.3, bottom=0.3)
    colours = [look.line(label)["color"] for label in labels]
    axes.hlines(range(len(labels)), ordered["mean"] - ordered["std"], ordered["mean"] + ordered["std"], colours)
    axes.scatter(ordered["mean"], range(len(labels)), s=26, c=colours, zorder=3)
    runs = run_means[run_means["label"].isin(labels)]
    run_colours = [look.line(label)["color"] for label in runs["label"]]
    axes.scatter(runs["value"], runs["label"].map(heights), s=7, c=run_colours, alpha=0.5, linewidths=0)
    axes.set_yticks(range(len(labels)), [shown(label) for label in labels])
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylim(-0.6, len(labels) - 0.4)
    axes.set_title(
        f"{shown(ordered['metric'].iloc[0])} {ARROWS[way]}", loc="left", y=1.0
    )  # a place for it is not searched
    axes.grid(axis="x", alpha=0.25)
    return to_svg(figure)
