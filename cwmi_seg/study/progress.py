"""How far a study is, from its run folders alone: states, best scores, time left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from cwmi_seg.files.csv_files import read_rows
from cwmi_seg.files.json_files import read_json
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.members import study_runs
from cwmi_seg.study.run_state import RunState, RunStatus, read_status, run_state


@dataclass(frozen=True)
class RunProgress:
    """One run: ``seconds`` is what it took or, while it runs, what it will take in all; None where nobody can say."""

    identity: RunIdentity
    folder: Path
    state: RunState
    status: RunStatus
    seconds: float | None

    @property
    def share_left(self) -> float:
        """Of its epochs."""
        if self.state == "done":
            return 0.0
        if self.status.epoch is None or not self.status.max_epochs:
            return 1.0
        return 1 - self.status.epoch / self.status.max_epochs


def study_progress(output: Path, study: str) -> list[RunProgress]:
    """The runs of a study by name; raises FileNotFoundError where there is no such study."""
    return [_progress(folder, identity) for folder, identity in study_runs(output, study).items()]


def _progress(folder: Path, identity: RunIdentity) -> RunProgress:
    status = read_status(folder)
    state = run_state(folder, status)
    seconds = _taken(folder) if state == "done" else _expected(folder, status) if state == "running" else None
    return RunProgress(identity, folder, state, status, seconds)


def _taken(folder: Path) -> float | None:
    results = read_json(folder / "results.json") or {}
    try:
        return float(results["train_seconds"]) + float(results["test_seconds"])
    except KeyError:
        return None


def _expected(folder: Path, status: RunStatus) -> float | None:
    """From the training time of the epochs so far."""
    epochs = [float(row["train/seconds"]) for row in read_rows(folder / "metrics.csv") if row.get("train/seconds")]
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
    return work / max(1, sum(run.state == "running" for run in runs))


def _group(run: RunProgress) -> tuple[str, ...]:
    return run.identity.dataset, run.identity.model


def counts(runs: Sequence[RunProgress]) -> dict[RunState, int]:
    """Number of runs in each state that occurs."""
    found = Counter(run.state for run in runs)
    return {state: found[state] for state in ("done", "running", "interrupted", "failed", "waiting") if found[state]}


def best_runs(runs: Sequence[RunProgress]) -> list[RunProgress]:
    """The run with the best validation score so far of each dataset and model."""
    best: dict[tuple[str, ...], RunProgress] = {}
    for run in runs:
        leader = best.get(_group(run))
        if run.status.best is not None and (leader is None or run.status.best > (leader.status.best or 0.0)):
            best[_group(run)] = run
    return [best[group] for group in sorted(best)]
