"""Train one job in its claimed folder, so that nobody else trains it and its status tells how it ended."""

import logging
import traceback

from cwmi_seg.config.error_lines import error_line
from cwmi_seg.config.errors import INTERRUPTED, TERMINATED
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.job import Job
from cwmi_seg.study.refusals import refuse_other_config, refuse_other_data
from cwmi_seg.study.run_lock import RunBusy
from cwmi_seg.training.ranks import is_first_process

log = logging.getLogger(__name__)


def train_claimed(job: Job) -> None:
    """Train the job unless it is done; raises what the training raises.

    Raises:
        SystemExit: 1 if another process is training it, 130 after Ctrl-C, 143 after SIGTERM.
    """
    if not is_first_process():
        _follow(job)
        return
    try:
        if not _done_before(job):  # asked without the lock first, which a disk that cannot be written refuses
            with job.folder.claim():
                if not _done_before(job):  # and again with it, for the other process may just have ended
                    _train(job)
    except RunBusy as busy:
        log.error("%s", busy)
        raise SystemExit(1) from None


def _done_before(job: Job) -> bool:
    if not job.folder.is_done() or job.spec.overwrite:
        return False
    log.info("done before: %s; overwrite=true trains it again.", job.folder)
    return True


def _follow(job: Job) -> None:
    """Take part in a training that rank 0 has claimed."""
    from cwmi_seg.training import console
    from cwmi_seg.training.run import run_training

    console.quiet_libraries()
    logging.getLogger("cwmi_seg").setLevel(logging.WARNING)
    run_training(job)


def _train(job: Job) -> None:
    from cwmi_seg.training import console
    from cwmi_seg.training.run import run_training

    console.quiet_libraries()
    job.folder.write_status("running")
    try:
        _take_over(job)
        results = run_training(job)
        job.folder.write_status("done")
        console.conclude(results, job.folder)
    except BaseException as error:
        code = _interruption(error)
        if code is None:
            job.folder.write_status("failed", error=traceback.format_exc(), message=_message(error))
            raise
        log.warning("interrupted %s", _how_far(job))
        raise SystemExit(code) from None


def _message(error: BaseException) -> str:
    """In one line; the kind of error where it is no mistake of the user, whose message says all."""
    line = error_line(error)
    return line if isinstance(error, Mistake | OSError) else f"{type(error).__name__}: {line}"


def _interruption(error: BaseException) -> int | None:
    """The exit status after Ctrl-C or a request to end, which Lightning may have turned into an exit: no failure."""
    from pytorch_lightning.utilities.exceptions import SIGTERMException

    # Lightning turns Ctrl-C into SystemExit while it cleans up, and keeps the cause as the context
    chain = (error, error.__context__)
    if any(isinstance(each, SIGTERMException) for each in chain):
        return TERMINATED
    return INTERRUPTED if any(isinstance(each, KeyboardInterrupt) for each in chain) else None


def _how_far(job: Job) -> str:
    if not job.folder.last.is_file():
        return "before the first checkpoint; the same command starts again"
    status, again = job.folder.status(), "without overwrite=true " if job.spec.overwrite else ""
    return f"after epoch {status.how_far}; {again}the same command resumes"


def _take_over(job: Job) -> None:
    """Make sure that what is in the folder belongs to this run, or is removed where asked."""
    if job.spec.overwrite:
        job.folder.clear()
    job.folder.remove_halves()
    refuse_other_config(job.folder, job.config)
    refuse_other_data(job)
    job.folder.save_identity(job.identity)
