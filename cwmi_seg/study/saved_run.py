"""Config and weights of a run, read from its folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf

from cwmi_seg.study.run_state import BEST, LAST
from cwmi_seg.targets import check_target_names


def load_config(folder: Path, allowed_targets: Sequence[str] = ()) -> dict[str, Any]:
    """The resolved config that a run was trained with; before a part is built, it goes through ``check_targets``.

    Raises:
        FileNotFoundError: the folder holds no run.
        ValueError: its config names a target outside the allowed packages.
    """
    path = folder / "config.yaml"
    if not path.is_file():
        raise FileNotFoundError(f"run: expected the folder of a run, got {folder} without config.yaml; check the path.")
    config: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(path), resolve=True)  # type: ignore[assignment]
    check_target_names(config, allowed_targets)
    return config


def load_weights(folder: Path) -> dict[str, Any]:
    """The checkpoint of :func:`weights_path`, on the CPU, tensors and plain values only."""
    checkpoint: dict[str, Any] = torch.load(weights_path(folder), map_location="cpu", weights_only=True)
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
