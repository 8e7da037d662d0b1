"""Everything that a report shows, whatever its form."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.class_part import confusion_drawings
from cwmi_seg.reporting.class_tables import Classes, class_tables, is_of_class
from cwmi_seg.reporting.conclusions import Compared, conclusions
from cwmi_seg.reporting.curve_data import Curves, curve_data
from cwmi_seg.reporting.figures.block import Drawing, draw_block
from cwmi_seg.reporting.figures.style import Look
from cwmi_seg.reporting.findings import Finding, findings
from cwmi_seg.reporting.overview import overview
from cwmi_seg.reporting.pairs import Pairs, compare_pairs
from cwmi_seg.reporting.panels import ImagePanel, image_panels
from cwmi_seg.reporting.paper import PaperBlock, beside_paper
from cwmi_seg.reporting.pictures import sheet
from cwmi_seg.reporting.settings_table import Settings, settings_table
from cwmi_seg.reporting.summary import summary
from cwmi_seg.reporting.tables import Table, block_title, build_table, common_settings
from cwmi_seg.reporting.tag_tables import ByTag, by_tag
from cwmi_seg.reporting.words import facts, reading


@dataclass(frozen=True)
class Block:
    """One dataset, model and set of settings; ``slug`` is its part of file names."""

    slug: str
    analysis: Analysis
    table: Table
    tests: pd.DataFrame
    pairs: Pairs
    findings: list[Finding]
    curves: list[Curves]
    drawings: tuple[Drawing, ...]
    panels: tuple[ImagePanel, ...]
    sheet: bytes | None
    """All panels as PNG; it outlives the run folders that they were cut from."""
    paper: PaperBlock | None
    classes: Classes | None = None
    pooled: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_tag: ByTag = field(default_factory=ByTag)


@dataclass(frozen=True)
class Content:
    """The report on a study; ``overview`` is None where fewer than two blocks have results."""

    title: str
    conclusions: list[str]
    summary: list[tuple[str, str]]
    settings: Settings
    facts: list[str]
    reading: list[str]
    baseline: str
    second_baseline: str | None
    overview: pd.DataFrame | None
    blocks: list[Block]

    @property
    def tables(self) -> list[Table]:
        """The tables of all blocks."""
        return [block.table for block in self.blocks]

    @property
    def paper(self) -> list[PaperBlock]:
        """The blocks that the paper has too."""
        return [block.paper for block in self.blocks if block.paper is not None]


def build_content(
    analysis: Analysis,
    runs: Path | None = None,
    figures: Path | None = None,
    others: Mapping[str, Mapping[str, Path]] | None = None,
) -> Content:
    """Build the tables, figures and panels of a report.

    Args:
        analysis: The statistics of the study.
        runs: Folder with the run folders, for the panels of test images; None leaves them out.
        figures: Folder of the figures of an earlier report, whose panels are shown where there are no run folders.
        others: Of each row of masks that other code has made, the files by the name of the image.
    """
    common = common_settings(analysis.records.runs)
    titles = [block_title(block, common) for block in analysis.blocks]
    look = Look(analysis.records.runs["label"].unique())
    panels = _Panels(runs, figures, others or {})
    blocks = [
        _block(analysis.of_block(block), f"{number:02d}-{title}", title, look, panels)
        for number, (block, title) in enumerate(zip(analysis.blocks, titles, strict=True), start=1)
    ]
    return Content(
        title=f"Study {analysis.records.study}",
        conclusions=conclusions([_compared(block) for block in blocks], analysis.baseline),
        summary=summary(analysis.records),
        settings=settings_table(analysis, titles),
        facts=facts(analysis),
        reading=reading(analysis),
        baseline=analysis.baseline,
        second_baseline=analysis.second_baseline,
        overview=overview(analysis, titles) if sum(bool(block.table.metrics) for block in blocks) > 1 else None,
        blocks=blocks,
    )


@dataclass(frozen=True)
class _Panels:
    """Where panels of test images come from: run folders and masks of others, or the figures of an earlier report."""

    runs: Path | None
    figures: Path | None
    others: Mapping[str, Mapping[str, Path]]

    def of_block(self, block: Analysis, labels: list[str]) -> tuple[ImagePanel, ...]:
        """The panels of a block, whose rows have these labels."""
        return () if self.runs is None else tuple(image_panels(block, self.runs, labels, others=self.others))


def _block(block: Analysis, name: str, title: str, look: Look, sources: _Panels) -> Block:
    table = build_table(block, title)
    labels = [row.label for row in table.rows]
    # a part of file names, of which a file system takes 255 bytes with all that is added
    slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60]
    panels = sources.of_block(block, labels)
    pairs, curves = compare_pairs(block), curve_data(block)
    return Block(
        slug=slug,
        analysis=block,
        table=table,
        tests=block.tests[~is_of_class(block.tests["metric"], block.records.done)],
        pairs=pairs,
        findings=findings(block, pairs),
        curves=curves,
        drawings=(*draw_block(block, curves, look), *confusion_drawings(block)),
        panels=panels,
        sheet=sheet([panels[0], *panels[1:][-1:]]) if panels else _earlier(sources.figures, sheet_name(slug)),
        paper=beside_paper(block, title),
        classes=class_tables(block, labels),
        pooled=block.pooled,
        by_tag=by_tag(block, labels),
    )


def _compared(block: Block) -> Compared:
    return Compared(block.analysis, block.table, block.pairs, block.findings)


def _earlier(figures: Path | None, name: str) -> bytes | None:
    return (figures / name).read_bytes() if figures is not None and (figures / name).is_file() else None


def sheet_name(slug: str) -> str:
    """The name of the file with the panels of a block."""
    return f"{slug}-panels.png"
