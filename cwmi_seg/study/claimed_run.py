"""Train one job in its claimed folder, so that nobody else trains it and its status tells how it ended."""

import logging
import traceback

from cwmi_seg.json_files import write_json
from cwmi_seg.ranks import is_first_process
from cwmi_seg.study.job import Job
from cwmi_seg.study.run_data import refuse_other_data
from cwmi_seg.study.run_state import (
    BEST,
    LAST,
    RESULTS,
    SPLIT,
    RunBusy,
    claim,
    is_done,
    refuse_other_config,
    write_status,
)

log = logging.getLogger(__name__)

_MADE_BY_TRAINING = (
    RESULTS, BEST, LAST, "metrics.csv", "test_images.csv", "config.yaml", "dataset.json", SPLIT,
)  # fmt: skip


def train_claimed(job: Job) -> None:
    """Train the job unless it is done or another process is training it; raises what the training raises."""
    if not is_first_process():
        _follow(job)
        return
    try:
        with claim(job.folder):
            if is_done(job.folder) and not job.config["overwrite"]:
                log.info("done before: %s; overwrite=true trains it again.", job.folder)
            else:
                _train(job)
    except RunBusy as busy:
        log.warning("%s", busy)


def _follow(job: Job) -> None:
    """Take part in a training that rank 0 has claimed."""
    from cwmi_seg import console
    from cwmi_seg.training import run_training

    console.quiet_libraries()
    logging.getLogger("cwmi_seg").setLevel(logging.WARNING)
    run_training(job.config, job.identity.to_dict(), job.folder)


def _train(job: Job) -> None:
    from cwmi_seg import console
    from cwmi_seg.training import run_training

    console.quiet_libraries()
    write_status(job.folder, "running")
    try:
        _take_over(job)
        results = run_training(job.config, job.identity.to_dict(), job.folder)
        write_status(job.folder, "done")
        console.conclude(results, job.folder)
    except BaseException as error:
        if not _is_interruption(error):
            write_status(job.folder, "failed", error=traceback.format_exc())
        raise


def _is_interruption(error: BaseException) -> bool:
    """Ctrl-C or a request to end, which Lightning may have turned into an exit: not a failure of the run."""
    from pytorch_lightning.utilities.exceptions import SIGTERMException

    return any(isinstance(e, KeyboardInterrupt | SIGTERMException) for e in (error, error.__context__))


def _take_over(job: Job) -> None:
    """Make sure that what is in the folder belongs to this run, or is removed where asked."""
    if job.config["overwrite"]:
        for name in _MADE_BY_TRAINING:
            (job.folder / name).unlink(missing_ok=True)
    for left in job.folder.glob(".*.ckpt.*.tmp"):
        left.unlink()  # of a process that was killed while it wrote
    refuse_other_config(job.folder, job.config)
    refuse_other_data(job.folder, job.config)
    write_json(job.folder / "identity.json", job.identity.to_dict())
