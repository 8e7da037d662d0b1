"""``cwmi-train``: compose the config, train one run in its folder, skip it when it is done; with ``-m`` a sweep."""

import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from cwmi_seg.config.allowed_targets import check_targets, search_working_directory
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.study.job import Job, describe
from cwmi_seg.study.members import join_study
from cwmi_seg.study.refusals import refuse_other_data
from cwmi_seg.training.child import train_in_child
from cwmi_seg.training.claimed_run import train_claimed
from cwmi_seg.training.ranks import is_first_process

log = logging.getLogger("cwmi_seg")


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="train")
def _job(config: DictConfig) -> None:
    """One run; of a sweep, the launcher calls this in whatever process it likes, after the sweeper has joined it."""
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        train_in_child(describe(config, HydraConfig.get()))
        return
    with one_line_errors():
        job = describe(config, HydraConfig.get())
        if is_first_process():
            refuse_other_data(job)
            if job.folder.is_done():  # else the training joins it, once nothing in its config is refused
                join_study(job.spec.output, job.spec.study, job.identity)
            else:
                check_targets(job.config, job.spec.allowed_targets)  # before anything of the run is written
        with _log_file(job):
            train_claimed(job)


@contextmanager
def _log_file(job: Job) -> Iterator[None]:
    """Append what is logged, and the traceback of what is raised, to the log of the run."""
    if not is_first_process():
        yield
        return
    job.folder.path.mkdir(parents=True, exist_ok=True)
    file = _RunLog(job.folder.log, delay=True)
    file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logging.getLogger().addHandler(file)
    try:
        yield
    except SystemExit:  # whoever ends the command has said why
        raise
    except BaseException:
        file.emit(log.makeRecord(log.name, logging.ERROR, "", 0, traceback.format_exc(), (), None))
        raise
    finally:
        logging.getLogger().removeHandler(file)
        with suppress(OSError):
            file.close()


class _RunLog(logging.FileHandler):
    """Of a disk that is full or cannot be written: the line is lost, the command goes on."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)


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
