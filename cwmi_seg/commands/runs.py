"""``cwmi-runs study=NAME``: what is done, running, failed and left, from the folders alone, also during a sweep."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import hydra
from omegaconf import DictConfig

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.schemas import RunsConfig
from cwmi_seg.config.shape import command_settings
from cwmi_seg.files.counted import counted
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.progress import STATES, RunProgress, best_runs, counts, seconds_left, study_progress

log = logging.getLogger("cwmi_seg")


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="runs")
@one_line_errors()
def _job(config: DictConfig) -> None:
    settings = command_settings(config, RunsConfig)
    unknown = sorted(set(settings.states) - set(STATES))
    if unknown:
        raise Mistake(f"states: expected {', '.join(STATES)}, got {unknown[0]}; mend it.")
    output = Path(settings.paths.output)
    for study in [settings.study] if settings.study else _studies(output):
        _show(study, study_progress(output, study), settings.states)


def _studies(output: Path) -> list[str]:
    names = sorted(folder.name for folder in (output / "studies").glob("*") if any(folder.glob("*.json")))
    if not names:
        raise FileNotFoundError(f"study: expected a study in {output / 'studies'}, got none; train with study=NAME.")
    return names


def _show(study: str, runs: Sequence[RunProgress], states: Sequence[str]) -> None:
    log.info("%s: %s: %s%s", study, counted(len(runs), "run"), _counted(runs), _left(runs))
    for run in best_runs(runs):
        log.info("  best        %s  %s %.4f", run.identity.name, run.status.monitor, run.status.best)
    for run in runs:
        if run.state in states:
            log.info("  %-11s %s%s", run.state, run.identity.name, _details(run))


def _counted(runs: Sequence[RunProgress]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts(runs).items())


def _left(runs: Sequence[RunProgress]) -> str:
    seconds = seconds_left(runs)
    return f"; about {timedelta(seconds=round(seconds))} left" if seconds else ""


def _details(run: RunProgress) -> str:
    status = run.status
    parts = [
        f"epoch {status.how_far}" if status.how_far else "",
        f"{status.monitor} {status.best:.4f}" if status.best is not None else "",
        f"process {status.pid} on {status.host} since {status.since}" if run.state == "running" else "",
        f"{run.reason}  {run.folder.log}" if run.state == "failed" else "",
        run.reason if run.state == "unreadable" else "",
    ]
    return "".join(f"  {part}" for part in parts if part)


def main() -> None:
    """Entry point."""
    run_command(_job)


if __name__ == "__main__":
    main()
