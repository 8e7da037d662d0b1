"""The names of runs that people have on disk: a config of before has the hash of before."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf, flag_override

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.schemas import register_schemas
from cwmi_seg.study.identity import run_identity
from cwmi_seg.study.job import Job, describe

NAMES = {
    (): "synthetic-unet-cwmi-f0-s0-e86ae56f",
    ("loss=dice", "seed=3"): "synthetic-unet-dice-f0-s3-d205f73a",
    ("scheduler=cosine", "optimizer=sgd"): "synthetic-unet-cwmi-f0-s0-22224ac0",
    ("scheduler=constant", "callbacks.checkpoint=null"): "synthetic-unet-cwmi-f0-s0-c99a1d30",
    ("experiment=smoke",): "synthetic-unet-cwmi-f0-s0-5be033b8",
    ("dataset=chase_db1", "model=smp", "trainer=gpu", "fold=1"): "chase_db1-smp-cwmi-f1-s0-6b962d68",
    ("dataset=snemi3d", "metrics=betti_matching", "augmentation=strong"): "snemi3d-unet-cwmi-f0-s0-f43dd543",
}
GOLDEN = Path(__file__).parent / "goldens" / "hashes.txt"
"""A line for each dataset, model and loss that was shipped when it was written: ``DATASET MODEL LOSS HASH``."""


def described(*overrides: str) -> Job:
    register_schemas()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("train", list(overrides), return_hydra_config=True)
    hydra = config.hydra
    with flag_override(config, ["struct", "readonly"], False):
        del config["hydra"]
    return describe(config, hydra)


@pytest.mark.parametrize("overrides", NAMES)
def test_a_config_keeps_its_name(overrides: tuple[str, ...]) -> None:
    assert described(*overrides).identity.name == NAMES[overrides]


@cache
def chosen(group: str, name: str) -> Any:
    """The resolved node of one choice of a group; the groups do not refer to each other."""
    return OmegaConf.to_container(compose("train", [f"{group}={name}"])[group], resolve=True)


def test_every_loss_with_every_network_on_every_dataset_keeps_its_hash() -> None:
    lines = [line.split() for line in GOLDEN.read_text().splitlines()]
    assert len(lines) > 1000
    rest = described().config
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        for dataset, model, loss, expected in lines:
            names = {"dataset": dataset, "model": model, "loss": loss}
            config = {**rest, **{group: chosen(group, name) for group, name in names.items()}}
            assert run_identity(config, names, []).hash == expected, names
