"""The scores of a finished run on any of its parts."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.config.make import Config
from cwmi_seg.files.csv_files import write_rows
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.ensemble import choose_device
from cwmi_seg.prediction.networks import load_network
from cwmi_seg.prediction.weights import check_weights
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_results import NAME, RunResults, write_results
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
) -> RunResults:
    """Score the best epoch of a run on one part of its split; writes two files, images.csv and results, into ``out``.

    Args:
        folder: of the run.
        out: folder for the results.
        part: "train", "val" or "test", of the split that the run was trained with.
        metrics: config of metrics to use instead of those of the run.
        data: folder of the prepared datasets, if it is not where it was.
        accelerator: "auto", "cpu" or "gpu"; the precision is that of the run.
        allowed_targets: the user's own modules that the run's config may name.
    """
    if part not in ("train", "val", "test"):
        raise Mistake(f"part: expected train, val or test, got {part}; choose one.")
    choose_device(accelerator)
    run = RunFolder(folder)
    if note := run.unfinished():
        log.info("note     %s", note)
    config = moved_data(run.config_to_build(allowed_targets), data)
    config = config if metrics is None else {**config, "metrics": metrics}
    check_targets({key: value for key, value in config.items() if key not in _NOT_BUILT}, allowed_targets)
    if run.has_info():
        load_network(folder, allowed_targets)  # refuses damaged files before anything is built from them
    source = build_source(config)
    loss = build_loss(config, source.info)
    loaders = build_data(config, source, run.split(source.info) or build_split(config, source.info))
    task = build_task(config, source.info, loss)
    weights = run.weights()
    check_weights(task, weights["state_dict"], run.weights_file(), "give the data of the run")
    task.load_state_dict(weights["state_dict"])
    trainer = pl.Trainer(
        accelerator=accelerator, devices=1, precision=config["trainer"].get("precision"), logger=False,
        enable_checkpointing=False, enable_model_summary=False, enable_progress_bar=False,
        use_distributed_sampler=False,
    )  # fmt: skip
    trainer.test(task, dataloaders=loaders.whole_images(part), verbose=False)
    rows = image_rows(task, loaders)
    results = RunResults(
        test=summary(rows),
        num_test_images=len(rows),
        best_epoch=weights.get("epoch"),
        versions=versions(),
        identity=run.identity(),
        part=part,
    )
    out.mkdir(parents=True, exist_ok=True)
    write_rows(out / "images.csv", rows)
    write_results(results, out / NAME)
    return results
