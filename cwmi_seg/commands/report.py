"""``cwmi-report study=NAME``: tables, statistics and figures of a study, from its run folders alone."""

from pathlib import Path

import hydra
from omegaconf import DictConfig

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.schemas import ReportConfig, expand_home
from cwmi_seg.config.shape import check_shape
from cwmi_seg.mistakes import Mistake


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="report")
@one_line_errors()
def _job(config: DictConfig) -> None:
    check_shape(config, ReportConfig)
    expand_home(config)
    from cwmi_seg.reporting.analysis import Options
    from cwmi_seg.reporting.study_report import report_results, report_study

    if bool(config.study) == bool(config.results):
        raise Mistake("study: expected study=NAME or results=FOLDER, got both or none; give one of them.")
    options = Options.of(config)
    out = Path(config.out) if config.out else None
    if config.results:
        report_results(Path(config.results), out=out, options=options)
    else:
        report_study(
            Path(config.paths.output), config.study, out=out, options=options, wandb=config.wandb, logger=config.logger
        )


def main() -> None:
    """Entry point."""
    run_command(_job)


if __name__ == "__main__":
    main()
