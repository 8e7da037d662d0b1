"""A preparation that is killed at any moment, then run again, ends like one that was not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import check, prepare
from cwmi_seg.datasets.workspace import workspace
from tests.support import fake_data
from tests.support.listing import listing

KILLED = """
import os, signal, sys, shutil
from pathlib import Path
import cwmi_seg.datasets.{module} as module

original, calls = module.{name}, []

def killed(*args, **options):
    calls.append(1)
    if len(calls) == {call}:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*args, **options)

module.{name} = killed
from cwmi_seg.datasets import preparation
from cwmi_seg.datasets.folder import ImageFolder
preparation.prepare(ImageFolder(), Path(sys.argv[1]), Path(sys.argv[2]), options="new", overwrite=True)
"""


def kill_in(raw: Path, target: Path, module: str, name: str, call: int) -> None:
    code = KILLED.format(module=module, name=name, call=call)
    done = subprocess.run([sys.executable, "-c", code, raw, target], cwd=Path(__file__).parents[2])
    assert done.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name", "call", "replaced"),
    [
        ("archive", "_check", 2, False),
        ("writer", "_save", 4, False),
        ("writer", "save_info", 1, True),
        ("preparation", "publish", 1, True),
        ("workspace", "Path.rename", 2, True),
        ("workspace", "os.open", 2, True),
    ],
)
def test_killed_and_run_again(tmp_path: Path, module: str, name: str, call: int, replaced: bool) -> None:
    import shutil

    folder = fake_data.write_folder(tmp_path / "raw")
    raw = Path(shutil.make_archive(str(folder), "zip", folder))
    whole, target = tmp_path / "whole" / "set", tmp_path / "cut" / "set"
    prepare(ImageFolder(), raw, whole, options="new")
    if replaced:
        prepare(ImageFolder(), raw, target, options="old")
    before = listing(target)
    kill_in(raw, target, module, name, call)
    assert listing(target) in (before, {}, listing(whole)), "old, nothing or new, but no half"
    assert prepare(ImageFolder(), raw, target, options="new", overwrite=True)
    assert listing(target.parent) == listing(whole.parent)
    check(target)


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    raw = fake_data.write_folder(tmp_path / "raw")
    with workspace(tmp_path / "set") as work:
        (work / "half").write_text("done")
        with pytest.raises(ValueError, match="another process is preparing this dataset; wait"):
            prepare(ImageFolder(), raw, tmp_path / "set")
        assert (work / "half").read_text() == "done"
    assert not (tmp_path / "set").exists()
    assert os.listdir(tmp_path) == ["raw"]


def test_the_same_files_again_change_nothing(tmp_path: Path) -> None:
    raw = fake_data.write_folder(tmp_path / "raw")
    assert prepare(ImageFolder(), raw, tmp_path / "set").written
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "set").rglob("*")}
    assert not prepare(ImageFolder(), raw, tmp_path / "set").written
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "set").rglob("*")} == times
    fake_data.save(raw / "images" / "a.png", fake_data.photograph(77, 20, 28))
    with pytest.raises(ValueError, match="was prepared from other files or options than these; use overwrite=true"):
        prepare(ImageFolder(), raw, tmp_path / "set")
    assert prepare(ImageFolder(), raw, tmp_path / "set", overwrite=True).written
    check(tmp_path / "set")
