"""One training run inside its folder: fit, test the best epoch, write the results."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from lightning_fabric.plugins import CheckpointIO
from pytorch_lightning.callbacks import Callback, ModelCheckpoint, ProgressBar
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities.exceptions import MisconfigurationException  # type: ignore[attr-defined]

from cwmi_seg.callbacks.epoch_table import EpochTable
from cwmi_seg.callbacks.kept_checkpoints import KeptCheckpoints
from cwmi_seg.callbacks.last_checkpoint import LastCheckpoint
from cwmi_seg.callbacks.status import StatusFile
from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.config.target import Target
from cwmi_seg.files.checkpoint_files import refuse_bomb
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.class_scores import class_table
from cwmi_seg.study.job import Job
from cwmi_seg.study.members import join_study
from cwmi_seg.study.monitored import is_of_validation
from cwmi_seg.study.refusals import refuse_removed
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_results import RunResults
from cwmi_seg.training import console
from cwmi_seg.training.build import Parts, build
from cwmi_seg.training.checkpoints import AtomicCheckpoints
from cwmi_seg.training.ranks import is_first_process
from cwmi_seg.training.results import task_scores
from cwmi_seg.training.trainer_checks import check_callbacks, check_device


def run_training(job: Job) -> RunResults:
    """Train, or finish what an interrupted training left, and test; all files of the run are written meanwhile."""
    # again, in this process: the job may have come by a file, and now modules are imported
    check_targets(job.config, job.spec.allowed_targets)
    if is_first_process():
        job.folder.save_config(job.config)
    logger = job.spec.logger.make() if job.spec.logger is not None else None
    exit_code = 1
    try:
        if logger is not None:
            # first of all: a run that fails while it is built is recorded too
            logger.log_hyperparams({**job.identity.to_dict(), "config": job.config})
        results = _fit_and_test(job, logger)
        exit_code = 0
        return results
    except Mistake:
        raise
    except (
        ValueError,
        MisconfigurationException,
    ) as error:  # of torch, Lightning or a plug-in
        raise Mistake(f"{error} (traceback in {job.folder.log})") from error
    finally:
        finish = getattr(logger, "finish", None)
        if finish is not None:
            finish(exit_code)


def _fit_and_test(job: Job, logger: Logger | None) -> RunResults:
    spec, folder = job.spec, job.folder
    # before anything is built, for the initial weights are drawn where the network is made
    pl.seed_everything(spec.seed, verbose=False)
    parts = build(spec)
    if is_first_process():
        folder.save_split(parts.split)
        folder.save_info(parts.source.info)
    callbacks = {name: target.make() for name, target in spec.callbacks.items()}
    check_callbacks(callbacks, parts.task, folder)
    trainer = build_trainer(spec.trainer, folder, logger, list(callbacks.values()))
    check_device(trainer.strategy.root_device)
    _refuse_no_training(trainer)
    if is_first_process():  # only now: what was refused so far must not stand in the report
        join_study(spec.output, spec.study, job.identity)
    resumed = folder.last.is_file()
    if resumed:
        refuse_bomb(folder.last)
    console.announce(job, parts, trainer, resumed=resumed)
    trainer.fit(parts.task, datamodule=parts.data, ckpt_path=str(folder.last) if resumed else None, weights_only=True)
    return _test(trainer, parts, job)


def build_trainer(
    target: Target, folder: RunFolder, logger: Logger | None, callbacks: Sequence[Callback]
) -> pl.Trainer:
    """The Lightning trainer with the callbacks of the config and those that every run has."""
    _save_when_scored(callbacks)
    # before those of the user: what they write of an epoch is there when a checkpoint of it is saved
    own = [EpochTable(folder), StatusFile(folder), KeptCheckpoints()]
    trainer: pl.Trainer = target.make(
        logger=logger if logger is not None else False,
        callbacks=[*own, *callbacks, *_every_last(callbacks, folder)],
        enable_progress_bar=any(isinstance(callback, ProgressBar) for callback in callbacks),
        enable_checkpointing=any(isinstance(callback, ModelCheckpoint) for callback in callbacks),
        default_root_dir=str(folder),
        plugins=_plugins(target.arguments.get("plugins")),
    )
    return trainer


def _plugins(named: object) -> list[object]:
    """Those that the config names, and our way to write checkpoints unless one of them is another."""
    nodes = named if isinstance(named, list) else [named] if named else []
    own = [instantiate(node, _convert_="all") if isinstance(node, Mapping) else node for node in nodes]
    return own if any(isinstance(plugin, CheckpointIO) for plugin in own) else [*own, AtomicCheckpoints()]


def _save_when_scored(callbacks: Sequence[Callback]) -> None:
    """At the end of the epoch the weights are others than those of a validation within it."""
    for saver in callbacks:
        if isinstance(saver, ModelCheckpoint) and is_of_validation(saver.monitor or ""):
            saver._save_on_train_epoch_end = False


def _refuse_no_training(trainer: pl.Trainer) -> None:
    """The scores of the initial weights are no result, nor are those of no image."""
    for name in ("max_epochs", "max_steps", "limit_train_batches", "limit_test_batches"):
        if getattr(trainer, name) == 0:
            raise Mistake(f"trainer.{name}: expected more than 0, got 0; leave it out, or use for example 1.")


def _every_last(callbacks: Sequence[Callback], folder: RunFolder) -> list[Callback]:
    """Takes ``save_last`` over from those that have it, which would skip the epochs that are not the best so far."""
    savers = [callback for callback in callbacks if isinstance(callback, ModelCheckpoint) and callback.save_last]
    for saver in savers:
        saver.save_last = False  # else the same file is written twice in the epochs that are
    return [LastCheckpoint(folder.last)] if savers else []


def _test(trainer: pl.Trainer, parts: Parts, job: Job) -> RunResults:
    task, data, folder = parts.task, parts.data, job.folder
    _refuse_lost(trainer)
    if folder.best.is_file():
        task.load_state_dict(torch.load(folder.best, map_location="cpu", weights_only=True)["state_dict"])
    # the weights were loaded above: the path that Lightning remembers may be gone after a move
    start = time.perf_counter()
    trainer.test(task, datamodule=data, verbose=False)
    found, epochs = task_scores(task, data, parts.source.info), folder.epochs()
    found = found.with_results(
        best_epoch=_best_epoch(folder.best),
        epochs=len(epochs),
        # an epoch that ended within, by trainer.max_time for example, has no time
        train_seconds=sum(row.get("train/seconds") or 0 for row in epochs),
        test_seconds=time.perf_counter() - start,
        identity=job.identity,
    )
    if trainer.is_global_zero:
        refuse_removed(folder)
        folder.save_results(found.results, found.rows, found.confusions)
        _log_classes(trainer.loggers, found.results)
    return found.results


def _log_classes(loggers: Sequence[Logger], results: RunResults) -> None:
    table = class_table(results)
    rows = [[row.name, row.num_images, *row.values] for row in table.rows]
    for logger in loggers:
        if table.rows and hasattr(logger, "log_table"):
            logger.log_table("test/classes", ["class", "images", *table.metrics], rows)


def _refuse_lost(trainer: pl.Trainer) -> None:
    """Without the weights of the best epoch, the test would take those of the last for them."""
    for saver in trainer.checkpoint_callbacks:
        path = getattr(saver, "best_model_path", "")
        if path and not Path(path).is_file():
            raise Mistake(f"{path}: expected the best weights of this training, got no file; put it back.")


def _best_epoch(best: Path) -> int | None:
    return int(torch.load(best, map_location="cpu", weights_only=True)["epoch"]) if best.is_file() else None
