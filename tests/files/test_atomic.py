"""Every file that others read is the old one or the new one, whenever its writer ends."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from cwmi_seg.datasets.dataset_json import save_info
from cwmi_seg.files import atomic
from cwmi_seg.files.csv_files import write_rows
from cwmi_seg.files.json_files import write_json
from cwmi_seg.loading import weight_map_cache
from cwmi_seg.loading.splits import Split
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.training.checkpoints import AtomicCheckpoints
from tests.support.jobs import described
from tests.support.networks import dataset_info

WRITERS: dict[str, Callable[[Path], Any]] = {
    "a.txt": lambda path: atomic.write_text(path, "ä"),
    "a.json": lambda path: write_json(path, {}),
    "a.csv": lambda path: write_rows(path, [{"a": 1}]),
    "last.ckpt": lambda path: AtomicCheckpoints().save_checkpoint({}, path),
    "dataset.json": lambda path: save_info(dataset_info(), path.parent),
    "split.json": lambda path: Split(("a",), ("b",), ("c",)).write(path),
    "job.yaml": lambda path: replace(described(), folder=RunFolder(path.parent)).save(),
    "config.yaml": lambda path: RunFolder(path.parent).save_config({"seed": 0}),
    "map.npy": lambda path: weight_map_cache._write(path, np.zeros((1, 2, 2), np.float32)),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_writer_that_does_not_get_to_its_end_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "folder" / name
    WRITERS[name](path)
    path.write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            WRITERS[name](path)
    assert path.read_text() == "old"
    WRITERS[name](path)
    assert path.read_bytes() != b"old"
    assert [file.name for file in path.parent.iterdir()] == [name]


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_two_writers_of_one_file_have_files_of_their_own(tmp_path: Path) -> None:
    with atomic.replacing(tmp_path / "a") as first, atomic.replacing(tmp_path / "a") as second:
        first.write_text("first")
        second.write_text("second")
    assert (tmp_path / "a").read_text() == "first"


def test_a_config_is_read_back_as_it_was(tmp_path: Path) -> None:
    RunFolder(tmp_path).save_config({"classes": {0: 0, 255: 1}})
    assert OmegaConf.load(tmp_path / "config.yaml") == {"classes": {0: 0, 255: 1}}


@pytest.mark.parametrize("name", ["a" * 251 + ".png", "\U0001d4d0" * 62 + ".png"])
def test_a_file_of_the_longest_name_is_written(tmp_path: Path, name: str) -> None:
    atomic.write_text(tmp_path / name, "x")
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_full_disk_is_named_by_the_file_that_was_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"No space left on device: '.*/a\.json'"), atomic.replacing(tmp_path / "a.json"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_a_killed_process_was_writing_is_removed_and_what_others_write_is_not(tmp_path: Path) -> None:
    code = "import os, pathlib, sys; from cwmi_seg.files.atomic import replacing; path = pathlib.Path(sys.argv[1])\n"
    code += "with replacing(path) as temporary: temporary.write_text('half'); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "deep" / "a.png")], cwd=Path(__file__).parents[2])
    (left,) = (tmp_path / "deep").iterdir()
    for name, age in ((f".old.{'0' * 32}.tmp", 2), (f".new.{'0' * 32}.tmp", 0), (".a.tmp", 2)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (time.time() - age * 86400,) * 2)
    with atomic.replacing(tmp_path / "b.png") as temporary:
        temporary.write_text("ours")
        atomic.remove_abandoned(tmp_path)
        assert temporary.is_file()
    assert not left.exists()
    assert sorted(file.name for file in tmp_path.glob("*")) == [".a.tmp", f".new.{'0' * 32}.tmp", "b.png", "deep"]
