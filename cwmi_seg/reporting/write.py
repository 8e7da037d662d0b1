"""The files of a report, in its folder and on the console."""

from collections.abc import Sequence
from pathlib import Path

from cwmi_seg.reporting.aggregate import LOWER_IS_BETTER
from cwmi_seg.reporting.analysis import analyse
from cwmi_seg.reporting.content import Content, build_content
from cwmi_seg.reporting.export import export
from cwmi_seg.reporting.html import html
from cwmi_seg.reporting.latex import latex
from cwmi_seg.reporting.markdown import markdown
from cwmi_seg.reporting.pictures import sheet
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.terminal import show

PAGE, TEXT, LATEX, FIGURES = "report.html", "report.md", "tables.tex", "figures"


def write_report(
    records: Records,
    folder: Path,
    baseline: str | None = None,
    lower_is_better: Sequence[str] | None = None,
    runs: Path | None = None,
) -> Content:
    """Write every file of the report and print the tables.

    Args:
        records: of the study.
        folder: where to; files of an earlier report are replaced.
        baseline: label of the rows that the others are tested against.
        lower_is_better: names of metrics, as shell patterns.
        runs: folder with the run folders, for the panels of test images.

    Returns:
        What was written.
    """
    analysis = analyse(records, baseline, LOWER_IS_BETTER if lower_is_better is None else lower_is_better)
    content = build_content(analysis, runs)
    folder.mkdir(parents=True, exist_ok=True)
    records.save(folder)
    export(analysis, folder)
    (folder / TEXT).write_text(markdown(content), encoding="utf-8")
    (folder / LATEX).write_text(latex(content.tables, content.baseline), encoding="utf-8")
    (folder / PAGE).write_text(html(content), encoding="utf-8")
    _write_figures(content, folder / FIGURES)
    show(content.tables)
    print(f"\nreport   {folder / PAGE}\n         {folder / TEXT}\nLaTeX    {folder / LATEX}")
    print(f"csv      {folder / 'scores.csv'}\nfigures  {folder / FIGURES}")
    return content


def _write_figures(content: Content, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for block in content.blocks:
        for drawing in block.drawings:
            (folder / f"{block.slug}-{drawing.name}.svg").write_text(drawing.svg, encoding="utf-8")
        if block.panels:
            (folder / f"{block.slug}-panels.png").write_bytes(sheet(block.panels))
