"""The state of a run in its folder, and the lock on it.

``results.json`` is the last thing that a run writes: it alone makes a run finished, unless the rest of the folder is
gone. A run whose status says "running" while nobody holds its lock was interrupted.
"""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.identity import RunIdentity, settings

BEST, LAST, RESULTS, SPLIT, CONFIG = "best.ckpt", "last.ckpt", "results.json", "split.json", "config.yaml"
"""Files of a run: checkpoints of the best and of the last epoch, test scores, names of the images of each part, and
what it was trained with."""

State = Literal["waiting", "running", "done", "failed"]
RunState = Literal["waiting", "running", "interrupted", "done", "failed"]


class RunBusy(RuntimeError):
    """Another process is training this run."""


@dataclass(frozen=True)
class RunStatus:
    """The content of ``status.json``: ``since`` is the start of the state, ``best`` the best val/miou so far."""

    state: State = "waiting"
    host: str = ""
    pid: int = 0
    since: str = ""  # ISO 8601, UTC
    updated: str = ""
    epoch: int | None = None  # epochs finished
    max_epochs: int | None = None
    best: float | None = None
    error: str | None = None  # traceback of a failed run
    message: str | None = None  # of what was raised, in one line

    @property
    def reason(self) -> str:
        """Why a run failed, in one line: the message, else the last line of the error."""
        return self.message or (self.error or "").strip().rpartition("\n")[2]


def run_folder(output: Path, identity: RunIdentity) -> Path:
    """Where a run lives, whatever studies it belongs to."""
    return output / "runs" / identity.name


@contextmanager
def claim(folder: Path, wait: float = 1.0) -> Iterator[None]:
    """Hold the exclusive lock of a run folder; the operating system frees it when the process dies, however it dies.

    Args:
        folder: of the run; it is made if absent.
        wait: seconds, so that :func:`is_claimed` of a bystander does not look like a rival.

    Raises:
        RunBusy: another process (or another claim of this one) holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        status = read_status(folder)
        holder = f"process {status.pid} on {status.host}" if status.state == "running" else "another process"
        raise RunBusy(f"{folder}: expected a free run, got one that {holder} is training; wait for it.") from None
    try:
        yield
    finally:
        lock.release()


def is_claimed(folder: Path) -> bool:
    """Whether a process holds the lock of the folder right now."""
    if not (folder / ".lock").exists():
        return False
    try:
        with FileLock(folder / ".lock").acquire(timeout=0):
            return False
    except Timeout:
        return True


def read_status(folder: Path) -> RunStatus:
    """The last status written; waiting where there is none."""
    data = read_json(folder / "status.json") or {}
    known = {field.name for field in fields(RunStatus)}
    return RunStatus(**{key: value for key, value in data.items() if key in known})


def write_status(
    folder: Path,
    state: State,
    *,
    epoch: int | None = None,
    max_epochs: int | None = None,
    best: float | None = None,
    error: str | None = None,
    message: str | None = None,
) -> RunStatus:
    """Replace ``status.json`` in one step; ``epoch``, ``max_epochs`` and ``best`` stay as they were where None."""
    before, now = read_status(folder), datetime.now(UTC).isoformat(timespec="seconds")
    same = (before.state, before.host, before.pid) == (state, socket.gethostname(), os.getpid())
    status = RunStatus(
        state=state,
        host=socket.gethostname(),
        pid=os.getpid(),
        since=before.since if same else now,
        updated=now,
        epoch=before.epoch if epoch is None else epoch,
        max_epochs=before.max_epochs if max_epochs is None else max_epochs,
        best=before.best if best is None else best,
        error=error,
        message=message,
    )
    write_json(folder / "status.json", asdict(status))
    return status


def is_done(folder: Path) -> bool:
    """Whether the run has its test results, and the config that says what they are the results of."""
    return (folder / RESULTS).is_file() and (folder / CONFIG).is_file()


def refuse_removed(folder: Path) -> None:
    """Check that the folder still is that of the run which is being trained.

    Raises:
        ValueError: it was removed or moved meanwhile; the run would go on in a new one, with half of its files.
    """
    if not (folder / CONFIG).is_file():
        raise Mistake(
            f"{folder}: expected the folder of the run, got one without {CONFIG}: it was removed or moved while the "
            "run was trained; put it back, or start again, with the same command."
        )


def run_state(folder: Path, status: RunStatus | None = None) -> RunState:
    """What is true of the run now, also after a crash that could not write a status."""
    if is_done(folder):
        return "done"
    state = (status or read_status(folder)).state
    if state == "done":  # its results were deleted
        return "waiting"
    return "interrupted" if state == "running" and not is_claimed(folder) else state


def refuse_other_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Check that the folder is new or holds a run of this config (settings that cannot change a result aside).

    Raises:
        ValueError: its ``config.yaml`` differs; the first three differing keys are named.
    """
    if not (folder / CONFIG).is_file():
        return
    from cwmi_seg.study.saved_config import read_config

    held = settings(read_config(folder / CONFIG))
    asked, absent = settings(config), "nothing"
    differing = [key for key in sorted(held | asked) if held.get(key, absent) != asked.get(key, absent)]
    if differing:
        shown = ", ".join(f"{key}={held.get(key, absent)} (asked: {asked.get(key, absent)})" for key in differing[:3])
        raise Mistake(f"{folder}: expected a run of this config, got one with {shown}; move the folder away.")
