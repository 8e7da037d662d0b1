"""How far a study is, from its run folders alone: states, best scores, time left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Literal

from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.members import study_runs
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_status import RunState, RunStatus

Progress = RunState | Literal["unreadable"]
"""The state of a run, or that it is done but its results cannot be read."""

STATES: tuple[Progress, ...] = ("done", "running", "interrupted", "failed", "unreadable", "waiting")


@dataclass(frozen=True)
class RunProgress:
    """One run of a study.

    Args:
        identity: of the run.
        folder: of the run.
        state: of the run.
        status: its last words.
        seconds: what it took or, while it runs, what it will take in all; None where nobody can say.
        reason: why it failed or cannot be read, in one line.
    """

    identity: RunIdentity
    folder: RunFolder
    state: Progress
    status: RunStatus
    seconds: float | None
    reason: str = ""

    @property
    def share_left(self) -> float:
        """The share of its epochs that is left to train."""
        if self.state == "done":
            return 0.0
        if self.status.epoch is None or not self.status.max_epochs:
            return 1.0
        return 1 - self.status.epoch / self.status.max_epochs


def study_progress(output: Path, study: str) -> list[RunProgress]:
    """The runs of a study by name; raises FileNotFoundError where there is no such study."""
    return [_progress(folder, identity) for folder, identity in study_runs(output, study).items()]


def _progress(folder: RunFolder, identity: RunIdentity) -> RunProgress:
    status = folder.status()
    state = folder.state(status)
    try:
        seconds = _seconds(folder, state, status)
    except Mistake as error:
        return RunProgress(identity, folder, "unreadable", status, None, str(error))
    return RunProgress(identity, folder, state, status, seconds, status.reason)


def _seconds(folder: RunFolder, state: RunState, status: RunStatus) -> float | None:
    if state == "done":
        return _taken(folder)
    return _expected(folder, status) if state == "running" else None


def _taken(folder: RunFolder) -> float | None:
    results = folder.results()
    if results is None or results.train_seconds is None or results.test_seconds is None:
        return None
    return results.train_seconds + results.test_seconds


def _expected(folder: RunFolder, status: RunStatus) -> float | None:
    """From the training time of the epochs so far."""
    epochs = [seconds for row in folder.epochs() if (seconds := row.get("train/seconds")) is not None]
    return fmean(epochs) * status.max_epochs if epochs and status.max_epochs else None


def seconds_left(runs: Sequence[RunProgress]) -> float | None:
    """Until the last run is done, if as many go on at a time as do now; None before any run tells its speed.

    A run that has not told yet is taken to last as long as the mean of its dataset and model, else of the study.
    """
    known: dict[tuple[str, ...], list[float]] = {}
    for run in runs:
        if run.seconds is not None:
            for key in ((), _group(run)):
                known.setdefault(key, []).append(run.seconds)
    if not known:
        return None
    means = {key: fmean(times) for key, times in known.items()}
    work = sum(run.share_left * (run.seconds or means.get(_group(run), means[()])) for run in runs)
    # as many at a time as now: workers that wait for a place in a queue are not counted
    return work / max(1, sum(run.state == "running" for run in runs))


def _group(run: RunProgress) -> tuple[str, ...]:
    return run.identity.dataset, run.identity.model


def counts(runs: Sequence[RunProgress]) -> dict[Progress, int]:
    """Number of runs in each state that occurs."""
    found = Counter(run.state for run in runs)
    return {state: found[state] for state in STATES if found[state]}


def best_runs(runs: Sequence[RunProgress]) -> list[RunProgress]:
    """The run with the best score so far of each dataset, model and monitor."""
    best: dict[tuple[str, ...], RunProgress] = {}
    for run in runs:
        group = (*_group(run), run.status.monitor, run.status.mode)
        if run.status.is_better(best[group].status if group in best else RunStatus()):
            best[group] = run
    return [best[group] for group in sorted(best)]
