"""From a resolved config to the objects of a run; shared by every command that needs a model or data."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cwmi_seg.config.make import Config, build_model, make, refusal
from cwmi_seg.datasets.info import DatasetInfo, ImageSource
from cwmi_seg.files.plain_names import plain_name
from cwmi_seg.loading.datamodule import Crops, SegmentationData
from cwmi_seg.loading.splits import Split, SplitPlan
from cwmi_seg.loading.weight_map_cache import WeightMapCache
from cwmi_seg.metrics.scoring import Scoring
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_config import setting
from cwmi_seg.training.schedule import Schedule, build_schedule
from cwmi_seg.training.task import SegmentationTask
from cwmi_seg.weight_maps import filled_in

_NOT_FOR_NETWORKS = (torch.optim.LBFGS, torch.optim.SparseAdam)
"""Optimizers that fail in their first step."""

_DATASET_KEYS = ("images", "crop_size", "pad_image", "pad_target", "split", "group_folds")


def build_source(config: Config) -> ImageSource:
    """The images of ``config.dataset``.

    Raises:
        ValueError: it lacks a key, its images are not there, or the name of one is none of a file.
    """
    missing = [key for key in _DATASET_KEYS if key not in config["dataset"]]
    if missing:
        raise Mistake(
            f"dataset.{missing[0]}: expected a value, got no such key; add it to the yaml of the dataset as in "
            "conf/dataset/folder.yaml."
        )
    source: ImageSource = make(config, "dataset.images")
    for image in source.info.images:
        plain_name(image.name)  # files of the run are named after it
    return source


def build_loss(config: Config, info: DatasetInfo) -> nn.Module:
    """The loss, told about the ignored class index if the dataset has one.

    Raises:
        ValueError: it is defined for two classes alone, and the dataset has more.
    """
    loss: nn.Module = make(config, "loss", **({} if info.ignore_index is None else {"ignore_index": info.ignore_index}))
    if info.num_classes > 2 and not getattr(loss, "multiclass", True):
        raise Mistake(
            f"loss: expected one for {info.num_classes} classes, got {type(loss).__name__}, which is defined for two; "
            "choose for example loss=cwmi."
        )
    return loss


def build_maps(config: Config, info: DatasetInfo, loss: nn.Module) -> WeightMapCache | None:
    """Weight maps beside the datasets, if the loss needs any."""
    name = getattr(loss, "weight_map", None)
    if name is None:
        return None
    if info.num_classes != 2 and not getattr(loss, "multiclass", False):
        raise Mistake(
            f"loss: expected one without a weight map for {info.num_classes} classes, got one with the map {name}; "
            "maps are defined for two classes, choose for example loss=cwmi."
        )
    folder = Path(config["paths"]["data"]) / "weight_maps"
    settings = filled_in(getattr(loss, "weight_map_settings", {}), info.num_classes)
    return WeightMapCache(folder, str(name), settings)


def build_split(config: Config, info: DatasetInfo) -> Split:
    """Which images train, validate and test in the fold that ``config`` names."""
    plan = SplitPlan(
        kind=setting(config, "split.kind"),
        fold=config["fold"],
        num_folds=setting(config, "split.num_folds"),
        val_fraction=setting(config, "split.val_fraction"),
        seed=setting(config, "split.seed"),
        group_folds=setting(config, "split.groups"),
    )
    return plan.apply(info)


def build_data(config: Config, source: ImageSource, split: Split, loss: nn.Module | None = None) -> SegmentationData:
    """Loaders of the parts of ``split``; training batches hold the weight map that ``loss`` asks for."""
    dataset, data = config["dataset"], config["data"]
    crops = Crops(
        size=dataset["crop_size"],
        per_image=data["crops_per_image"],
        pad_image=dataset["pad_image"],
        pad_target=dataset["pad_target"],
    )
    return SegmentationData(
        source,
        split,
        crops,
        augmentation=make(config, "augmentation"),
        maps=None if loss is None else build_maps(config, source.info, loss),
        batch_size=data["batch_size"],
        num_workers=data["num_workers"],
        seed=config["seed"],
    )


def build_metrics(
    group: Mapping[str, Any], num_classes: int, ignore_index: int | None, number_of_axes: int = 2
) -> list[Any]:
    """The metrics of one stage.

    Args:
        group: their configs by name.
        num_classes, ignore_index: of the dataset.
        number_of_axes: of its masks; images have 2, volumes 3.

    Raises:
        ValueError: two of them give a value of one name, or one has something else than names, or is not for masks of
            so many axes.
    """
    metrics = [make(group, name, num_classes=num_classes, ignore_index=ignore_index) for name in group]
    for name, metric in zip(group, metrics, strict=True):
        if number_of_axes not in getattr(metric, "axes", (2, 3)):
            raise Mistake(_other_axes(name, number_of_axes))
        if not isinstance(metric.names, tuple | list):
            kind = type(metric).__name__
            raise Mistake(f'metrics: expected a tuple in {kind}.names, got {metric.names!r}; add a comma: ("x",).')
    counts = Counter(name for metric in metrics for name in metric.names)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise Mistake(f"metrics: expected names that differ, got {twice[0]} twice; rename or remove one.")
    return metrics


def _other_axes(name: str, number_of_axes: int) -> str:
    """Told before the training, for the test would be the first to notice."""
    wanted, got, choice = ("images", "volumes", "default") if number_of_axes == 2 else ("volumes", "images", "volumes")
    return f"metrics: expected metrics of {wanted}, got {name} with settings for {got}; use metrics={choice}."


def build_task(config: Config, info: DatasetInfo, loss: nn.Module) -> SegmentationTask:
    """Model, loss, optimizer and metrics put together."""
    metrics, model = config["metrics"], build_model(config, info)
    optimizer, schedule = make(config, "optimizer"), build_schedule(config)
    _try_out(model, optimizer, schedule)
    return SegmentationTask(
        model,
        loss,
        optimizer,
        schedule=schedule,
        val_metrics=build_metrics(metrics["val"], info.num_classes, info.ignore_index),
        test_metrics=build_metrics(metrics["test"], info.num_classes, info.ignore_index),
        every_n_epochs=metrics["every_n_epochs"],
        scoring=Scoring(metrics.get("num_workers", 0)),
        num_classes=info.num_classes,
        seed=config["seed"],
    )


def _try_out(model: nn.Module, optimizer: Callable[..., Any], schedule: Schedule | None) -> None:
    """Refuse their values now, by their names: the trainer makes them when the run has long begun."""
    group = "optimizer"
    try:
        made = optimizer(model.parameters())
        if isinstance(made, _NOT_FOR_NETWORKS):
            name = type(made).__name__
            raise Mistake(f"expected one for a network and its dense gradients, got {name}; use optimizer=adam.")
        group = "scheduler"
        if schedule is not None:
            schedule.scheduler(made, length=100)  # the trainer, which knows the length, is not there yet
    except (ValueError, TypeError) as error:
        raise Mistake(refusal(group, error)) from error


def count_parameters(model: nn.Module) -> int:
    """Trainable numbers of a network."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
