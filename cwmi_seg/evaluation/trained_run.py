"""The scores of a finished run on any of its parts."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.config.make import Config
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.files.csv_files import write_rows
from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.loading.splits import Split, read_split
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.ensemble import choose_device
from cwmi_seg.prediction.networks import unfinished
from cwmi_seg.study.run_state import SPLIT
from cwmi_seg.study.saved_run import load_config, load_weights
from cwmi_seg.training.build import build_data, build_loss, build_source, build_split, build_task
from cwmi_seg.training.results import image_rows, summary, versions

log = logging.getLogger(__name__)

_NOT_BUILT = ("trainer", "logger", "callbacks")


def moved_data(config: dict[str, Any], data: str | None) -> dict[str, Any]:
    """The config with the prepared datasets in folder ``data`` instead of where they were in training."""
    images = config["dataset"]["images"]
    if data is None or "root" not in images:
        return config
    root = str(Path(data) / Path(images["root"]).name)
    return {**config, "dataset": {**config["dataset"], "images": {**images, "root": root}}}


def evaluate_run(
    folder: Path,
    out: Path,
    part: str = "test",
    metrics: Config | None = None,
    data: str | None = None,
    accelerator: str = "auto",
    allowed_targets: Sequence[str] = (),
) -> dict[str, Any]:
    """Score the best epoch of a run on one part of its split; writes images.csv and results.json into ``out``.

    Args:
        folder: of the run.
        out: folder for the results.
        part: "train", "val" or "test", as in the run's split.json.
        metrics: config of metrics to use instead of those of the run.
        data: folder of the prepared datasets, if it is not where it was.
        accelerator: "auto", "cpu" or "gpu"; the precision is that of the run.
        allowed_targets: the user's own modules that the run's config may name.
    """
    if part not in ("train", "val", "test"):
        raise Mistake(f"part: expected train, val or test, got {part}; choose one.")
    choose_device(accelerator)
    if note := unfinished(folder):
        log.info("note     %s", note)
    config = moved_data(load_config(folder, allowed_targets), data)
    config = config if metrics is None else {**config, "metrics": metrics}
    check_targets({key: value for key, value in config.items() if key not in _NOT_BUILT}, allowed_targets)
    source = build_source(config)
    loss = build_loss(config, source.info)
    loaders = build_data(config, source, _split(folder, config, source.info))
    task = build_task(config, source.info, loss)
    task.load_state_dict(load_weights(folder)["state_dict"])
    trainer = pl.Trainer(
        accelerator=accelerator, devices=1, precision=config["trainer"].get("precision"), logger=False,
        enable_checkpointing=False, enable_model_summary=False, enable_progress_bar=False,
        use_distributed_sampler=False,
    )  # fmt: skip
    trainer.test(task, dataloaders=loaders.whole_images(part), verbose=False)
    rows = image_rows(task, loaders)
    results = _results(folder, part, rows)
    out.mkdir(parents=True, exist_ok=True)
    write_rows(out / "images.csv", rows)
    write_json(out / "results.json", results)
    return results


def _split(folder: Path, config: Config, info: DatasetInfo) -> Split:
    """The split that the run was trained with, whatever the dataset would give today."""
    path = folder / SPLIT
    return read_split(path, info) if path.is_file() else build_split(config, info)


def _results(folder: Path, part: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "identity": read_json(folder / "identity.json"),
        "part": part,
        "num_test_images": len(rows),
        "best_epoch": int(load_weights(folder)["epoch"]),
        "test": summary(rows),
        "versions": versions(),
    }
