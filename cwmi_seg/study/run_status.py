"""How far a run is: the content of ``status.json``."""

import math
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, Self

State = Literal["waiting", "running", "done", "failed"]
"""What a run says of itself."""

RunState = Literal["waiting", "running", "interrupted", "done", "failed"]
"""What is true of a run: one that says "running" while nobody holds its lock was interrupted."""

Mode = Literal["max", "min"]
"""Whether a greater or a smaller score is better."""


@dataclass(frozen=True)
class RunStatus:
    """The last words of a run. Files of before the monitor was kept are of runs that looked at ``val/miou``.

    Args:
        state: what the run says of itself.
        host: name of the machine that wrote the status.
        pid: number of the process there.
        since: start of the state, ISO 8601, UTC.
        updated: when the status was written, ISO 8601, UTC.
        epoch: number of finished epochs.
        max_epochs: number of epochs in all; None where nothing bounds it.
        best: best value of ``monitor`` so far.
        monitor: name of the score that chooses the best epoch.
        mode: "max" where a greater score is better, "min" where a smaller one is.
        error: traceback of a failed run.
        message: what was raised, in one line.
    """

    state: State = "waiting"
    host: str = ""
    pid: int = 0
    since: str = ""
    updated: str = ""
    epoch: int | None = None
    max_epochs: int | None = None
    best: float | None = None
    monitor: str = "val/miou"
    mode: Mode = "max"
    error: str | None = None
    message: str | None = None

    @property
    def reason(self) -> str:
        """Why the run failed, in one line: the message, else the last line of the traceback."""
        return self.message or (self.error or "").strip().rpartition("\n")[2]

    @property
    def how_far(self) -> str:
        """The finished epochs, ``3/50``, or ``3`` where nothing bounds their number; "" before the first."""
        if self.epoch is None:
            return ""
        return f"{self.epoch}" if self.max_epochs is None else f"{self.epoch}/{self.max_epochs}"

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """The status that ``status.json`` holds, whatever version wrote it.

        A run goes on without its status, which it writes again. So what cannot be read counts as not said.
        """
        values = data if isinstance(data, dict) else {}
        return cls(**{key: values[key] for key, is_kind in _KINDS.items() if key in values and is_kind(values[key])})

    def to_dict(self) -> dict[str, Any]:
        """The content of ``status.json``."""
        return asdict(self)

    def followed_by(self, state: State, changes: Mapping[str, Any]) -> "RunStatus":
        """The next status, written by this process now; what ``changes`` does not name, or gives as None, stays.

        The error and the message of before are dropped.
        """
        # in UTC, since the folders of a study may be written by machines in several zones
        now, host, pid = datetime.now(UTC).isoformat(timespec="seconds"), socket.gethostname(), os.getpid()
        same = (self.state, self.host, self.pid) == (state, host, pid)
        stays = {**asdict(self), "error": None, "message": None}
        said = {key: value for key, value in changes.items() if value is not None}
        own = {"state": state, "host": host, "pid": pid, "since": self.since if same else now, "updated": now}
        return RunStatus(**{**stays, **said, **own})

    def is_better(self, other: "RunStatus") -> bool:
        """Whether the best score of this run is better than that of a run with the same monitor, or the only one."""
        if self.best is None or other.best is None:
            return self.best is not None
        return self.best > other.best if self.mode == "max" else self.best < other.best


def best_score(mode: Mode, *scores: float | None) -> float | None:
    """The best of the scores that are there; the mean of a class that no image has is NaN, and none."""
    there = [score for score in scores if score is not None and not math.isnan(score)]
    return (max if mode == "max" else min)(there, default=None)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    """-1, of a training by steps, stands in files of before."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


_KINDS: dict[str, Callable[[object], bool]] = {
    "state": _one_of("waiting", "running", "done", "failed"),
    "mode": _one_of("max", "min"),
    "best": _is_number,
    **dict.fromkeys(("pid", "epoch"), _is_whole),
    "max_epochs": _is_count,
    **dict.fromkeys(("host", "since", "updated", "monitor", "error", "message"), _is_text),
}
"""For each key of the file the check of its value."""

assert set(_KINDS) == {field.name for field in fields(RunStatus)}
