"""Write the reports in results/ again from the tables beside them, as the package words them now.

    python -m scripts.results_reports

Nothing but report.md changes: the pictures of test images outlive the runs that they were made from.
"""

from dataclasses import replace
from pathlib import Path

from cwmi_seg.reporting.analysis import Options, analyse
from cwmi_seg.reporting.content import build_content
from cwmi_seg.reporting.markdown import markdown
from cwmi_seg.reporting.records import load_records
from cwmi_seg.reporting.write import FIGURES, TEXT
from scripts.results_tables import DATASETS, RESULTS


def report(folder: Path) -> str:
    """The report on the records of a folder, against CWMI as scripts/mini_tables.sh makes it."""
    analysis = analyse(load_records(folder), replace(Options.default(), baseline="cwmi"))
    return markdown(build_content(analysis, figures=folder / FIGURES))


def main() -> None:
    for name in DATASETS:
        (RESULTS / name / TEXT).write_text(report(RESULTS / name), encoding="utf-8")


if __name__ == "__main__":
    main()
