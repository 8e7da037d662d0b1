"""A sweep tells how far its runs are."""

import logging
import subprocess
from pathlib import Path

import pytest

from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.training.epoch_shares import wait_and_tell


class Training:
    """Stands for the process of a run: every look at it finds some epochs more, until it has ended."""

    def __init__(self, folder: RunFolder, epochs: list[int | None]) -> None:
        self.folder, self.epochs = folder, epochs

    def wait(self, timeout: float) -> None:
        if not self.epochs:
            return
        epoch = self.epochs.pop(0)
        self.folder.write_status("running", epoch=epoch, max_epochs=20, best=0.5)
        self.folder.save_epochs([{"epoch": number, "train/seconds": 3.0} for number in range(epoch or 0)])
        raise subprocess.TimeoutExpired("train", timeout)


def told(folder: RunFolder, epochs: list[int | None], caplog: pytest.LogCaptureFixture) -> list[str]:
    folder.path.mkdir(exist_ok=True)
    caplog.set_level(logging.INFO)
    wait_and_tell(Training(folder, epochs), folder)  # type: ignore[arg-type]
    return [record.getMessage() for record in caplog.records]


def test_a_line_for_every_fifth_of_the_epochs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = told(RunFolder(tmp_path / "run"), [None, 1, 3, 4, 4, 5, 11, 20], caplog)
    assert lines == [
        "epoch    run  4/20  best val/miou 0.5000  0:00:48 left",
        "epoch    run  11/20  best val/miou 0.5000  0:00:27 left",
        "epoch    run  20/20  best val/miou 0.5000  0:00:00 left",
    ]


def test_a_run_that_begins_anew_or_goes_on_is_told_from_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.write_status("done", epoch=20, max_epochs=20)
    assert [line.split()[2] for line in told(folder, [20, 1, 8], caplog)] == ["8/20"]
