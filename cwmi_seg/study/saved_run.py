"""Config and weights of a run, read from its folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf

from cwmi_seg.targets import check_targets


def load_config(folder: Path, allowed_targets: Sequence[str] = ()) -> dict[str, Any]:
    """The resolved config that a run was trained with.

    Raises:
        FileNotFoundError: the folder holds no run.
        ValueError: its config names a target outside the allowed packages.
    """
    path = folder / "config.yaml"
    if not path.is_file():
        raise FileNotFoundError(f"run: expected the folder of a run, got {folder} without config.yaml; check the path.")
    config: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(path), resolve=True)  # type: ignore[assignment]
    check_targets(config, allowed_targets)
    return config


def load_weights(folder: Path) -> dict[str, Any]:
    """The checkpoint of the best epoch (the last where there is no best), on the CPU, tensors and plain values only."""
    for name in ("best.ckpt", "last.ckpt"):
        if (folder / name).is_file():
            return torch.load(folder / name, map_location="cpu", weights_only=True)
    raise FileNotFoundError(f"run: expected best.ckpt or last.ckpt in {folder}, got neither; train the run first.")
