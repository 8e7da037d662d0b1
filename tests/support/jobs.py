"""Jobs as the train command makes them, without training one."""

from hydra import compose, initialize_config_dir
from omegaconf import flag_override

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.schemas import register_schemas
from cwmi_seg.study.job import Job, describe


def described(*overrides: str) -> Job:
    """The job of a command line of ``cwmi-train``."""
    register_schemas()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("train", list(overrides), return_hydra_config=True)
    hydra = config.hydra
    with flag_override(config, ["struct", "readonly"], False):
        del config["hydra"]
    return describe(config, hydra)
