"""The files of a report, in its folder and on the console."""

from collections.abc import Mapping
from pathlib import Path

from cwmi_seg.files.atomic import write_text
from cwmi_seg.reporting.analysis import Options, analyse
from cwmi_seg.reporting.content import Content, build_content, sheet_name
from cwmi_seg.reporting.export import SCORES, export, export_pairs
from cwmi_seg.reporting.gallery import Gallery
from cwmi_seg.reporting.html import html
from cwmi_seg.reporting.latex import latex
from cwmi_seg.reporting.markdown import markdown
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.terminal import show, show_tags
from cwmi_seg.reporting.viewer import write_viewer

PAGE, TEXT, LATEX, FIGURES = "report.html", "report.md", "tables.tex", "figures"


def write_report(
    records: Records,
    folder: Path,
    options: Options | None = None,
    runs: Path | None = None,
    figures: Path | None = None,
    *,
    pictures: int = 0,
    others: Mapping[str, Mapping[str, Path]] | None = None,
) -> Content:
    """Write every file of the report, and print the tables and where everything lies.

    The arguments are those of :func:`write_files`.

    Returns:
        The content of the report.
    """
    content, num_hidden = write_files(records, folder, options, runs, figures, pictures=pictures, others=others)
    show(content.tables)
    for block in content.blocks:
        show_tags(block.table.title, block.by_tag)
    if num_hidden:
        print(f"\nviewer   {num_hidden} test images without pictures; pictures=NUMBER shows more")
    print(f"\nreport   {folder / PAGE}\n         {folder / TEXT}\nLaTeX    {folder / LATEX}")
    print(f"csv      {folder / SCORES}\nfigures  {folder / FIGURES}")
    return content


def write_files(
    records: Records,
    folder: Path,
    options: Options | None = None,
    runs: Path | None = None,
    figures: Path | None = None,
    *,
    pictures: int = 0,
    live: str = "",
    others: Mapping[str, Mapping[str, Path]] | None = None,
) -> tuple[Content, int]:
    """Write every file of the report.

    Args:
        records: The records of the study.
        folder: Folder of the report; files of an earlier one are replaced.
        options: The choices of the reader.
        runs: Folder with the run folders, for the pictures of test images.
        figures: Folder of the figures of an earlier report, from which panels are taken without run folders.
        pictures: Largest number of files of test images that are written for the viewer of the page.
        live: Mark of this state of a sweep that goes on; "" where the page changes no more.
        others: Of each row of masks that other code has made, the files by the name of the image.

    Returns:
        The content of the report, and how many test images could have pictures but for their largest number.
    """
    analysis = analyse(records, options)
    content = build_content(analysis, runs, figures, others)
    folder.mkdir(parents=True, exist_ok=True)
    records.save(folder)
    export(analysis, folder)
    export_pairs(content, folder)
    (folder / TEXT).write_text(markdown(content), encoding="utf-8")
    (folder / LATEX).write_text(latex(content.tables, content.baseline), encoding="utf-8")
    gallery = Gallery(folder, runs, pictures // max(1, len(content.blocks)), others or {})
    write_text(folder / PAGE, html(content, write_viewer(content, gallery), live))
    _write_figures(content, folder / FIGURES)
    return content, gallery.num_hidden


def _write_figures(content: Content, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for block in content.blocks:
        for drawing in block.drawings:
            (folder / f"{block.slug}-{drawing.name}.svg").write_text(drawing.svg, encoding="utf-8")
        if block.sheet:
            (folder / sheet_name(block.slug)).write_bytes(block.sheet)
