"""The report as one page that needs nothing else; the pictures of all test images lie beside it."""

import base64
import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cwmi_seg.reporting.class_page import class_page
from cwmi_seg.reporting.content import Block, Content
from cwmi_seg.reporting.gallery import tested_images
from cwmi_seg.reporting.intervals import RESAMPLES
from cwmi_seg.reporting.metric_words import meaning
from cwmi_seg.reporting.numbers import ARROWS, p_value
from cwmi_seg.reporting.overview import overview_rows
from cwmi_seg.reporting.page_data import page_data
from cwmi_seg.reporting.pictures import png_address
from cwmi_seg.reporting.protocol import ALWAYS, SOURCE
from cwmi_seg.reporting.significance import LEVEL
from cwmi_seg.reporting.tag_tables import reading
from cwmi_seg.reporting.viewer import inside, json_text, viewer_data

PARTS = Path(__file__).parent / "page"
STYLES = ("vendor/uplot.css", "report.css", "viewer.css")
SCRIPTS = ("vendor/uplot.js", "vendor/sortable.js", "vendor/sortable_keys.js", "base.js", "scores.js", "charts.js",
           "tags.js", "compare.js", "training.js", "zoom.js", "slices.js", "panes.js", "viewer.js", "live.js",
           "page.js")  # fmt: skip


def html(content: Content, viewer: Mapping[str, Any] | None = None, live: str = "") -> str:
    """Write the report as a page; everything that comes from outside is escaped.

    Args:
        content: What it shows.
        viewer: The test images that are inside the page, from :func:`~cwmi_seg.reporting.viewer.write_viewer`; None
            takes those that the content has.
        live: Mark of this state of a sweep that goes on, for which the page looks into ``progress.js`` beside it; "" of
            a page that changes no more.
    """
    environment = Environment(
        loader=FileSystemLoader(PARTS), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    script = "\n".join(_part(name) for name in SCRIPTS)
    if viewer is None:
        images = [tested_images(block) for block in content.blocks]
        viewer = viewer_data(content, inside(content, images), {})
    return environment.get_template("report.html.j2").render(
        content=content,
        css="\n".join(_part(name) for name in STYLES),
        script=script,
        policy=_policy(script),
        data=json_text(page_data(content)),
        viewer=json_text(viewer),
        live=live,
        blocks=[_block(block) for block in content.blocks],
        overview=content.overview is not None and overview_rows(content.overview),
        arrows=ARROWS,
        meaning=meaning,
        paper_words={"source": SOURCE, "always": ALWAYS},
        infinite=math.inf,
        p_value=p_value,
        resamples=RESAMPLES,
        level=LEVEL,
    )


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    """What the page may load: its own script, styles, pictures inside and beside it; nothing from a network.

    A page that is opened from a disk has no origin of its own, so that what lies beside it is allowed by ``file:``.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}' 'self' file:; style-src 'unsafe-inline'; "
        "img-src data: blob: 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _block(block: Block) -> dict[str, object]:
    return {
        "table": block.table,
        "classes": class_page(block),
        "by_tag": block.by_tag,
        "tag_words": reading(block.analysis.baseline),
        "findings": block.findings,
        "sheet": block.sheet and not block.panels and png_address(block.sheet),
        "tests": list(block.tests.itertuples()),
    }
