"""Jobs as the train command makes them, without training one."""

from omegaconf import flag_override

from cwmi_seg.study.job import Job, describe
from tests.support.composed import composed


def described(*overrides: str) -> Job:
    """The job of a command line of ``cwmi-train``."""
    config = composed("train", *overrides)
    hydra = config.hydra
    with flag_override(config, ["struct", "readonly"], False):
        del config["hydra"]
    return describe(config, hydra)
