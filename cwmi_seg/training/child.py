"""One job of a sweep in a process of its own: an exit, a kill or a crash of it ends nothing else.

Hydra's basic and joblib launchers run jobs inside their own processes and end the whole sweep with any of them.
A fresh process also begins without what another run has left in memory, on the device or in W&B. It costs the
imports, about four seconds a run.
"""

import faulthandler
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from cwmi_seg.config.error_lines import error_line
from cwmi_seg.files.printable import printable_logs
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.job import Job
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_lock import RunBusy
from cwmi_seg.training.epoch_shares import wait_and_tell

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "cwmi_seg.training.child")
_GRACE = 20.0  # seconds that a child gets to end by itself after Ctrl-C


def train_in_child(job: Job) -> None:
    """Train the job in a child process and wait for it; how it ended is in its status. Never raises for a failure.

    What the child prints is appended to the log of its folder.
    """
    if job.folder.is_done() and not job.spec.overwrite:
        log.info("done     %s, before", job.identity.name)
        return
    log.info("start    %s", job.identity.name)
    start = time.monotonic()
    try:
        child = _started(job)
        _wait(child, job.folder)
        _record_death(job.folder, child)
    except OSError as error:  # of a full disk, which takes no status either
        log.error("failed   %s  %s", job.identity.name, error_line(error))
        return
    log.info("%s", _outcome(job, time.monotonic() - start))


def _started(job: Job) -> "subprocess.Popen[bytes]":
    # by a file: a config is too long for a command line, and shown to everyone by ps
    command = [*COMMAND, str(job.save())]
    with job.folder.log.open("a") as output:
        # nothing is ever written to stdin: its closing tells the child that nobody waits for it any more
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env=_environment()
        )


def _environment() -> dict[str, str]:
    """Without the variable by which Lightning takes one task of a Slurm array for one of its ranks."""
    return {key: value for key, value in os.environ.items() if key != "SLURM_NTASKS"}


def _wait(child: "subprocess.Popen[bytes]", folder: RunFolder) -> None:
    try:
        wait_and_tell(child, folder)
    except KeyboardInterrupt:
        child.terminate()  # where Ctrl-C has not reached it; not SIGINT, whose second one would strike in the clean-up
        with suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE)
        raise
    finally:
        assert child.stdin is not None
        child.stdin.close()  # ends what is left of it, see _end_with_parent
        if child.poll() is None:
            child.kill()
            child.wait()  # else its claim makes it look as if it ran on


def _record_death(folder: RunFolder, child: "subprocess.Popen[bytes]") -> None:
    """Give a child that ended without a word the status failed, unless another process has the run by now."""
    try:
        # with the lock, so that the status of another process that has taken the run over is left alone
        with folder.claim(wait=0.5):
            status = folder.status()
            if not folder.is_done() and (status.state, status.pid) != ("failed", child.pid):
                folder.write_status("failed", error=_cause(child.returncode))
    except RunBusy:
        pass


def _cause(code: int) -> str:
    if code >= 0:
        return f"The process ended with exit status {code} before it had results."
    hint = ", perhaps for want of memory" if code == -signal.SIGKILL else ""
    return f"The process was killed by {signal.Signals(-code).name}{hint}."


def _outcome(job: Job, seconds: float) -> str:
    status, name = job.folder.status(), job.identity.name
    state = job.folder.state(status)
    if state == "done":
        return f"done     {name}  {_score(job.folder)}  {seconds:.0f} s"
    if state == "running":
        return f"busy     {name}, process {status.pid} on {status.host} is training it"
    if job.folder.is_claimed():
        return f"busy     {name}, another process is starting it"
    return f"failed   {name}  {status.reason}"


def _score(folder: RunFolder) -> str:
    """The first test score."""
    try:
        results = folder.results()
    except Mistake as error:
        return str(error)
    scores = results.test if results is not None else {}
    return next((f"{metric} {score.mean:.4f}" for metric, score in scores.items()), "")


def _end_with_parent() -> None:
    """Kill this process when the pipe on its standard input closes: its parent is dead, or has given it up."""

    def watch() -> None:
        # reading blocks until the parent's end of the pipe is closed, which the system does however the parent dies
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """``python -m cwmi_seg.training.child JOB.yaml``: what the parent starts, and Lightning for the other ranks."""
    _end_with_parent()
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    from cwmi_seg.training.claimed_run import train_claimed

    with printable_logs():
        train_claimed(Job.load(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
