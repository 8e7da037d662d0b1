"""The names of runs that people have on disk: a config of before has the hash of before."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.study import identity
from cwmi_seg.study.identity import run_identity
from tests.support.jobs import described

NAMES = {
    (): "synthetic-unet-cwmi-f0-s0-e86ae56f",
    ("loss=dice", "seed=3"): "synthetic-unet-dice-f0-s3-d205f73a",
    ("scheduler=cosine", "optimizer=sgd"): "synthetic-unet-cwmi-f0-s0-22224ac0",
    ("scheduler=constant", "callbacks.checkpoint=null"): "synthetic-unet-cwmi-f0-s0-c99a1d30",
    (
        "split=kfold",
        "split.num_folds=5",
        "split.val_fraction=0.1",
        "split.seed=3",
    ): "synthetic-unet-cwmi-f0-s0-bbb877cf",
    ("dataset.split=kfold", "split.num_folds=5", "split.val_fraction=0.1", "split.seed=3", "fold=1"): (
        "synthetic-unet-cwmi-f1-s0-bbb877cf"
    ),
    ("dataset=chase_db1", "split=official", "split.groups=false"): "chase_db1-unet-cwmi-f0-s0-ce9515b6",
    ("dataset=chase_db1", "split.kind=mine.json"): "chase_db1-unet-cwmi-f0-s0-4cc3c778",
    ("experiment=mini_table",): "chase_db1-unet-cwmi-f0-s0-76486a6c",
    ("experiment=smoke",): "synthetic-unet-cwmi-f0-s0-5be033b8",
    ("dataset=chase_db1", "model=smp", "trainer=gpu", "fold=1"): "chase_db1-smp-cwmi-f1-s0-6b962d68",
    ("dataset=folder",): "folder-unet-cwmi-f0-s0-7604a76d",
    ("dataset=folder", "dataset.images.root=data/mine", "dataset.preparer.mask_suffix=_m"): (
        "folder-unet-cwmi-f0-s0-cb4d2d6c"
    ),
    ("dataset=snemi3d", "metrics=betti_matching", "augmentation=strong"): "snemi3d-unet-cwmi-f0-s0-f43dd543",
}
GOLDEN = Path(__file__).parents[1] / "goldens" / "hashes.txt"
"""A line for each dataset, model and loss that was shipped when it was written: ``DATASET MODEL LOSS HASH``."""


@pytest.mark.parametrize("overrides", NAMES)
def test_a_config_keeps_its_name(overrides: tuple[str, ...]) -> None:
    assert described(*overrides).identity.name == NAMES[overrides]


def test_a_later_key_at_its_neutral_value_leaves_the_hash_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"dataset": "a", "model": "b", "loss": "c"}
    config = {"fold": 0, "seed": 0, "data": {"batch_size": 4}}
    before = run_identity(config, names, []).hash
    monkeypatch.setattr(identity, "LATER", {"data.sharpness": 1.5, "balance": None})
    for later, same in ((1.5, True), (2, False)):
        added = {**config, "data": {"batch_size": 4, "sharpness": later}, "balance": None}
        assert (run_identity(added, names, []).hash == before) == same


@cache
def chosen(group: str, name: str) -> Any:
    """The resolved nodes of one choice of a group; the split is the only group that refers to another, the dataset."""
    config = compose("train", [f"{group}={name}"])
    kept = {group: config[group], **({"split": config.split} if group == "dataset" else {})}
    return OmegaConf.to_container(OmegaConf.create(kept | {"paths": config.paths}), resolve=True)


@pytest.mark.slow
def test_every_loss_with_every_network_on_every_dataset_keeps_its_hash() -> None:
    lines = [line.split() for line in GOLDEN.read_text().splitlines()]
    assert len(lines) > 1000
    rest = described().config
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        for dataset, model, loss, expected in lines:
            names = {"dataset": dataset, "model": model, "loss": loss}
            config = {**rest, **chosen("dataset", dataset), **chosen("model", model), **chosen("loss", loss)}
            assert run_identity(config, names, []).hash == expected, names
