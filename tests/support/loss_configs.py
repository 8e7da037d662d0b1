"""The losses of ``conf/loss``, made as a run makes them."""

import copy
from functools import cache
from importlib.util import find_spec
from typing import Any

from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.defaults_list import create_defaults_list
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import nn

from cwmi_seg.config.checked_loader import CheckedLoader
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.interface.compose import search_path
from cwmi_seg.interface.hydra_state import own_hydra

_OF_THE_EXTRA = () if find_spec("topolosses") else ("betti_matching", "dice_betti_matching")
LOSS_NAMES = sorted({path.stem for path in (conf_dir() / "loss").glob("*.yaml")} - set(_OF_THE_EXTRA))


@cache
def loss_config(name: str) -> DictConfig:
    """The group ``loss=name`` of a training config, composed without the rest of it: all losses take a second."""
    with own_hydra():
        made = CheckedLoader(search_path(None))
        files = CachingConfigRepository(made.repository)
        parts = create_defaults_list(files, f"loss/{name}", [], prepend_hydra=False, skip_missing=False).defaults
        return made._compose_config_from_defaults_list(parts, files).loss


def make_loss(name: str, axes: int = 2, **arguments: Any) -> nn.Module:
    """The loss of ``conf/loss/name.yaml``, with some arguments changed.

    The volumes of the tests (``axes`` 3) have few samples a side, enough for one scale.
    """
    config = copy.deepcopy(loss_config(name))
    if axes == 3:
        _set_one_scale(config)
    loss: nn.Module = instantiate(config, **arguments)
    return loss


def _set_one_scale(config: DictConfig) -> None:
    """In a loss, and in those that it is made of."""
    for key, value in config.items():
        if key == "num_scales":
            config[key] = 1
        elif isinstance(value, DictConfig):
            _set_one_scale(value)


def dimensions(loss: nn.Module) -> tuple[int, ...]:
    """Numbers of spatial axes that a loss is defined for."""
    defined: tuple[int, ...] = getattr(loss, "dimensions", (2, 3))
    return defined


ON_THE_CPU = (
    "betti_matching",
    "cbdice",
    "dice_betti_matching",
    "dice_cbdice",
    "dice_hausdorff",
    "dice_topograph",
    "hausdorff",
    "hu_topo",
    "skea_topo",
    "supervoxel",
    "topograph",
)
"""Losses that compute graphs, persistence, skeletons or distances of the prediction on the CPU in every step: a GPU
waits for them. All others are to run without a single wait."""
