"""What a sweep tells of a run while it goes on: a line for every fifth of its epochs, so that hours are not silent."""

import logging
import subprocess
from contextlib import suppress
from datetime import timedelta
from statistics import fmean

from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_status import RunStatus

log = logging.getLogger(__name__)

SHARES = 5
"""Lines of a run."""
_PERIOD = 2.0  # seconds between two looks at the status


def wait_and_tell(child: "subprocess.Popen[bytes]", folder: RunFolder) -> None:
    """Wait for a training to end, and log how far it is whenever another fifth of its epochs is done.

    Args:
        child: Process that trains.
        folder: Folder of its run.
    """
    seen = folder.status()  # of an earlier training, if any
    while True:
        try:
            child.wait(_PERIOD)
            return
        except subprocess.TimeoutExpired:
            status = folder.status()
            if _is_news(status, seen):
                log.info("%s", _line(status, folder))
            seen = status


def _is_news(status: RunStatus, before: RunStatus) -> bool:
    return status.state == "running" and _fifths(status) not in (0, _fifths(before))


def _fifths(status: RunStatus) -> int:
    """Fifths of the epochs that are done."""
    return SHARES * status.epoch // status.max_epochs if status.epoch and status.max_epochs else 0


def _line(status: RunStatus, folder: RunFolder) -> str:
    score = "" if status.best is None else f"  best {status.monitor} {status.best:.4f}"
    return f"epoch    {folder.name}  {status.epoch}/{status.max_epochs}{score}{_left(status, folder)}"


def _left(status: RunStatus, folder: RunFolder) -> str:
    """The time that the epochs that are left will take, by those that are done."""
    seconds: list[float] = []
    with suppress(Mistake):  # a damaged table ends no sweep
        seconds = [value for row in folder.epochs() if (value := row.get("train/seconds")) is not None]
    if not seconds or status.epoch is None or status.max_epochs is None:
        return ""
    return f"  {timedelta(seconds=round(fmean(seconds) * (status.max_epochs - status.epoch)))} left"
