"""Config and weights of a run, read from its folder."""

from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from cwmi_seg.config.allowed_targets import check_target_names
from cwmi_seg.study.run_state import BEST, LAST
from cwmi_seg.study.saved_config import read_config
from cwmi_seg.training.checkpoints import refuse_bomb


def load_config(folder: Path, allowed_targets: Sequence[str] = ()) -> dict[str, Any]:
    """The resolved config that a run was trained with; before a part is built, it goes through ``check_targets``.

    Raises:
        FileNotFoundError: the folder holds no run.
        ValueError: its config is damaged, too large or not resolved, or names a target outside the allowed packages.
    """
    path = folder / "config.yaml"
    if not path.is_file():
        raise FileNotFoundError(f"run: expected the folder of a run, got {folder} without config.yaml; check the path.")
    config = read_config(path)
    check_target_names(config, allowed_targets)
    return config


def load_weights(folder: Path) -> dict[str, Any]:
    """The checkpoint of :func:`weights_path`, on the CPU, tensors and plain values only.

    Raises:
        ValueError: it is damaged, larger unpacked than it should be, or holds other objects, which could run anything
            when they are read.
    """
    path = weights_path(folder)
    refuse_bomb(path)
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError) as error:
        raise ValueError(
            f"{path}: expected tensors and plain values, got others, or a damaged file; train the run again."
        ) from error
    return checkpoint


def weights_path(folder: Path) -> Path:
    """The checkpoint of the best epoch, of the last where there is no best.

    Raises:
        FileNotFoundError: neither is there.
    """
    for name in (BEST, LAST):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"run: expected {BEST} or {LAST} in {folder}, got neither; train the run first.")
