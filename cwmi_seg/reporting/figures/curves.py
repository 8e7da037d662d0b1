"""Curves of the values that were logged in every epoch of training."""

import pandas as pd
from matplotlib import rc_context

from cwmi_seg.reporting.figures.style import RC, Look, drawing, legend, shown, text_width, to_svg


@rc_context(RC)
def curves(epochs: pd.DataFrame, column: str, look: Look) -> str:
    """Draw the mean over the runs of every label, and the range from the lowest run to the highest.

    Args:
        epochs: Table with the columns label, epoch, and ``column``.
        column: The column to show, for example "val/miou".
        look: The lines of the labels.

    Returns:
        SVG text.
    """
    labels = sorted(epochs["label"].unique())
    right = 0.6 + 0.9 * text_width(labels)
    figure, axes = drawing(3.2 + right, 3.0, right=right)
    for label in labels:
        own = epochs[epochs["label"] == label].groupby("epoch")[column].agg(["mean", "min", "max"]).dropna()
        line = look.line(label)
        axes.plot(own.index, own["mean"], label=shown(label), **line)
        axes.fill_between(own.index, own["min"], own["max"], color=line["color"], alpha=0.12, linewidth=0)
    axes.set(xlabel="epoch", ylabel=column)
    axes.grid(alpha=0.25)
    legend(figure)
    return to_svg(figure)


def stretched(epochs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Scale the values of every label to the range of their mean curve, since each loss has a scale of its own.

    Epoch 0 is left out where there are others, since some losses begin with a warm-up of another scale.
    """
    later = epochs[(epochs["epoch"] > 0) | (epochs["epoch"].max() == 0)]
    means = later.groupby(["label", "epoch"])[column].mean().groupby("label")
    low, width = means.min(), means.max() - means.min()
    shares = (later[column] - later["label"].map(low)) / later["label"].map(width.where(width > 0, 1.0))
    return later.assign(**{column: shares})
