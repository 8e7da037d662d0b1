"""What was logged in every epoch of training."""

import pandas as pd
from matplotlib import rc_context

from cwmi_seg.reporting.figures.style import RC, Look, drawing, legend, text_width, to_svg


@rc_context(RC)
def curves(epochs: pd.DataFrame, column: str, look: Look, *, own_range: bool = False) -> str:
    """Mean over the runs of every label, and the range from the lowest run to the highest.

    Args:
        epochs: columns label, epoch, and ``column``.
        column: what to show, for example "val/miou".
        look: of the labels.
        own_range: stretch every label to [0, 1] (losses have scales of their own).
    """
    labels = sorted(epochs["label"].unique())
    right = 0.6 + 0.9 * text_width(labels)
    figure, axes = drawing(3.0 + right, 3.0, right=right)
    for label, own in epochs.groupby("label"):
        by_epoch = own.groupby("epoch")[column].agg(["mean", "min", "max"]).dropna()
        if own_range:
            low, width = by_epoch["mean"].min(), by_epoch["mean"].max() - by_epoch["mean"].min()
            by_epoch = (by_epoch - low) / (width or 1.0)
        line = look.line(str(label))
        axes.plot(by_epoch.index, by_epoch["mean"], label=label, **line)
        if not own_range:
            axes.fill_between(
                by_epoch.index, by_epoch["min"], by_epoch["max"], color=line["color"], alpha=0.12, linewidth=0
            )
    axes.set(xlabel="epoch", ylabel=f"{column}, own range" if own_range else column)
    axes.grid(alpha=0.25)
    legend(figure)
    return to_svg(figure)
