"""Callbacks that Lightning would refuse late, or with which it would test other weights than were meant."""

from collections.abc import Mapping

import torch
from pytorch_lightning.callbacks import (
    BatchSizeFinder,
    Callback,
    LearningRateFinder,
    ModelCheckpoint,
    StochasticWeightAveraging,
)
from torch import nn

from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.monitored import Monitored
from cwmi_seg.study.run_folder import BEST, RunFolder
from cwmi_seg.training.monitor_modes import check_mode, known_directions, watched
from cwmi_seg.training.task import SegmentationTask

_LIBRARIES = ("pytorch_lightning.", "cwmi_seg.")
_LISTED = 40
"""Most scores that a message names; each class of many has its own."""
_FINDERS = (LearningRateFinder, BatchSizeFinder)


def check_callbacks(callbacks: Mapping[str, Callback], task: SegmentationTask, folder: RunFolder) -> None:
    """Refuse what cannot work, or would choose or test other weights than those that were scored.

    Args:
        callbacks: of the config, by name.
        task: what is trained.
        folder: of the run.

    Raises:
        ValueError: with the key of the config.
    """
    _check_monitors(callbacks, task)
    _check_checkpoints(callbacks, folder)
    for name, callback in callbacks.items():
        if isinstance(callback, _FINDERS):
            raise Mistake(
                f"callbacks.{name}: expected a callback that leaves the settings of the run alone, "
                f"got {type(callback).__name__}; remove it, and try values in a sweep: -m optimizer.lr=1e-4,1e-3."
            )
        if isinstance(callback, StochasticWeightAveraging) and not _has_batch_norm(task.model):
            raise Mistake(
                f"callbacks.{name}: expected a network with batch normalization, got one without, whose average is "
                "never validated and so never the best epoch; use pytorch_lightning.callbacks.EMAWeightAveraging."
            )


def check_device(device: torch.device) -> None:
    """Refuse a device without numbers of 64 bits, which losses and scores are computed in.

    Raises:
        ValueError: it is the GPU of an Apple computer.
    """
    if device.type == "mps":
        raise Mistake("trainer.accelerator: expected cpu or gpu, got mps, which has no float64; use trainer=cpu.")


def _check_monitors(callbacks: Mapping[str, Callback], task: SegmentationTask) -> None:
    """A value of every validation, or one of the training, which a loss may add to; own callbacks may log more.

    Its better values must be those that the callback takes for better.
    """
    monitors, better = list(watched(callbacks, task.schedule)), known_directions(task)
    for each in monitors:
        check_mode(each, better)
    known = [f"val/{name}" for metric in task.always_validated() for name in metric.keys]
    tested = [f"val/{name}" for metric in task.scores() for name in metric.keys if f"val/{name}" not in known]
    # a callback of the user's may log the value that is watched, which nobody can know before it runs
    if any(not type(callback).__module__.startswith(_LIBRARIES) for callback in callbacks.values()):
        return
    for key, monitor, _ in monitors:
        for name, _ in Monitored.parse(monitor, f"{key}.monitor").terms:
            if name not in known and not name.startswith("train/"):
                listed = ", ".join([*known, *tested][:_LISTED])
                raise Mistake(
                    f"{key}.monitor: expected {listed} or train/loss, got {name}; "
                    "choose one or a sum of some, or add a metric to metrics.val."
                )


def _check_checkpoints(callbacks: Mapping[str, Callback], folder: RunFolder) -> None:
    savers = {name: saver for name, saver in callbacks.items() if isinstance(saver, ModelCheckpoint) and saver.monitor}
    for name, saver in savers.items():
        if saver.every_n_epochs == 0:
            raise Mistake(
                f"callbacks.{name}: expected every_n_epochs for the monitor {saver.monitor}, got every_n_train_steps "
                "or train_time_interval, which save other weights than were scored; remove it."
            )
    best = folder.best.resolve()
    if savers and not any(saver.format_checkpoint_name({}) == str(best) for saver in savers.values()):
        name = next(iter(savers))
        raise Mistake(
            f"callbacks.{name}: expected {BEST} in the folder of the run, which is what is tested, got "
            f"{savers[name].format_checkpoint_name({})}; leave dirpath and filename=best as they are in one of them."
        )


def _has_batch_norm(model: nn.Module) -> bool:
    return StochasticWeightAveraging.pl_module_contains_batch_norm(model)  # type: ignore[arg-type]
