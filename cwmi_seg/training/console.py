"""What a person reads while a run goes on: what runs where, how it ended, what to do next."""

import logging
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import pytorch_lightning as pl
import torch

from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.files.counted import counted
from cwmi_seg.files.printable import printable
from cwmi_seg.loading.datamodule import SegmentationData
from cwmi_seg.loading.splits import Split
from cwmi_seg.study.class_scores import ClassRow, class_table, scores_of_all_classes
from cwmi_seg.study.job import Job
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_results import RunResults, Score
from cwmi_seg.training.build import Parts, count_parameters
from cwmi_seg.training.results import metric_names

log = logging.getLogger(__name__)

POOLED = "dataset_iou"
CLASSES = "classes: dataset_iou of all images together, the others mean over the images that have the class"

_EXPECTED_WARNINGS = (
    ".*does not have many workers.*",
    ".*isinstance\\(treespec, LeafSpec\\).*",
    ".*Checkpoint directory .* exists and is not empty.*",
    ".*lr_scheduler.step\\(\\).*optimizer.step\\(\\).*",
    ".*The number of training batches .* is smaller than the logging interval.*",
    ".*`srun` command is available.*",
    ".*could not find the monitored key.*",  # of an epoch without validation; after one, a missing key is an error
    ".*recommended to use `self.log.*sync_dist=True.*",  # the metrics gather the scores themselves
)


def quiet_libraries() -> None:
    """Keep what the libraries say about themselves off the console; their warnings about the run stay."""
    for name in ("pytorch_lightning", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in _EXPECTED_WARNINGS:
        warnings.filterwarnings("ignore", message)


def announce(job: Job, parts: Parts, trainer: pl.Trainer, *, resumed: bool) -> None:
    """The first lines."""
    identity, task = job.identity, parts.task
    tell_dataset(parts.source.info, parts.split, job.spec.split.kind, identity.fold)
    log.info("model    %s, %.2f M parameters", identity.model, count_parameters(task.model) / 1e6)
    log.info("loss     %s, seed %d", identity.loss, identity.seed)
    log.info("training %s", _epoch(parts.data, trainer))
    if task.schedule is not None:
        log.info("schedule %s", task.schedule)
    log.info("device   %s, %s, %s", _device(trainer), trainer.precision, counted(torch.get_num_threads(), "thread"))
    log.info("folder   %s%s", job.folder, " (resumed)" if resumed else "")


def tell_dataset(info: DatasetInfo, split: Split, kind: str, fold: int) -> None:
    """How many images each part has, by which kind of split; and that folds take no heed of the dataset's own parts."""
    counts = len(split.train), len(split.val), len(split.test)
    what = "images" if info.dimensions == 2 else "volumes"
    log.info("dataset  %s: %d train, %d val, %d test %s (%s, fold %d)", info.name, *counts, what, kind, fold)
    tests = sum(image.part == "test" for image in info.images)
    if kind == "kfold" and 0 < tests < len(info.images):
        log.info("         kfold pools its %d test %s with the others; split=official keeps them apart", tests, what)


def conclude(results: RunResults, folder: RunFolder) -> None:
    """The last lines: a table of the test scores, where everything lies, what to do next."""
    scores(results)
    log.info("results  %s", folder.results_file)
    log.info("pictures %s", folder.overlays)
    log.info("next     cwmi-evaluate run=%s", folder)
    log.info("         cwmi-predict run=%s images=FOLDER out=FOLDER", folder)


def scores(results: RunResults) -> None:
    """Mean and standard deviation of every metric, as a table on a terminal, as lines elsewhere."""
    shown = {name: _mean_and_std(results.test[name], results.unit(name)) for name in scores_of_all_classes(results)}
    shown |= {name: f"{value:.4f} (all images together)" for name, value in results.pooled.items() if name == POOLED}
    table = class_table(results)
    heads, classes = ["class", "images", *table.metrics], [_class_cells(row) for row in table.rows]
    epoch = "" if results.best_epoch is None else f"epoch {results.best_epoch}: "
    title = f"{epoch}mean +- std over {counted(results.num_test_images or 0, 'image')}"
    if sys.stdout.isatty():
        _table(title, ["metric", "mean +- std"], [[name, value] for name, value in shown.items()])
        if classes:
            _table(CLASSES, heads, classes)
        return
    log.info("%s", title)
    for name, value in shown.items():
        log.info("  %-24s %s", name, value)
    if classes:
        _class_lines(heads, classes)


def _class_lines(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Aligned."""
    log.info("%s", CLASSES)
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        log.info("  %s", "  ".join([printable(row[0]).ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]))


def _mean_and_std(score: Score, unit: str) -> str:
    """The mean alone where a single image gives no standard deviation; of how many images if not all have a value."""
    value = f"{score.mean:.4f}" if score.std is None else f"{score.mean:.4f} +- {score.std:.4f}"
    value = f"{value} {unit}".rstrip()
    return value if score.num_images is None else f"{value} (images with a value: {score.num_images})"


def _class_cells(row: ClassRow) -> list[str]:
    return [row.name, str(row.num_images), *("-" if value is None else f"{value:.3f}" for value in row.values)]


def image_scores(rows: Sequence[Mapping[str, Any]], most: int = 30) -> None:
    """A line an image with as many metrics as fit; nothing for more than ``most`` images."""
    if len(rows) > most:
        return
    names = metric_names(rows)
    widths = {name: max(len(name), 7) + 2 for name in names}
    fitting = [name for i, name in enumerate(names) if 26 + sum(widths[n] for n in names[: i + 1]) <= 100]
    log.info("  %-24s%s", "image", "".join(f"{name:>{widths[name]}}" for name in fitting))
    for row in rows:
        log.info("  %-24s%s", row["name"], "".join(f"{_cell(row, name):>{widths[name]}}" for name in fitting))


def _cell(row: Mapping[str, Any], name: str) -> str:
    return f"{row[name]:.4f}" if name in row else "-"


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text  # which knows no markup, such as a name may hold

    table = Table(*heads, title=title)
    for name, *cells in rows:
        table.add_row(Text(printable(name)), *cells)
    Console().print(table)


def _epoch(data: SegmentationData, trainer: pl.Trainer) -> str:
    """Steps of an epoch, and the crops that are left over because they fill no batch."""
    batches, left = data.num_batches(trainer.world_size)
    limit = trainer.limit_train_batches
    taken = min(batches, limit) if isinstance(limit, int) else int(batches * limit)
    steps = -(-taken // trainer.accumulate_grad_batches)
    text = f"{steps} step{'s' * (steps != 1)} an epoch"
    over = left * trainer.world_size if taken == batches else 0
    return f"{text}; crops left over in each, for they fill no batch: {over}" if over else text


def _device(trainer: pl.Trainer) -> str:
    kind = trainer.strategy.root_device.type
    name = f" ({torch.cuda.get_device_name()})" if kind == "cuda" else ""
    return f"{trainer.num_devices} x {kind}{name}"
