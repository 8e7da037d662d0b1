"""The report as one page that needs nothing else: styles, figures and pictures are inside."""

import math
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cwmi_seg.reporting.class_page import class_page
from cwmi_seg.reporting.content import Block, Content
from cwmi_seg.reporting.figures.style import inline
from cwmi_seg.reporting.numbers import ARROWS, p_value
from cwmi_seg.reporting.overview import overview_rows
from cwmi_seg.reporting.panels import ImagePanel
from cwmi_seg.reporting.pictures import data_address, png_address
from cwmi_seg.reporting.protocol import ALWAYS, SOURCE

GROUPS = {
    "ranking": "Ranking by every metric: mean ± std, small points are single runs, best on top",
    "scatter": "Metric against metric: mean ± std, better is to the right and up",
    "curves": "Training",
}
"""Groups of drawings to their headings."""


def html(content: Content) -> str:
    """Write the report as a page; everything that comes from outside is escaped."""
    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(here), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html.j2").render(
        content=content,
        css=(here / "report.css").read_text(encoding="utf-8"),
        blocks=[_block(block) for block in content.blocks],
        overview=content.overview is not None and overview_rows(content.overview),
        groups=GROUPS,
        arrows=ARROWS,
        paper_words={"source": SOURCE, "always": ALWAYS},
        infinite=math.inf,
        p_value=p_value,
    )


def _block(block: Block) -> dict[str, object]:
    drawings: dict[str, list[dict[str, str]]] = {group: [] for group in GROUPS}
    for drawing in (drawing for drawing in block.drawings if drawing.group in GROUPS):
        drawings[drawing.group].append({"svg": inline(drawing.svg), "caption": drawing.caption})
    return {
        "table": block.table,
        "classes": class_page(block),
        "drawings": drawings,
        "panels": [_panel(panel) for panel in block.panels],
        "sheet": block.sheet and png_address(block.sheet),
        "tests": list(block.tests.itertuples()),
    }


def _panel(panel: ImagePanel) -> dict[str, object]:
    tiles = [(label, data_address(picture, photograph=label == "image")) for label, picture in panel.tiles]
    return {"caption": panel.caption, "tiles": tiles}
