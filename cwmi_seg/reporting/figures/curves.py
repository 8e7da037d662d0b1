"""Curves of the scores that were logged in every epoch of training."""

from matplotlib import rc_context

from cwmi_seg.reporting.curve_data import Curves
from cwmi_seg.reporting.figures.style import RC, Look, drawing, legend, shown, text_width, to_svg


@rc_context(RC)
def curves(values: Curves, look: Look) -> str:
    """Draw the mean over the runs of every label, and the range from the lowest run to the highest, as SVG text.

    Args:
        values: What was logged, on one scale for all labels.
        look: The lines of the labels.
    """
    right = 0.6 + 0.9 * text_width(list(values.by_label))
    figure, axes = drawing(3.2 + right, 3.0, right=right)
    for label, curve in values.by_label.items():
        line = look.line(label)
        axes.plot(curve["epoch"], curve["mean"], label=shown(label), **line)
        axes.fill_between(curve["epoch"], curve["min"], curve["max"], color=line["color"], alpha=0.12, linewidth=0)
    axes.set(xlabel="epoch", ylabel=values.name)
    axes.grid(alpha=0.25)
    legend(figure)
    return to_svg(figure)
