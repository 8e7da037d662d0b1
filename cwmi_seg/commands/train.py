"""``cwmi-train``: compose the config, train one run in its folder, skip it when it is done; with ``-m`` a sweep."""

import os

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from cwmi_seg.config.allowed_targets import search_working_directory
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.study.job import describe
from cwmi_seg.training.child import train_in_child
from cwmi_seg.training.single_run import train_job


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="train")
def _job(config: DictConfig) -> None:
    """One run; of a sweep, the launcher calls this in whatever process it likes, after the sweeper has joined it."""
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        train_in_child(describe(config, HydraConfig.get()))
        return
    with one_line_errors():
        train_job(describe(config, HydraConfig.get()))


def _wait_briefly() -> None:
    """Let the threads of torch sleep after a short wait for each other: libgomp's long one starves busy cores.

    Beside other work the small U-Net then trains in two thirds of the time (docs/performance.md). Read when torch is
    first imported, by this process and its children.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def main() -> None:
    """Entry point; the working directory is searched for the user's own modules."""
    _wait_briefly()
    search_working_directory()
    run_command(_job)


if __name__ == "__main__":
    main()
