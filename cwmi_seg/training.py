"""One training run inside its folder: fit, test the best epoch, write the results."""

import csv
import json
import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from pytorch_lightning.callbacks import ProgressBar
from pytorch_lightning.loggers import Logger

import cwmi_seg
from cwmi_seg import console
from cwmi_seg.build import Config, build_data, build_loss, build_source, build_task, make
from cwmi_seg.callbacks.epoch_table import EpochTable, read_rows
from cwmi_seg.callbacks.status import StatusFile
from cwmi_seg.datamodule import SegmentationData
from cwmi_seg.task import SegmentationTask

BEST, LAST = "best.ckpt", "last.ckpt"


def run_training(config: Config, identity: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Train, or finish what an interrupted training left, and test.

    Args:
        config: resolved.
        identity: dataset, model, loss, fold, seed and hash of the run.
        folder: of the run; gets config.yaml, split.json, metrics.csv, test_images.csv, results.json, best.ckpt,
            last.ckpt and overlays.

    Returns:
        What results.json holds.
    """
    OmegaConf.save(OmegaConf.create(dict(config)), folder / "config.yaml")
    logger = make(config, "logger") if config["logger"] else None
    exit_code = 1
    try:
        if logger is not None:
            logger.log_hyperparams({**identity, "config": config})
        results = _fit_and_test(config, identity, folder, logger)
        exit_code = 0
        return results
    finally:
        if hasattr(logger, "finish"):
            logger.finish(exit_code)


def _fit_and_test(config: Config, identity: Mapping[str, Any], folder: Path, logger: Logger | None) -> dict[str, Any]:
    pl.seed_everything(config["seed"], verbose=False)
    source = build_source(config)
    loss = build_loss(config, source.info)
    data = build_data(config, source, loss)
    task = build_task(config, source.info, loss)
    data.split.write(folder / "split.json")
    trainer = build_trainer(config, folder, logger)
    last = folder / LAST
    console.announce(config, identity, folder, data, task, trainer, resumed=last.is_file())
    trainer.fit(task, datamodule=data, ckpt_path=str(last) if last.is_file() else None, weights_only=True)
    return _test(trainer, task, data, identity, folder)


def build_trainer(config: Config, folder: Path, logger: Logger | None) -> pl.Trainer:
    """The Lightning trainer with the callbacks of the config and those that every run has."""
    callbacks = [make(config["callbacks"], name) for name in config["callbacks"]]
    return make(
        config,
        "trainer",
        logger=logger if logger is not None else False,
        callbacks=[EpochTable(folder / "metrics.csv"), StatusFile(folder), *callbacks],
        enable_progress_bar=any(isinstance(callback, ProgressBar) for callback in callbacks),
        enable_checkpointing=any(isinstance(callback, pl.callbacks.ModelCheckpoint) for callback in callbacks),
        default_root_dir=str(folder),
    )


def _test(
    trainer: pl.Trainer, task: SegmentationTask, data: SegmentationData, identity: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    best = folder / BEST
    if best.is_file():
        task.load_state_dict(torch.load(best, map_location="cpu", weights_only=True)["state_dict"])
    start = time.perf_counter()
    trainer.test(task, datamodule=data, verbose=False)
    rows = image_rows(task, data)
    epochs = read_rows(folder / "metrics.csv")
    results = {
        "identity": dict(identity),
        "best_epoch": _best_epoch(best),
        "epochs": len(epochs),
        "train_seconds": sum(float(row["train/seconds"]) for row in epochs),
        "test_seconds": time.perf_counter() - start,
        "num_test_images": len(rows),
        "test": summary(rows),
        "versions": versions(),
    }
    if trainer.is_global_zero:
        write_csv(folder / "test_images.csv", rows)
        write_json(folder / "results.json", results)
    return results


def _best_epoch(best: Path) -> int | None:
    return int(torch.load(best, map_location="cpu", weights_only=True)["epoch"]) if best.is_file() else None


def image_rows(task: SegmentationTask, data: SegmentationData) -> list[dict[str, Any]]:
    """One row per image that was tested: index, name and the value of every metric."""
    rows: dict[int, dict[str, Any]] = {}
    for metric in task.scores():
        indices, values = metric.per_image()
        for position, index in enumerate(indices.tolist()):
            row = rows.setdefault(index, {"index": index, "name": data.source.info.images[index].name})
            row.update({name: float(value[position]) for name, value in values.items()})
    return [rows[index] for index in sorted(rows)]


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean and sample standard deviation over the images of each metric."""
    names = [name for name in rows[0] if name not in ("index", "name")] if rows else []
    columns = {name: torch.tensor([row[name] for row in rows], dtype=torch.float64) for name in names}
    return {
        name: {"mean": column.mean().item(), "std": column.std().item() if len(column) > 1 else 0.0}
        for name, column in columns.items()
    }


def versions() -> dict[str, str]:
    """What the numbers were made with."""
    packages = ("torch", "pytorch-lightning", "hydra-core", "torchmetrics", "numpy")
    found = {"cwmi-seg": cwmi_seg.__version__, **{name: version(name) for name in packages}}
    return {**found, "python": platform.python_version(), "threads": str(torch.get_num_threads())}


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows with the columns of the first."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["index", "name"])
        writer.writeheader()
        writer.writerows(rows)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Atomically: results.json is there in full or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=1) + "\n")
    partial.replace(path)
