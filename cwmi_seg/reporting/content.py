"""Everything that a report shows, whatever its form."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.figures.block import Drawing, draw_block
from cwmi_seg.reporting.figures.style import Look
from cwmi_seg.reporting.overview import overview
from cwmi_seg.reporting.panels import ImagePanel, image_panels
from cwmi_seg.reporting.paper import PaperBlock, beside_paper
from cwmi_seg.reporting.tables import Table, block_title, build_table, common_settings
from cwmi_seg.reporting.words import facts, reading


@dataclass(frozen=True)
class Block:
    """One dataset, model and set of settings; ``slug`` is its part of file names."""

    slug: str
    table: Table
    tests: pd.DataFrame
    drawings: tuple[Drawing, ...]
    panels: tuple[ImagePanel, ...]
    paper: PaperBlock | None


@dataclass(frozen=True)
class Content:
    """The report on a study; ``overview`` is None where there is one block."""

    title: str
    facts: list[str]
    reading: list[str]
    baseline: str
    overview: pd.DataFrame | None
    blocks: list[Block]

    @property
    def tables(self) -> list[Table]:
        """Of all blocks."""
        return [block.table for block in self.blocks]

    @property
    def paper(self) -> list[PaperBlock]:
        """The blocks that the paper has too."""
        return [block.paper for block in self.blocks if block.paper is not None]


def build_content(analysis: Analysis, runs: Path | None = None) -> Content:
    """Tables, figures and panels.

    Args:
        analysis: of the study.
        runs: folder with the run folders, for the panels of test images; None: without them.
    """
    common = common_settings(analysis.records.runs)
    titles = [block_title(block, common) for block in analysis.blocks]
    look = Look(analysis.records.runs["label"].unique())
    blocks = [
        _block(analysis.of_block(block), f"{number:02d}-{title}", title, look, runs)
        for number, (block, title) in enumerate(zip(analysis.blocks, titles, strict=True), start=1)
    ]
    return Content(
        title=f"Study {analysis.records.study}",
        facts=facts(analysis),
        reading=reading(analysis),
        baseline=analysis.baseline,
        overview=overview(analysis, titles) if len(blocks) > 1 else None,
        blocks=blocks,
    )


def _block(block: Analysis, name: str, title: str, look: Look, runs: Path | None) -> Block:
    table = build_table(block, title)
    labels = [row.label for row in table.rows]
    return Block(
        slug=re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60],
        table=table,
        tests=block.tests,
        drawings=tuple(draw_block(block, look)),
        panels=tuple(image_panels(block, runs, labels)) if runs is not None else (),
        paper=beside_paper(block, title),
    )
