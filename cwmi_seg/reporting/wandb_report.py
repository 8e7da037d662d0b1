"""The report as one W&B run beside those of the study: its tables, test images, bar charts, the page."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cwmi_seg.config.error_lines import error_line
from cwmi_seg.files.atomic import write_text
from cwmi_seg.files.csv_files import read_table
from cwmi_seg.files.plain_names import file_name
from cwmi_seg.reporting.content import Content
from cwmi_seg.reporting.export import PAIRS, TESTS, WIDE
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.wandb_images import image_table
from cwmi_seg.reporting.wandb_upload import tell_upload
from cwmi_seg.reporting.wandb_workspace import build, specification
from cwmi_seg.reporting.write import PAGE
from cwmi_seg.study.run_config import setting
from cwmi_seg.study.run_folder import RunFolder

log = logging.getLogger(__name__)

LOGGER = "cwmi_seg.loggers.wandb_run.WandbRun"
WORKSPACE = "wandb_workspace.json"


def record(content: Content, records: Records, folder: Path, runs: Path, logger: Mapping[str, Any]) -> None:
    """Send the report to W&B, beside the study's runs; nothing where they were not sent there.

    A failure of W&B is told in one line; the report in its folder is whole.

    Args:
        content: what was written.
        records: of the study.
        folder: of the report; what W&B writes goes there too.
        runs: folder with the run folders.
        logger: the reader's project, entity and offline: a run folder may be someone else's and must not choose where
            the reader's W&B account sends what.
    """
    if not sent_to_wandb(records, runs):
        return
    from cwmi_seg.loggers.wandb_run import WandbRun

    run = WandbRun(str(folder), group=records.study, job_type="report", **wandb_settings(logger))
    run.log_hyperparams({"study": records.study, "baseline": content.baseline, "runs": len(records.runs)})
    run.log_items(lambda: _items(content, folder))
    run.finish(0)
    write_workspace(folder, records.study, logger)
    if run.offline:
        tell_upload(folder, [RunFolder(runs / name) for name in records.runs["run"]])


def write_workspace(folder: Path, study: str, logger: Mapping[str, Any]) -> None:
    """Write the specification of a W&B workspace beside the report, if the package that builds it is there."""
    try:
        with warnings.catch_warnings(action="ignore"):  # what the package says about its own code
            workspace = build(str(logger.get("entity") or "ENTITY"), str(logger.get("project", "cwmi-seg")), study)
            write_text(folder / WORKSPACE, specification(workspace))
    except ModuleNotFoundError:
        return
    except Exception as error:  # of another version of the package; the report is whole without it
        log.warning("no W&B workspace (%s: %s)", type(error).__name__, error_line(error))


def sent_to_wandb(records: Records, runs: Path) -> bool:
    """Whether the first finished run had the W&B logger."""
    for run in records.done["run"]:
        try:
            config = RunFolder(runs / run).config()
        except (OSError, ValueError):  # a run without a record, or with one that cannot be read, was sent nowhere
            return False
        return bool(setting(config, "logger._target_") == LOGGER)
    return False


def wandb_settings(logger: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a config of ``cwmi-report``, or of a logger, that say where a run goes."""
    return {key: logger[key] for key in ("project", "entity", "offline") if key in logger}


def _items(content: Content, folder: Path) -> Mapping[str, Any]:
    """Keys of the run: ``report``, the tables by the names of their csv files, and a bar chart per block and metric."""
    import wandb

    items: dict[str, Any] = {"report": wandb.Html((folder / PAGE).read_text(encoding="utf-8"), inject=False)}
    for name, file in (("scores", WIDE), ("tests", TESTS), ("pairs", PAIRS)):
        items[name] = wandb.Table(dataframe=read_table(folder / file))
    items["images"] = image_table(content.blocks)
    for block in content.blocks:
        for column, (name, _) in enumerate(block.table.metrics):
            rows = [[row.label, row.cells[column].mean] for row in block.table.rows if not row.cells[column].missing]
            title = f"{block.table.title}: {name}"
            table = wandb.Table(["loss", name], rows)
            items[f"{block.slug}/{file_name(name)}"] = wandb.plot.bar(table, "loss", name, title=title)
    return items
