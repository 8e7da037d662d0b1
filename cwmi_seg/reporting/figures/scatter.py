"""One metric against another."""

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes

from cwmi_seg.reporting.figures.style import RC, Look, drawing, legend, shown, text_width, to_svg
from cwmi_seg.reporting.numbers import ARROWS


@rc_context(RC)
def scatter(scores: pd.DataFrame, x: str, y: str, look: Look) -> str:
    """Draw mean ± std of every row in two metrics; axes are turned so that better is to the right and up.

    Args:
        scores: Rows of ``aggregate`` of one block.
        x, y: Names of the metrics.
        look: The points of the labels.

    Returns:
        SVG text.
    """
    cells = (
        scores[scores["metric"].isin([x, y])]
        .pivot(index="label", columns="metric", values=["mean", "std"])
        .dropna(subset=[("mean", x), ("mean", y)])
    )
    labels, means, stds = list(cells.index), cells["mean"], cells["std"].fillna(0)
    ways = dict(zip(scores["metric"], scores["direction"], strict=True))
    right = 0.5 + 0.9 * text_width(labels)
    figure, axes = drawing(3.2 + right, 3.0, right=right)
    colours = [look.point(label)["color"] for label in labels]
    axes.hlines(means[y], means[x] - stds[x], means[x] + stds[x], colours, linewidth=0.8)
    axes.vlines(means[x], means[y] - stds[y], means[y] + stds[y], colours, linewidth=0.8)
    for label in labels:
        axes.plot(means.loc[label, x], means.loc[label, y], label=shown(label), linestyle="none", **look.point(label))
    axes.set(xlabel=f"{shown(x)} {ARROWS[ways[x]]}", ylabel=f"{shown(y)} {ARROWS[ways[y]]}")
    _better_outwards(axes, ways[x], ways[y])
    axes.grid(alpha=0.25)
    legend(figure)
    return to_svg(figure)


def _better_outwards(axes: Axes, x_way: str, y_way: str) -> None:
    if x_way == "lower":
        axes.invert_xaxis()
    if y_way == "lower":
        axes.invert_yaxis()
