"""What a sweep does around its launcher: which runs it consists of, which are left, and how they ended."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, flag_override

from cwmi_seg.config.error_lines import error_line
from cwmi_seg.config.errors import INTERRUPTED, one_line_errors
from cwmi_seg.files.counted import counted
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.job import Job, describe
from cwmi_seg.study.members import join_study
from cwmi_seg.study.planned_crops import refuse_large_crops
from cwmi_seg.study.refusals import refuse_other_data
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_status import RunState

log = logging.getLogger(__name__)

Cell = Sequence[str]
"""The overrides of one job."""

Outcome = tuple[Job, RunState, str]
"""A run, how it ended and why it is not done."""

Studies = Mapping[tuple[Path, str], Mapping[str, object] | None]
"""Folder of outputs and name of each study, to the arguments of the logger of one of its runs."""

_LISTED = 20  # runs that are not done and are named one by one


@dataclass(frozen=True)
class PlannedRun:
    """One run of the sweep; ``refusal`` says why it can be neither skipped nor trained."""

    cell: Cell
    job: Job
    refusal: str = ""

    @property
    def done(self) -> bool:
        """Whether it has results, and they are to be kept."""
        return self.job.folder.is_done() and not self.job.spec.overwrite


@dataclass(frozen=True)
class SweepPlan:
    """The runs of one sweep; cells that mean the same run count once."""

    runs: tuple[PlannedRun, ...]

    @classmethod
    def make(cls, cells: Sequence[Cell], compose: Callable[[Cell], DictConfig]) -> "SweepPlan":
        """Compose every cell and make it a member of its study; a mistake in any of them ends the command."""
        with one_line_errors():
            if not cells:
                raise Mistake("sweep: expected at least one run, got none; check the glob(...) and range(...).")
            runs: dict[RunFolder, PlannedRun] = {}
            for cell in cells:
                # every cell is composed before any is trained: a mistake in the last one is told now, not tomorrow
                job = _described(compose(cell))
                refuse_large_crops(job.spec.dataset, job.spec.split)
                runs.setdefault(job.folder, PlannedRun(cell, job, _refusal(job)))
            # joined here and not by the runs: those that never start are to be seen in cwmi-runs and in the report
            for run in runs.values():
                if not run.refusal:
                    join_study(*_study(run.job), run.job.identity)
        return cls(tuple(runs.values()))

    @contextmanager
    def carried_out(self, report: Callable[[Studies], None]) -> Iterator[list[list[str]]]:
        """Gives the cells that are left to train; tells at the end how all runs ended and has the report written.

        An error of the launcher counts like those of the runs: exit status 1, after Ctrl-C 130, says that not all runs
        are done.

        Args:
            report: writes the reports of the studies that have finished runs.
        """
        wanted = [run for run in self.runs if not run.refusal]
        left = [list(run.cell) for run in wanted if not run.done]
        log.info("sweep    %s, %d of them done before", counted(len(self.runs), "run"), len(wanted) - len(left))
        # a launcher that fails ends the sweep but not this command: the report on what is done is still to be made
        code = 1
        try:
            yield left
        except KeyboardInterrupt:
            log.warning("interrupted")
            code = INTERRUPTED
        except Exception as error:
            log.error("launcher %s: %s", type(error).__name__, error_line(error))
        outcome = [_outcome(run) for run in self.runs]
        tell_outcome(outcome)
        report({_study(job): _logger(job) for job, state, _ in outcome if state == "done"})
        if any(state != "done" for _, state, _ in outcome):
            log.info("again    the same command skips what is done, resumes and retries the rest")
            raise SystemExit(code)


def _refusal(job: Job) -> str:
    """Why the run must be left alone: its folder holds a training on other data."""
    try:
        refuse_other_data(job)
    except Mistake as error:
        return str(error)
    return ""


def _outcome(run: PlannedRun) -> Outcome:
    if run.refusal:
        return run.job, "failed", run.refusal
    status = run.job.folder.status()
    return run.job, run.job.folder.state(status), status.reason


def _described(config: DictConfig) -> Job:
    """The job of a whole config, with its own node ``hydra`` in force for values that refer to it."""
    # values such as ${hydra:runtime.choices.dataset} are looked up in a global, which holds the sweep's own node
    outer = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(config)
    try:
        hydra = config.hydra
        with flag_override(config, ["struct", "readonly"], False):
            del config["hydra"]
        return describe(config, hydra)
    finally:
        HydraConfig.instance().cfg = outer


def _study(job: Job) -> tuple[Path, str]:
    return job.spec.output, job.spec.study


def _logger(job: Job) -> Mapping[str, object] | None:
    return None if job.spec.logger is None else job.spec.logger.arguments


def tell_outcome(outcome: Sequence[Outcome]) -> None:
    """How many runs ended how, and of each one that is not done its name, the reason and its log."""
    counts = Counter(state for _, state, _ in outcome)
    states = ", ".join(f"{counts[state]} {state}" for state in sorted(counts))
    log.info("sweep    %s: %s", counted(len(outcome), "run"), states)
    missing = [ended for ended in outcome if ended[1] != "done"]
    for job, state, reason in missing[:_LISTED]:
        log.info("%-8s %s  %s", state, job.identity.name, reason)
        if job.folder.log.exists():
            log.info("         %s", job.folder.log)
    if len(missing) > _LISTED:
        log.info("         and %d more, see cwmi-runs", len(missing) - _LISTED)
