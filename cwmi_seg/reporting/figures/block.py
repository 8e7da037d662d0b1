"""The figures of one block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cwmi_seg.files.plain_names import file_name
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.curve_data import Curves
from cwmi_seg.reporting.figures.curves import curves
from cwmi_seg.reporting.figures.ranking import ranking
from cwmi_seg.reporting.figures.scatter import scatter
from cwmi_seg.reporting.figures.style import Look
from cwmi_seg.reporting.records import SCORE


@dataclass(frozen=True)
class Drawing:
    """A figure: ``name`` for its file, ``group`` of figures that it belongs to, a caption (may be ""), SVG text."""

    name: str
    group: str
    caption: str
    svg: str


def draw_block(block: Analysis, logged: Sequence[Curves], look: Look) -> Iterator[Drawing]:
    """Draw the ranking by every metric, the first two against each other, and the scores of every epoch.

    The page draws any two metrics against each other, and the training losses, each on a scale of its own.
    """
    scores, done = block.scores, block.records.done
    present = [name for name in block.directions if name in set(scores["metric"])]
    for name in present:
        values = done[["label", f"{SCORE}{name}"]].set_axis(["label", "value"], axis=1)
        svg = ranking(scores[scores["metric"] == name], values, block.directions[name], look)
        yield Drawing(f"ranking-{file_name(name)}", "ranking", "", svg)
    for name in present[1:2]:
        svg, files = scatter(scores, present[0], name, look), (file_name(present[0]), file_name(name))
        yield Drawing("-".join(("scatter", *files)), "scatter", "", svg)
    for values in (values for values in logged if values.is_comparable):
        yield Drawing(f"curve-{file_name(values.name)}", "curves", "", curves(values, look))
