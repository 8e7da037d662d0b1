"""The report of a sweep that goes on: the page is written again when a run has ended, its news every few seconds."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cwmi_seg.files.atomic import write_text
from cwmi_seg.files.counted import counted
from cwmi_seg.files.printable import printable
from cwmi_seg.mistakes import Mistake
from cwmi_seg.reporting.analysis import Options
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.external import External, with_external
from cwmi_seg.reporting.page_data import plain
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.viewer import json_text
from cwmi_seg.reporting.write import PAGE, write_files
from cwmi_seg.study.members import study_folder
from cwmi_seg.study.progress import RunProgress, counts, seconds_left, study_progress

NEWS = "progress.js"
"""File beside the page that it reads while it is live."""
SECONDS = 5.0
"""Between two looks at the run folders."""
_GOING_ON = ("running", "waiting", "interrupted")


def watch_study(
    output: Path,
    study: str,
    *,
    out: Path | None = None,
    options: Options | None = None,
    pictures: int = 0,
    external: External | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Write the report of a study again and again, until all its runs are done or have failed.

    The page looks for news by itself; it is opened as a file, no server is needed. It goes on looking until
    :func:`~cwmi_seg.reporting.study_report.report_study` has written the final one, as Ctrl-C does here.

    Masks of others are rows from the first finished run on. What is wrong with them is said when it is found, and is an
    error at the end, when the page has been written without them.

    Args:
        output: Folder with ``runs`` and ``studies``.
        study: Name of the study.
        out: Folder of the report; None takes ``report`` in the folder of the study.
        options: The choices of the reader.
        pictures: Largest number of files of test images for the viewer.
        external: Masks that other code has made.
        sleep: How to wait some seconds.

    Returns:
        The folder of the report.

    Raises:
        FileNotFoundError: No such study, or no such folder of masks.
        ValueError: The masks of others do not fit the study.
    """
    folder, external = out or study_folder(output, study) / "report", external or External({})
    watched = _Watched(output, study, folder, options, pictures, external)
    written, runs = "", study_progress(output, study)
    try:
        while any(run.state in _GOING_ON for run in runs):
            if (mark := mark_of(runs)) != written:
                watched.write(mark)
                print(f"report   {folder / PAGE}  {_counted(runs)}", flush=True)
                written = mark
            write_text(folder / NEWS, f"window.cwmiProgress = {json_text(news(runs, mark))};\n")
            sleep(SECONDS)
            runs = study_progress(output, study)
        with_external(collect(output, study), output / "runs", external)
    except (KeyboardInterrupt, Mistake):
        if written:
            watched.write("")
        raise
    finally:
        if written:  # a page in a browser sees another mark and loads itself anew, until it is the final one
            write_text(folder / NEWS, f"window.cwmiProgress = {json_text({'mark': ''})};\n")
    return folder


@dataclass
class _Watched:
    """Writes the report of a study that goes on; what is wrong with masks of others is said once."""

    output: Path
    study: str
    folder: Path
    options: Options | None
    pictures: int
    external: External
    _told: str = ""

    def __post_init__(self) -> None:
        _ = self.external.masks  # a folder that is not there is told before anybody waits for hours

    def write(self, mark: str) -> None:
        """Every file of the report, with this mark on the page."""
        write_files(
            self._records(),
            self.folder,
            self.options,
            self.output / "runs",
            pictures=self.pictures,
            live=mark,
            others=self.external.masks,
        )

    def _records(self) -> Records:
        records = collect(self.output, self.study)
        if records.done.empty:  # nobody knows the test images yet
            return records
        try:
            return with_external(records, self.output / "runs", self.external)
        except Mistake as error:
            if str(error) != self._told:
                print(f"note     without masks of others: {error}", flush=True)
            self._told = str(error)
            return records


def mark_of(runs: Sequence[RunProgress]) -> str:
    """A text that changes when a run has ended."""
    ended = [(run.folder.name, run.state) for run in runs if run.state not in _GOING_ON]
    return hashlib.sha256(repr(ended).encode()).hexdigest()[:12]


def news(runs: Sequence[RunProgress], mark: str) -> dict[str, Any]:
    """What the page shows of a sweep that goes on.

    Returns:
        ``mark`` of the report that belongs to it, ``text`` and ``time``, and of each ``running`` run name, epoch, share
        of its epochs, best score, time left and the ``curve`` of its monitored score.
    """
    left = seconds_left(runs)
    return {
        "mark": mark,
        "text": f"{_counted(runs)}{'' if left is None else f'; about {_time(left)} left'}.",
        "time": datetime.now().strftime("%H:%M:%S"),
        "running": [_running(run) for run in runs if run.state == "running"],
    }


def _running(run: RunProgress) -> dict[str, Any]:
    status = run.status
    scores = [row.get(status.monitor) for row in run.folder.epochs()]
    return {
        "name": printable(run.folder.name),
        "epoch": "starting" if status.epoch is None else f"{status.epoch} of {status.max_epochs}",
        "share": 1 - run.share_left,
        "score": "" if status.best is None else f"{printable(status.monitor)} {status.best:.4f}",
        "left": "" if run.seconds is None else _time(run.seconds * run.share_left),
        "curve": [plain(score) for score in scores if score is not None],
    }


def _counted(runs: Sequence[RunProgress]) -> str:
    return f"{counted(len(runs), 'run')}: {', '.join(f'{count} {state}' for state, count in counts(runs).items())}"


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
