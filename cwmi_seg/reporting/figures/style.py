"""One look for every figure, legible on a white page and, inlined in the report, on a dark one."""

import io
import re
from collections.abc import Sequence
from typing import Any, TypedDict

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cwmi_seg.files.printable import printable, shortened

INK, PAPER = "#1b1c1d", "#ffffff"
"""Text and axes; background."""
COLOURS = ("#0072b2", "#e07b00", "#009e73", "#cc5fa0", "#7a5fc7", "#c23b3b", "#8a6d1f", "#2aa5c9", "#6f8f00", "#808890")
LETTERS = 80
"""Most letters of a label in a figure."""
LINES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D")
RC: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "cwmi-seg",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "axes.facecolor": "none",
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "legend.fontsize": 8,
    "lines.linewidth": 1.5,
    "text.parse_math": False,  # labels are names, whatever dollars they hold
}
"""Settings of matplotlib, for ``@rc_context(RC)`` on every function that draws."""


class LineStyle(TypedDict):
    """Arguments of ``Axes.plot`` for a line."""

    color: str
    linestyle: str


class PointStyle(TypedDict):
    """Arguments of ``Axes.plot`` for a point."""

    color: str
    marker: str


class Look:
    """The colour, line and marker of every label, the same in all figures of a report.

    Args:
        labels: All labels of the study.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        # sorted: a label has the same colour in whatever order the runs were read
        self._position = {label: number for number, label in enumerate(sorted(labels))}

    def line(self, label: str) -> LineStyle:
        """The line of a label."""
        number, colours = self._position[label], len(COLOURS)
        return {"color": COLOURS[number % colours], "linestyle": LINES[number // colours % len(LINES)]}

    def point(self, label: str) -> PointStyle:
        """The point of a label."""
        number, colours = self._position[label], len(COLOURS)
        return {"color": COLOURS[number % colours], "marker": MARKERS[number // colours % len(MARKERS)]}


def drawing(
    width: float, height: float, left: float = 0.75, right: float = 0.1, top: float = 0.1, bottom: float = 0.45
) -> tuple[Figure, Axes]:
    """Make a figure of this size and its only axes, with these margins, in inches.

    Margins are given because a layout engine would take half of the time of a report.
    """
    figure = Figure(figsize=(width, height))
    size = (width - left - right) / width, (height - top - bottom) / height
    return figure, figure.add_axes((left / width, bottom / height, *size))


def shown(label: str) -> str:
    """A label as it is drawn: in visible characters that XML knows, and shortened if it is long."""
    return shortened(printable(label), LETTERS)


def text_width(labels: Sequence[str]) -> float:
    """The approximate width of the longest label as it is drawn, in inches."""
    return 0.075 * max((len(shown(label)) for label in labels), default=0)


def legend(figure: Figure) -> None:
    """Write the labels of the lines and points at the upper right."""
    figure.legend(loc="upper right", borderaxespad=0.3, handlelength=1.8)


def to_svg(figure: Figure) -> str:
    """Turn a figure into SVG text, which is the same for the same figure."""
    with io.StringIO() as file:
        figure.savefig(file, format="svg", facecolor=PAPER, metadata={"Date": None, "Creator": None})
        return file.getvalue()


def inline(svg: str) -> str:
    """Adapt SVG text to a page: it takes the text colour of the page, shows its background, and has no names of groups,
    which occur in every figure."""
    body = re.sub(r'<g id="[^"]*">', "<g>", svg[svg.index("<svg") :])
    return body.replace(INK, "currentColor").replace(f"fill: {PAPER}", "fill: none")
