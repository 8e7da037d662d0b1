"""From the typed description of a run to its objects: nothing after this reads a config."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from cwmi_seg.config.network import build_model
from cwmi_seg.config.target import Target, refusal
from cwmi_seg.datasets.info import DatasetInfo, ImageSource
from cwmi_seg.files.plain_names import plain_name
from cwmi_seg.loading.datamodule import SegmentationData
from cwmi_seg.loading.samples import Crops
from cwmi_seg.loading.splits import Split
from cwmi_seg.loading.weight_map_cache import WeightMapCache
from cwmi_seg.metrics.scoring import Scoring
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_spec import DatasetSpec, RunSpec
from cwmi_seg.training.axes import asking, fit_loss, spacing_of, tell_spacing
from cwmi_seg.training.schedule import Schedule, build_schedule
from cwmi_seg.training.stage_metrics import monitors_of, of_test, of_validation, sums_of
from cwmi_seg.training.task import SegmentationTask
from cwmi_seg.weight_maps import filled_in

if TYPE_CHECKING:
    from cwmi_seg.metrics.per_image import PerImageMetric

MakesOptimizer = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]

_NOT_FOR_NETWORKS = (torch.optim.LBFGS, torch.optim.SparseAdam)
"""Optimizers that fail in their first step."""


@dataclass(frozen=True)
class Parts:
    """The objects of a run.

    Args:
        source: all images of the dataset.
        split: the names of those that train, validate and test.
        data: loaders of the three parts.
        task: network, loss, optimizer, schedule and metrics put together.
    """

    source: ImageSource
    split: Split
    data: SegmentationData
    task: SegmentationTask


def build(spec: RunSpec) -> Parts:
    """The objects of a training.

    Raises:
        ValueError: they do not fit each other, or one of them refuses its arguments; with the key of the config.
    """
    # the images first, since loss and network depend on their classes and channels
    source = build_source(spec.dataset)
    split = spec.split.apply(source.info)
    loss = build_loss(spec.loss, source.info, slices=spec.dataset.slices)
    maps = build_maps(spec.data, source.info, loss)
    data = build_data(spec, source, split, maps)
    return Parts(source, split, data, build_task(spec, source.info, loss))


def build_source(dataset: DatasetSpec) -> ImageSource:
    """The images of a dataset.

    Raises:
        ValueError: they are not there, or the name of one is none of a file.
    """
    source: ImageSource = dataset.images.make()
    for image in source.info.images:
        plain_name(image.name)  # files of the run are named after it
    return source


def build_loss(target: Target, info: DatasetInfo, *, slices: bool = False) -> nn.Module:
    """The loss, told about the ignored class index if the dataset has one, and about the spacing of volumes.

    Args:
        target: what makes it.
        info: of the dataset.
        slices: whether the training is on slices of volumes, which are images.

    Raises:
        ValueError: it is defined for two classes alone, and the dataset has more; or not for images, or volumes.
    """
    # not told at all where there is nothing to ignore, so that a loss of another library needs no such argument
    told = {} if info.ignore_index is None else {"ignore_index": info.ignore_index}
    loss: nn.Module = target.make(**told)
    if info.num_classes > 2 and not getattr(loss, "multiclass", True):
        raise Mistake(
            f"loss: expected one for {info.num_classes} classes, got {type(loss).__name__}, which is defined for two; "
            "choose for example loss=cwmi."
        )
    fit_loss(loss, info, slices=slices)
    return loss


def build_maps(data: Path, info: DatasetInfo, loss: nn.Module) -> WeightMapCache | None:
    """Weight maps, if the loss needs any, in a folder beside the datasets in ``data``."""
    name = getattr(loss, "weight_map", None)
    if name is None:
        return None
    if info.num_classes != 2 and not getattr(loss, "multiclass", False):
        raise Mistake(
            f"loss: expected one without a weight map for {info.num_classes} classes, got one with the map {name}; "
            "maps are defined for two classes, choose for example loss=cwmi."
        )
    settings = filled_in(getattr(loss, "weight_map_settings", {}), info.num_classes)
    return WeightMapCache(data / "weight_maps", str(name), settings)


def build_data(
    spec: RunSpec, source: ImageSource, split: Split, maps: WeightMapCache | None = None
) -> SegmentationData:
    """Loaders of the parts of ``split``; training batches hold the weight maps, where there are some."""
    dataset, loading = spec.dataset, spec.loading
    crops = Crops(
        size=dataset.crop_size,
        per_image=loading.crops_per_image,
        pad_image=dataset.pad_image,
        pad_target=dataset.pad_target,
        structure_share=dataset.structure_share,
        slices=dataset.slices,
    )
    return SegmentationData(
        source,
        split,
        crops,
        augmentation=spec.augmentation.make(),
        maps=maps,
        batch_size=loading.batch_size,
        num_workers=loading.num_workers,
        seed=spec.seed,
        block_size=dataset.test_block,
    )


def build_metrics(
    targets: Mapping[str, Target],
    num_classes: int,
    ignore_index: int | None,
    number_of_axes: int = 2,
    spacing: Sequence[float] | None = None,
) -> "list[PerImageMetric]":
    """The metrics of one stage, those that ask for it told the spacing (:mod:`cwmi_seg.training.axes`).

    Args:
        targets: what makes them, by name.
        num_classes, ignore_index: of the dataset.
        number_of_axes: of its masks; images have 2, volumes 3.
        spacing: of its volumes; None where it is not known.

    Raises:
        ValueError: two of them give a value of one name, or one has something else than names, or is not for masks of
            so many axes.
    """
    metrics = [target.make(num_classes=num_classes, ignore_index=ignore_index) for target in targets.values()]
    for name, metric in zip(targets, metrics, strict=True):
        if number_of_axes not in getattr(metric, "axes", (2, 3)):
            raise Mistake(_other_axes(name, number_of_axes))
        if not isinstance(metric.names, tuple | list):
            kind = type(metric).__name__
            raise Mistake(f'metrics: expected a tuple in {kind}.names, got {metric.names!r}; add a comma: ("x",).')
    counts = Counter(key for metric in metrics for key in metric.keys)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise Mistake(f"metrics: expected names that differ, got {twice[0]} twice; rename or remove one.")
    tell_spacing(asking(metrics), spacing)
    return metrics


def _other_axes(name: str, number_of_axes: int) -> str:
    """Told before the training, for the test would be the first to notice."""
    wanted, got, choice = ("images", "volumes", "default") if number_of_axes == 2 else ("volumes", "images", "volumes")
    return f"metrics: expected metrics of {wanted}, got {name} with settings for {got}; use metrics={choice}."


def build_task(spec: RunSpec, info: DatasetInfo, loss: nn.Module) -> SegmentationTask:
    """Model, loss, optimizer and metrics put together."""
    model = build_model(spec.model, info, slices=spec.dataset.slices)
    classes, sums = (info.num_classes, info.ignore_index), sums_of(spec)
    axes = info.dimensions, spacing_of(info)
    test = of_test(build_metrics(spec.metrics.test, *classes, *axes), *classes)
    val = build_metrics(spec.metrics.val, *classes, *axes)
    val = of_validation(val, test, (text for _, text in monitors_of(spec)))
    optimizer, schedule = spec.optimizer.make(), build_schedule(spec.scheduler)
    _try_out(model, optimizer, schedule)
    return SegmentationTask(
        model,
        loss,
        optimizer,
        schedule=schedule,
        val_metrics=val,
        test_metrics=test,
        every_n_epochs=spec.metrics.every_n_epochs,
        scoring=Scoring(spec.metrics.num_workers),
        num_classes=info.num_classes,
        seed=spec.seed,
        sums=sums,
    )


def _try_out(model: nn.Module, optimizer: MakesOptimizer, schedule: Schedule | None) -> None:
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
