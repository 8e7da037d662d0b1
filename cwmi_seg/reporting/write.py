"""The files of a report, in its folder and on the console."""

from collections.abc import Sequence
from pathlib import Path

from cwmi_seg.reporting.aggregate import LOWER_IS_BETTER
from cwmi_seg.reporting.analysis import analyse
from cwmi_seg.reporting.export import export
from cwmi_seg.reporting.latex import latex
from cwmi_seg.reporting.markdown import markdown
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.tables import block_title, build_table, common_settings
from cwmi_seg.reporting.terminal import show
from cwmi_seg.reporting.words import facts, reading


def write_report(
    records: Records, folder: Path, baseline: str | None = None, lower_is_better: Sequence[str] | None = None
) -> Path:
    """Write every file of the report and print the tables.

    Args:
        records: of the study.
        folder: where to; files of an earlier report are replaced.
        baseline: label of the rows that the others are tested against.
        lower_is_better: names of metrics, as shell patterns.

    Returns:
        ``folder``.
    """
    analysis = analyse(records, baseline, LOWER_IS_BETTER if lower_is_better is None else lower_is_better)
    common = common_settings(records.runs)
    tables = [build_table(analysis.of_block(block), block_title(block, common)) for block in analysis.blocks]
    folder.mkdir(parents=True, exist_ok=True)
    records.save(folder)
    export(analysis, folder)
    text = markdown(f"Study {records.study}", [*facts(analysis), *reading(analysis)], tables, [])
    (folder / "report.md").write_text(text, encoding="utf-8")
    (folder / "tables.tex").write_text(latex(tables, analysis.baseline), encoding="utf-8")
    show(tables)
    print(f"\nreport   {folder / 'report.md'}\nLaTeX    {folder / 'tables.tex'}\ncsv      {folder / 'scores.csv'}")
    return folder
