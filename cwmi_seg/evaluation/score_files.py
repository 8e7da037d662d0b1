"""The files of an evaluation, alike for the network of a run and for masks made by anyone's code."""

from pathlib import Path

from cwmi_seg.files.csv_files import write_rows
from cwmi_seg.study.confusion_file import write_confusions
from cwmi_seg.study.run_folder import CONFUSION
from cwmi_seg.study.run_results import NAME, write_results
from cwmi_seg.training.results import Scored


def write_scores(out: Path, found: Scored, **about: object) -> None:
    """Write images.csv, the confusion matrices and the results.

    Args:
        out: folder, which is made if absent.
        found: scores.
        about: what else the results say of how they were made.
    """
    out.mkdir(parents=True, exist_ok=True)
    write_rows(out / "images.csv", found.rows)
    if found.confusions is not None:
        write_confusions(found.confusions, out / CONFUSION)
    write_results(found.results, out / NAME, **about)
