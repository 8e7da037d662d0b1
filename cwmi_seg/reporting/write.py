"""The files of a report, in its folder and on the console."""

from pathlib import Path

from cwmi_seg.reporting.analysis import Options, analyse
from cwmi_seg.reporting.content import Content, build_content, sheet_name
from cwmi_seg.reporting.export import SCORES, export
from cwmi_seg.reporting.html import html
from cwmi_seg.reporting.latex import latex
from cwmi_seg.reporting.markdown import markdown
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.terminal import show

PAGE, TEXT, LATEX, FIGURES = "report.html", "report.md", "tables.tex", "figures"


def write_report(
    records: Records,
    folder: Path,
    options: Options | None = None,
    runs: Path | None = None,
    figures: Path | None = None,
) -> Content:
    """Write every file of the report and print the tables.

    Args:
        records: The records of the study.
        folder: Folder of the report; files of an earlier one are replaced.
        options: The choices of the reader.
        runs: Folder with the run folders, for the panels of test images.
        figures: Folder of the figures of an earlier report, from which panels are taken without run folders.

    Returns:
        The content of the report.
    """
    analysis = analyse(records, options)
    content = build_content(analysis, runs, figures)
    folder.mkdir(parents=True, exist_ok=True)
    records.save(folder)
    export(analysis, folder)
    (folder / TEXT).write_text(markdown(content), encoding="utf-8")
    (folder / LATEX).write_text(latex(content.tables, content.baseline), encoding="utf-8")
    (folder / PAGE).write_text(html(content), encoding="utf-8")
    _write_figures(content, folder / FIGURES)
    show(content.tables)
    print(f"\nreport   {folder / PAGE}\n         {folder / TEXT}\nLaTeX    {folder / LATEX}")
    print(f"csv      {folder / SCORES}\nfigures  {folder / FIGURES}")
    return content


def _write_figures(content: Content, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for block in content.blocks:
        for drawing in block.drawings:
            (folder / f"{block.slug}-{drawing.name}.svg").write_text(drawing.svg, encoding="utf-8")
        if block.sheet:
            (folder / sheet_name(block.slug)).write_bytes(block.sheet)
