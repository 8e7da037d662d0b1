"""``cwmi-report study=NAME``: tables, statistics and figures of a study, from its run folders alone."""

from collections.abc import Sequence
from pathlib import Path

import hydra
from omegaconf import DictConfig

from cwmi_seg.conf_dir import conf_dir
from cwmi_seg.config import register_schemas
from cwmi_seg.errors import one_line_errors


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="report")
@one_line_errors()
def _job(config: DictConfig) -> None:
    if bool(config.study) == bool(config.results):
        raise ValueError("study: expected study=NAME or results=FOLDER, got both or none; give one of them.")
    options = {"baseline": config.baseline, "lower_is_better": list(config.lower_is_better)}
    if config.results:
        report_results(Path(config.results), out=Path(config.out or config.results), **options)
    else:
        report_study(Path(config.paths.output), config.study, out=config.out and Path(config.out), **options)


def report_study(
    output: Path,
    study: str,
    *,
    baseline: str | None = None,
    out: Path | None = None,
    lower_is_better: Sequence[str] | None = None,
) -> Path:
    """Make the report on a study; the end of a sweep calls this.

    Args:
        output: folder with ``runs`` and ``studies``.
        study: its name.
        baseline: loss that the others are tested against; None: cross_entropy, where it was run.
        out: folder of the report; None: ``report`` in the folder of the study.
        lower_is_better: names of metrics, as shell patterns; None: those of the package.

    Returns:
        The folder of the report.
    """
    from cwmi_seg.reporting.collect import collect
    from cwmi_seg.reporting.write import write_report
    from cwmi_seg.sweep import study_folder

    folder = out or study_folder(output, study) / "report"
    write_report(collect(output, study), folder, baseline, lower_is_better, runs=output / "runs")
    return folder


def report_results(
    results: Path, *, out: Path, baseline: str | None = None, lower_is_better: Sequence[str] | None = None
) -> Path:
    """Make the report from the records ``runs.csv`` and ``images.csv.gz`` of an earlier one, without run folders."""
    from cwmi_seg.reporting.records import load_records
    from cwmi_seg.reporting.write import write_report

    write_report(load_records(results), out, baseline, lower_is_better)
    return out


def main() -> None:
    """Entry point."""
    register_schemas()
    _job()


if __name__ == "__main__":
    main()
