"""Trainings and sweeps from Python: the same plan, launchers and resume as ``cwmi-train``."""

import logging
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from hydra._internal.hydra import Hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, open_dict

from cwmi_seg.config.checked_loader import checked_loading
from cwmi_seg.config.errors import raised_mistakes
from cwmi_seg.interface.compose import Place, checked_overrides, compose, loader, search_path
from cwmi_seg.interface.hydra_state import own_hydra, own_logging
from cwmi_seg.interface.run import Run
from cwmi_seg.interface.study import Study
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.job import Job, describe
from cwmi_seg.training.child import train_in_child
from cwmi_seg.training.single_run import train_job


def train(config: DictConfig | Sequence[str] = (), *, config_dir: Place | None = None) -> Run:
    """Train a network and test it, in this process; a run that is done is not trained again.

    Interrupted, it leaves a run that the same call resumes, and so does ``cwmi-train`` with the same overrides.

    Args:
        config: Overrides as on the command line, ``["loss=dice", "trainer.max_epochs=3"]``; or a config of
            :func:`cwmi_seg.compose`, or of ``hydra.compose`` with ``return_hydra_config=True``.
        config_dir: Folder of your own configs, for overrides.

    Returns:
        The finished run.

    Raises:
        Mistake: Something in the config cannot be trained, or another process is training this run.
        KeyboardInterrupt: The cell was interrupted.
    """
    with raised_mistakes(), own_hydra(), _told(), _undisturbed():
        job = _job(config if isinstance(config, DictConfig) else compose("train", config, config_dir=config_dir))
        try:
            train_job(job)
        except SystemExit as stop:
            if stop.code != 1:
                raise
            raise Mistake(f"{job.folder}: expected a free run, got one that another process is training.") from None
    return Run(job.folder.path, job.spec.allowed_targets)


def sweep(overrides: Sequence[str], *, config_dir: Place | None = None) -> Study:
    """Train every combination of the overrides, each in a process of its own, and write the report of their study.

    As ``cwmi-train -m`` it skips what is done, resumes what was interrupted, retries what failed, and goes on after a
    failure: the column ``state`` of ``runs`` tells. ``launcher=parallel`` and others spread the runs.

    Args:
        overrides: With several values, ``["loss=cross_entropy,dice,cwmi", "fold=0,1,2", "study=vessels"]``.
        config_dir: Folder of your own configs.

    Returns:
        The study.

    Raises:
        Mistake: One of the runs has a config that cannot be trained; none is trained then.
        KeyboardInterrupt: The cell was interrupted.
    """
    words = checked_overrides(overrides)
    with raised_mistakes(), own_hydra(), own_logging(), checked_loading():
        config = loader(config_dir).load_configuration("train", words, RunMode.MULTIRUN)
        hydra = Hydra.create_main_hydra2("cwmi_seg", search_path(config_dir))
        try:
            hydra.multirun("train", _train_cell, words)
        except SystemExit as stop:
            if stop.code != 1:  # 1 says that not all runs are done, which the study tells as well
                raise
    return Study(config.study, config.paths.output, allowed_targets=list(config.allowed_targets))


def _train_cell(config: DictConfig) -> None:
    """What the launcher calls for each run, in whatever process it likes."""
    train_in_child(describe(config, HydraConfig.get()))


def _job(config: DictConfig) -> Job:
    own = deepcopy(config)  # which is completed below
    if "hydra" not in own:
        raise Mistake(
            "config: expected the names that were chosen in config.hydra, got a config without; use cwmi_seg.compose, "
            "or hydra.compose with return_hydra_config=True."
        )
    hydra: Any = own.hydra
    with open_dict(own):
        del own["hydra"]
    return describe(own, hydra)


@contextmanager
def _told() -> Iterator[None]:
    """Show what a training says, as the command does; through the handlers of the caller, where there are any."""
    logger = logging.getLogger("cwmi_seg")
    level, handler = logger.level, logging.StreamHandler(sys.stdout)
    if not logger.isEnabledFor(logging.INFO):
        logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Leave random numbers, filters of warnings, seeds in the environment and Ctrl-C to the caller as they were.

    Lightning ignores every further Ctrl-C after the first, for a process that is about to end.
    """
    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state()
    is_used = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    devices = range(torch.cuda.device_count()) if is_used else ()
    seeds = {name: os.environ.get(name) for name in ("PL_GLOBAL_SEED", "PL_SEED_WORKERS")}
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices):
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        for name, value in seeds.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, on_interrupt)
