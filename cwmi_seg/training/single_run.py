"""One run, trained in this process with a log of its own: what ``cwmi-train`` and ``cwmi_seg.train`` have in common."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.study.job import Job
from cwmi_seg.study.members import join_study
from cwmi_seg.study.refusals import refuse_other_data
from cwmi_seg.training.claimed_run import train_claimed
from cwmi_seg.training.ranks import is_first_process

log = logging.getLogger("cwmi_seg")


def train_job(job: Job) -> None:
    """Train the job, or resume it, unless it is done; it is a run of its study afterwards.

    Raises:
        SystemExit: as :func:`~cwmi_seg.training.claimed_run.train_claimed`.
    """
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
