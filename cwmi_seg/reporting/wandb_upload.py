"""One command that uploads the records which W&B wrote offline: those of all runs of a study, and of its report."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cwmi_seg.files.atomic import write_text
from cwmi_seg.study.run_folder import RunFolder

LIST = "wandb_records.txt"


def tell_upload(report: Path, runs: Sequence[RunFolder]) -> None:
    """Write the list of records beside the report, and print the command that sends them.

    Args:
        report: Folder of the report.
        runs: Run folders of the study.
    """
    records = list(offline_records(report, runs))
    if records:
        write_text(report / LIST, "".join(f"{record.absolute()}\0" for record in records))
        print(f"upload   xargs -0 -n 1 wandb sync < {report / LIST}")
        print(f"         sends {len(records)} records; untested here, since it needs an account")


def offline_records(report: Path, runs: Sequence[RunFolder]) -> Iterator[Path]:
    """The last record of each run: every start of a run writes one of its own, which is whole."""
    for folder in (*(run.path for run in runs), report):
        found = sorted(folder.glob("wandb/offline-run-*"))
        if found:
            yield found[-1]
