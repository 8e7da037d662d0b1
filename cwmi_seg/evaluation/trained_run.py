"""The scores of a finished run on any of its parts."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytorch_lightning as pl

from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.evaluation.score_files import write_scores
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.ensemble import choose_device
from cwmi_seg.prediction.networks import load_network
from cwmi_seg.prediction.weights import check_weights
from cwmi_seg.study.config_reader import ConfigReader
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_results import RunResults
from cwmi_seg.study.run_spec import MetricsSpec, RunSpec
from cwmi_seg.training.build import build_data, build_loss, build_source, build_task
from cwmi_seg.training.results import task_scores

log = logging.getLogger(__name__)

_NOT_BUILT = ("trainer", "logger", "callbacks")


def moved_data(spec: RunSpec, data: str | None) -> RunSpec:
    """The run with the prepared datasets in folder ``data`` instead of where they were in training."""
    root = spec.dataset.root
    if data is None or root is None:
        return spec
    images = spec.dataset.images.changed(root=str(Path(data) / root.name))
    return replace(spec, dataset=replace(spec.dataset, images=images))


def evaluate_run(
    folder: Path,
    out: Path,
    part: str = "test",
    metrics: Mapping[str, object] | None = None,
    data: str | None = None,
    accelerator: str = "auto",
    allowed_targets: Sequence[str] = (),
) -> RunResults:
    """Score the best epoch of a run on one part of its split; writes scores and confusion matrices into ``out``.

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
    spec = moved_data(spec_of_run(run, metrics, allowed_targets), data)
    if run.has_info():
        load_network(folder, allowed_targets)  # refuses damaged files before anything is built from them
    source = build_source(spec.dataset)
    loaders = build_data(spec, source, run.split(source.info) or spec.split.apply(source.info))
    task = build_task(spec, source.info, build_loss(spec.loss, source.info, slices=spec.dataset.slices))
    weights = run.weights()
    check_weights(task, weights["state_dict"], run.weights_file(), "give the data of the run")
    task.load_state_dict(weights["state_dict"])
    trainer = pl.Trainer(
        accelerator=accelerator, devices=1, precision=spec.trainer.arguments.get("precision"), logger=False,
        enable_checkpointing=False, enable_model_summary=False, enable_progress_bar=False,
        use_distributed_sampler=False,
    )  # fmt: skip
    trainer.test(task, dataloaders=loaders.whole_images(part), verbose=False)
    found = task_scores(task, loaders, source.info)
    found = found.with_results(best_epoch=weights.get("epoch"), identity=run.identity(), part=part)
    write_scores(out, found)
    return found.results


def spec_of_run(run: RunFolder, metrics: Mapping[str, object] | None, allowed_targets: Sequence[str]) -> RunSpec:
    """The record of the run, with other metrics where some are given; what is built from it may be named.

    Raises:
        ValueError: The record is none, or names a target outside the allowed packages.
    """
    record = run.config_to_build(allowed_targets)
    built = {key: value for key, value in record.items() if key not in _NOT_BUILT}
    check_targets(built if metrics is None else {**built, "metrics": metrics}, allowed_targets)
    try:
        spec = RunSpec.of(record)
    except Mistake as error:
        raise Mistake(f"{run.config_file}: {error}") from error
    return spec if metrics is None else replace(spec, metrics=MetricsSpec.of(ConfigReader({"metrics": metrics})))
