"""The figures of one block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from cwmi_seg.files.plain_names import file_name
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.figures.curves import curves, stretched
from cwmi_seg.reporting.figures.ranking import ranking
from cwmi_seg.reporting.figures.scatter import scatter
from cwmi_seg.reporting.figures.style import Look
from cwmi_seg.reporting.records import SCORE, monitors


@dataclass(frozen=True)
class Drawing:
    """A figure: ``name`` for its file, ``group`` of figures that it is shown with, a caption (may be ""), SVG text."""

    name: str
    group: str
    caption: str
    svg: str


def draw_block(block: Analysis, look: Look) -> Iterator[Drawing]:
    """Draw the ranking by every metric, the first metric against the others, the monitored score and the losses."""
    scores, done = block.scores, block.records.done
    present = [name for name in block.directions if name in set(scores["metric"])]
    for name in present:
        values = done[["label", f"{SCORE}{name}"]].set_axis(["label", "value"], axis=1)
        svg = ranking(scores[scores["metric"] == name], values, block.directions[name], look)
        yield Drawing(f"ranking-{file_name(name)}", "ranking", "", svg)
    for name in present[1:]:
        svg, files = scatter(scores, present[0], name, look), (file_name(present[0]), file_name(name))
        yield Drawing("-".join(("scatter", *files)), "scatter", "", svg)
    yield from _training(block.records.epochs.merge(done[["run", "label"]], on="run"), monitors(done), look)


def _training(epochs: pd.DataFrame, monitored: Sequence[str], look: Look) -> Iterator[Drawing]:
    for name in monitored:
        if name != "train/loss" and name in epochs and epochs[name].notna().any():
            caption = "validation score: mean, lowest and highest run"
            yield Drawing(f"curve-{file_name(name)}", "curves", caption, curves(epochs, name, look))
    if "train/loss" in epochs and epochs["train/loss"].notna().any():
        caption = "training loss, each stretched to the range of its mean; mean, lowest and highest run"
        svg = curves(stretched(epochs, "train/loss"), "train/loss", look)
        yield Drawing("curve-train-loss", "curves", caption, svg)
