"""``cwmi-report study=NAME``: tables, statistics and figures of a study, from its run folders alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from omegaconf import DictConfig

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.schemas import expand_home, register_schemas

if TYPE_CHECKING:
    from cwmi_seg.reporting.analysis import Options


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="report")
@one_line_errors()
def _job(config: DictConfig) -> None:
    expand_home(config)
    from cwmi_seg.reporting.analysis import Options

    if bool(config.study) == bool(config.results):
        raise ValueError("study: expected study=NAME or results=FOLDER, got both or none; give one of them.")
    options = Options.of(config)
    out = Path(config.out) if config.out else None
    if config.results:
        report_results(Path(config.results), out=out, options=options)
    else:
        report_study(
            Path(config.paths.output), config.study, out=out, options=options, wandb=config.wandb, logger=config.logger
        )


def report_study(
    output: Path,
    study: str,
    *,
    out: Path | None = None,
    options: "Options | None" = None,
    wandb: bool = True,
    logger: Mapping[str, Any] | None = None,
) -> Path:
    """Make the report on a study; the end of a sweep calls this.

    Args:
        output: folder with ``runs`` and ``studies``.
        study: its name.
        out: folder of the report; None: ``report`` in the folder of the study.
        options: the reader's choices.
        wandb: send the report to W&B, if the runs were sent there.
        logger: project, entity and offline of its W&B run; None: offline, in the project "cwmi-seg".

    Returns:
        The folder of the report.
    """
    from cwmi_seg.reporting.collect import collect
    from cwmi_seg.reporting.wandb_report import record
    from cwmi_seg.reporting.write import write_report
    from cwmi_seg.study.members import study_folder

    folder = out or study_folder(output, study) / "report"
    records = collect(output, study)
    content = write_report(records, folder, options, output / "runs")
    if wandb:
        record(content, records, folder, output / "runs", logger or {})
    return folder


def report_results(results: Path, *, out: Path | None = None, options: "Options | None" = None) -> Path:
    """Make the report from the records ``runs.csv`` and ``images.csv.gz`` of an earlier one, without run folders.

    Args:
        results: folder of the earlier report.
        out: folder of the new one; None: the same.
        options: the reader's choices.
    """
    from cwmi_seg.reporting.records import load_records
    from cwmi_seg.reporting.write import FIGURES, write_report

    write_report(load_records(results), out or results, options, figures=results / FIGURES)
    return out or results


def main() -> None:
    """Entry point."""
    register_schemas()
    run_command(_job)


if __name__ == "__main__":
    main()
