"""Which class was taken for which, as a picture."""

from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from numpy.typing import NDArray

from cwmi_seg.reporting.figures.style import RC, drawing, shown, text_width, to_svg

_WRITTEN = 40
"""Most classes whose shares are written into the cells; more are shown by their colour alone."""
_COUNTED = 12
"""Most classes whose numbers of pixels are written below the shares."""
_LETTERS = 24


@rc_context(RC)
def confusion(matrix: NDArray[np.int64], names: Sequence[str]) -> str:
    """Draw a confusion matrix C C: a row a class of the target, its pixels by predicted class.

    The colour is the share of the row. With few classes each cell has share in percent and number of pixels, with more
    the share alone, rounded, where it is at least one percent. A class that the target lacks has an empty row.

    Args:
        matrix: Numbers of pixels.
        names: Name of each class.

    Returns:
        SVG text.
    """
    size = matrix.sum(1, keepdims=True)
    shares = np.where(size > 0, matrix / np.maximum(size, 1), 0.0)
    few, labels = len(names) <= _COUNTED, [shown(name)[:_LETTERS] for name in names]
    side = (0.62 if few else 0.3) * len(names)
    margin = 0.25 + text_width(labels)
    figure, axes = drawing(side + margin + 0.1, side + margin + 0.2, left=margin, bottom=margin, top=0.2)
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=0.5)
    axes.set_xticks(np.arange(len(names)) + 0.5, labels, rotation=90)
    axes.set_yticks(np.arange(len(names)) + 0.5, labels)
    axes.invert_yaxis()
    axes.set_xlabel("predicted")
    axes.set_ylabel("target")
    axes.tick_params(length=0)
    if len(names) <= _WRITTEN:
        _write(axes, matrix, shares, few=few)
    return to_svg(figure)


def _write(axes: Axes, matrix: NDArray[np.int64], shares: NDArray[np.float64], *, few: bool) -> None:
    for (row, column), pixels in np.ndenumerate(matrix):
        share = shares[row, column]
        if pixels == 0 or (not few and share < 0.01):
            continue
        text = f"{100 * share:.1f}\n{in_short(int(pixels))}" if few else f"{100 * share:.0f}"
        # dark on light and light on dark; neither ink nor paper of the axes, which a page replaces by its own
        colour = "#fdfdfd" if share > 0.5 else "#101418"
        axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7 if few else 6, color=colour)


def in_short(pixels: int) -> str:
    """Write a number with three digits: ``981``, ``12.3k``, ``4.56M``."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if pixels >= size:
            return f"{pixels / size:.3g}{unit}" if pixels < 999.5 * size else f"{pixels / size:.0f}{unit}"
    return str(pixels)
