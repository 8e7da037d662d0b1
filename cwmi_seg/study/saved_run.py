"""Config and weights of a run, read from its folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cwmi_seg.config.allowed_targets import check_target_names
from cwmi_seg.files.checkpoint_files import load_checkpoint
from cwmi_seg.study.run_state import BEST, LAST
from cwmi_seg.study.saved_config import read_config


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
    return load_checkpoint(weights_path(folder))


def weights_path(folder: Path) -> Path:
    """The checkpoint of the best epoch, of the last where there is no best.

    Raises:
        FileNotFoundError: neither is there.
    """
    for name in (BEST, LAST):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"run: expected {BEST} or {LAST} in {folder}, got neither; train the run first.")
