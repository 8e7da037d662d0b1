"""``cwmi-report study=NAME``: tables, statistics and figures of a study, from its run folders alone."""

from pathlib import Path

import hydra
from omegaconf import DictConfig

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.schemas import ReportConfig
from cwmi_seg.config.shape import command_settings
from cwmi_seg.mistakes import Mistake


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="report")
@one_line_errors()
def _job(config: DictConfig) -> None:
    settings = command_settings(config, ReportConfig)
    from cwmi_seg.reporting.analysis import Options
    from cwmi_seg.reporting.external import External
    from cwmi_seg.reporting.live import watch_study
    from cwmi_seg.reporting.study_report import report_results, report_study

    options = Options.of(settings)
    external = External.of(settings.external, settings.pattern, settings.allowed_targets)
    out = Path(settings.out) if settings.out else None
    if settings.study and not settings.results:
        output = Path(settings.paths.output)
        if settings.watch:
            watch_study(output, settings.study, out=out, options=options, pictures=settings.pictures, external=external)
        report_study(
            output,
            settings.study,
            out=out,
            options=options,
            wandb=settings.wandb,
            logger=settings.logger,
            pictures=settings.pictures,
            external=external,
        )
    elif settings.results and not settings.study and not external.folders:
        if settings.watch:
            raise Mistake("watch: expected study=NAME, got results=FOLDER, which changes no more; leave it out.")
        report_results(Path(settings.results), out=out, options=options)
    else:
        if settings.results and external.folders:
            raise Mistake("external: expected study=NAME, whose runs have the test images, got results; give that.")
        raise Mistake("study: expected study=NAME or results=FOLDER, got both or none; give one of them.")


def main() -> None:
    """Entry point."""
    run_command(_job)


if __name__ == "__main__":
    main()
