"""The names of runs that people have on disk: a config of before has the hash of before."""

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import flag_override

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.schemas import register_schemas
from cwmi_seg.study.job import describe

NAMES = {
    (): "synthetic-unet-cwmi-f0-s0-e86ae56f",
    ("loss=dice", "seed=3"): "synthetic-unet-dice-f0-s3-d205f73a",
    ("scheduler=cosine", "optimizer=sgd"): "synthetic-unet-cwmi-f0-s0-22224ac0",
    ("scheduler=constant", "callbacks.checkpoint=null"): "synthetic-unet-cwmi-f0-s0-c99a1d30",
    ("experiment=smoke",): "synthetic-unet-cwmi-f0-s0-5be033b8",
    ("dataset=chase_db1", "model=smp", "trainer=gpu", "fold=1"): "chase_db1-smp-cwmi-f1-s0-6b962d68",
    ("dataset=snemi3d", "metrics=betti_matching", "augmentation=strong"): "snemi3d-unet-cwmi-f0-s0-f43dd543",
}


@pytest.mark.parametrize("overrides", NAMES)
def test_a_config_keeps_its_name(overrides: tuple[str, ...]) -> None:
    register_schemas()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("train", list(overrides), return_hydra_config=True)
    hydra = config.hydra
    with flag_override(config, ["struct", "readonly"], False):
        del config["hydra"]
    assert describe(config, hydra).identity.name == NAMES[overrides]
