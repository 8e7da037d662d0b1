"""The report as one W&B run beside those of the study: the aggregate as a table, bar charts, the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cwmi_seg.reporting.content import Content
from cwmi_seg.reporting.export import TESTS, WIDE
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.write import PAGE

LOGGER = "cwmi_seg.loggers.wandb_run.WandbRun"


def record(content: Content, records: Records, folder: Path, runs: Path) -> None:
    """Send the report to the project of the study's runs; nothing where they were not sent to W&B.

    A failure of W&B is told in one line; the report in its folder is whole.

    Args:
        content: what was written.
        records: of the study.
        folder: of the report; what W&B writes goes there too.
        runs: folder with the run folders, whose configs name the project.
    """
    settings = wandb_settings(records, runs)
    if settings is None:
        return
    from cwmi_seg.loggers.wandb_run import WandbRun

    logger = WandbRun(str(folder), group=records.study, job_type="report", **settings)
    logger.log_hyperparams({"study": records.study, "baseline": content.baseline, "runs": len(records.runs)})
    logger.log_items(lambda: _items(content, folder))
    logger.finish(0)


def wandb_settings(records: Records, runs: Path) -> dict[str, Any] | None:
    """Project, entity and offline of the first finished run, None where it has another logger or none."""
    from omegaconf import OmegaConf

    for run in records.done["run"]:
        path = runs / run / "config.yaml"
        logger = OmegaConf.select(OmegaConf.load(path), "logger") if path.is_file() else None
        if not logger or logger.get("_target_") != LOGGER:
            return None
        return {key: logger[key] for key in ("project", "entity", "offline") if key in logger}
    return None


def _items(content: Content, folder: Path) -> Mapping[str, Any]:
    """Keys of the run: ``report``, ``scores``, ``tests``, and a bar chart per block and metric."""
    import wandb

    items: dict[str, Any] = {"report": wandb.Html((folder / PAGE).read_text(encoding="utf-8"), inject=False)}
    for name, file in (("scores", WIDE), ("tests", TESTS)):
        items[name] = wandb.Table(dataframe=pd.read_csv(folder / file))
    for block in content.blocks:
        for column, (name, _) in enumerate(block.table.metrics):
            rows = [[row.label, row.cells[column].mean] for row in block.table.rows if not row.cells[column].missing]
            title = f"{block.table.title}: {name}"
            items[f"{block.slug}/{name}"] = wandb.plot.bar(wandb.Table(["loss", name], rows), "loss", name, title=title)
    return items
