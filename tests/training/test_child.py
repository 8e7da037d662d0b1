"""A job in a process of its own: however that ends, the status says so and the caller goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.job import Job
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.training import child
from tests.support.jobs import described

IDENTITY = RunIdentity("synthetic", "unet", "dice", 0, 0, "0123abcd")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    config = described("dataset=folder", "dataset.preparer.classes={0: 0, 255: 1}").config  # keys that are numbers
    return Job(IDENTITY, RunFolder.of(tmp_path, IDENTITY), config)


def acts(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let the child process do this, in place of a training, in the run folder ``folder``."""
    begin = "import os, sys, pathlib; folder = pathlib.Path(sys.argv[1]).parent\n"
    monkeypatch.setattr(child, "COMMAND", (sys.executable, "-c", begin + code))


def test_a_job_is_read_back_as_it_was(job: Job) -> None:
    assert Job.load(job.save()) == job


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("raise RuntimeError('boom')", "ended with exit status 1"),
        ("sys.exit(0)", "ended with exit status 0"),
        ("os._exit(7)", "ended with exit status 7"),
        ("os.kill(os.getpid(), 9)", "was killed by SIGKILL, perhaps for want of memory"),
        ("os.kill(os.getpid(), 15)", "was killed by SIGTERM"),
    ],
)
def test_a_child_that_ends_without_results_has_failed(
    job: Job, monkeypatch: pytest.MonkeyPatch, code: str, cause: str
) -> None:
    acts(monkeypatch, f"print('so far', flush=True); {code}")
    child.train_in_child(job)
    assert job.folder.state() == "failed"
    assert cause in str(job.folder.status().error)
    log = (job.folder.path / "train.log").read_text()
    assert log.startswith("so far\n")
    assert ("RuntimeError: boom" in log) == ("boom" in code)


def test_the_traceback_that_the_child_wrote_is_kept(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    state = '\'{"state": "failed", "pid": \' + str(os.getpid()) + \', "error": "ValueError: mine"}\''
    acts(monkeypatch, f"(folder / 'status.json').write_text({state}); sys.exit(1)")
    child.train_in_child(job)
    assert job.folder.status().error == "ValueError: mine"


def test_results_make_the_child_a_success_and_are_not_made_twice(
    job: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    results = json.dumps({"test": {"miou": {"mean": 0.75, "std": 0.0}}})
    acts(monkeypatch, f"(folder / 'config.yaml').touch(); (folder / 'results.json').write_text({results!r})")
    child.train_in_child(job)
    assert job.folder.state() == "done"
    assert "miou 0.7500" in caplog.messages[-1]
    acts(monkeypatch, "raise SystemExit('started again')")
    child.train_in_child(job)
    assert "before" in caplog.messages[-1]


def test_a_run_that_another_process_trains_is_left_to_it(
    job: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    acts(monkeypatch, "")
    with job.folder.claim():
        job.folder.write_status("running")
        child.train_in_child(job)
        assert job.folder.state() == "running"
    assert f"process {os.getpid()} on" in caplog.messages[-1]


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    code = """
import os, subprocess, sys, time
child = "import os, time; from cwmi_seg.training.child import _end_with_parent; _end_with_parent(); "
child += "print(os.getpid(), flush=True); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout:
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    for _ in range(100):
        if not _runs(pid):
            break
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_ctrl_c_of_the_parent_alone_ends_the_child_at_once_and_frees_its_run(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_GRACE", 0.2)
    acts(
        monkeypatch,
        "import signal, time\nsignal.signal(15, lambda *_: (folder / 'asked').touch())\n"
        "(folder / 'ready').touch()\ntime.sleep(30)\ntime.sleep(30)",
    )
    children: list[subprocess.Popen[bytes]] = []
    started = child._started

    def interrupted_when_ready(job: Job) -> "subprocess.Popen[bytes]":
        children.append(started(job))
        original, calls = children[0].wait, []

        def wait(timeout: float | None = None) -> int:
            calls.append(1)
            if len(calls) > 1:
                return original(timeout)
            while not (job.folder.path / "ready").exists():
                time.sleep(0.01)
            raise KeyboardInterrupt

        children[0].wait = wait  # type: ignore[method-assign]
        return children[0]

    monkeypatch.setattr(child, "_started", interrupted_when_ready)
    with pytest.raises(KeyboardInterrupt):
        child.train_in_child(job)
    assert (job.folder.path / "asked").exists()
    assert children[0].returncode is not None


def test_a_full_disk_ends_one_job_and_says_so(
    job: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "job.yaml")

    monkeypatch.setattr(Job, "save", full)
    child.train_in_child(job)
    assert f"failed   {IDENTITY.name}  job.yaml: cannot be written (No space left on device)" in caplog.messages[-1]
