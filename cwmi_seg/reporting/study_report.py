"""The report of a study as a whole: from its run folders, from earlier records, at the end of a sweep."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from omegaconf import DictConfig, flag_override

from cwmi_seg.config.error_lines import error_line
from cwmi_seg.config.schemas import ReportConfig
from cwmi_seg.config.shape import command_settings
from cwmi_seg.reporting.analysis import Options
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.external import External, with_external
from cwmi_seg.reporting.records import load_records
from cwmi_seg.reporting.wandb_report import record, wandb_settings
from cwmi_seg.reporting.write import FIGURES, write_report
from cwmi_seg.study.members import study_folder
from cwmi_seg.study.plan import Studies

log = logging.getLogger(__name__)

PICTURES = 5000
"""Files of test images that a report writes at most, unless the reader says another number."""


def report_study(
    output: Path,
    study: str,
    *,
    out: Path | None = None,
    options: Options | None = None,
    wandb: bool = True,
    logger: Mapping[str, object] | None = None,
    external: External | None = None,
    pictures: int = PICTURES,
) -> Path:
    """Make the report on a study; the end of a sweep calls this.

    Args:
        output: Folder with ``runs`` and ``studies``.
        study: Name of the study.
        out: Folder of the report; None takes ``report`` in the folder of the study.
        options: The choices of the reader.
        wandb: Whether to send the report to W&B, if the runs were sent there.
        logger: Settings project, entity and offline of its W&B run; None is offline, in the project "cwmi-seg".
        external: Masks that other code has made, as rows beside those of the study.
        pictures: Largest number of files of test images for the viewer.

    Returns:
        The folder of the report.
    """
    folder = out or study_folder(output, study) / "report"
    external, runs = external or External({}), output / "runs"
    records = with_external(collect(output, study), runs, external)
    content = write_report(records, folder, options, runs, pictures=pictures, others=external.masks)
    if wandb:
        record(content, records, folder, runs, logger or {})
    return folder


def report_results(results: Path, *, out: Path | None = None, options: Options | None = None) -> Path:
    """Make the report from the records ``runs.csv`` and ``images.csv.gz`` of an earlier one, without run folders.

    Args:
        results: Folder of the earlier report.
        out: Folder of the new one; None takes the same.
        options: The choices of the reader.
    """
    write_report(load_records(results), out or results, options, figures=results / FIGURES)
    return out or results


def write_reports(studies: Studies, report_config: Callable[[], DictConfig]) -> None:
    """Make the reports of the studies of a sweep; one that fails is told, and does not hide the state of the sweep.

    Args:
        studies: Folder of outputs and name of each study, to the logger of a run, beside which W&B gets the report.
        report_config: Function that composes the config of ``cwmi-report``.
    """
    for (output, study), logger in sorted(studies.items(), key=lambda item: item[0]):
        try:
            choices, settings = _choices(report_config), wandb_settings(logger or {})
            report_study(output, study, logger=settings, **choices._asdict())
        except Exception as error:
            log.error("report   %s: %s: %s", study, type(error).__name__, error_line(error))


class _Choices(NamedTuple):
    """The choices of a reader for every report."""

    options: Options | None = None
    wandb: bool = True
    pictures: int = PICTURES


def _choices(report_config: Callable[[], DictConfig]) -> _Choices:
    """The choices that the config of ``cwmi-report`` makes; the defaults, with a warning, if it does not compose."""
    try:
        settings = command_settings(_without_hydra(report_config()), ReportConfig)
        return _Choices(Options.of(settings), settings.wandb, settings.pictures)
    except Exception as error:
        reason = str(error).partition("\n")[0]
        log.warning("report   with the defaults, since the config of cwmi-report does not compose: %s", reason)
        return _Choices()


def _without_hydra(config: DictConfig) -> DictConfig:
    """What the main function of a command gets of a composed config."""
    with flag_override(config, ["struct", "readonly"], False):
        del config["hydra"]
    return config
