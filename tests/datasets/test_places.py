"""Where a preparation reads and writes: full disks, missing permissions, folders that hold something else."""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import prepare
from tests.support import fake_data
from tests.support.damage import PHOTO, refused
from tests.support.listing import listing

Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: Patch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: Patch) -> None:
    raw, calls = fake_data.write_folder(tmp_path / "raw"), []

    def full(_: int) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    before = listing(tmp_path)
    refused(ImageFolder(), raw, tmp_path, r"set.*: cannot be written \(No space left on device\); make room")
    assert listing(tmp_path) == before


@pytest.mark.parametrize("folder", ["images", "images/b.png"])
def test_missing_permission_is_named(tmp_path: Path, monkeypatch: Patch, folder: str) -> None:
    raw = fake_data.write_folder(tmp_path / "raw")
    if os.geteuid() == 0:  # root may read everything
        pretend_unreadable(raw / folder, monkeypatch)
    else:
        (raw / folder).chmod(0)
    try:
        refused(ImageFolder(), raw, tmp_path, f"{folder}: may not be .*; run chmod")
    finally:
        (raw / folder).chmod(0o755)


def pretend_unreadable(path: Path, monkeypatch: Patch) -> None:
    for module, name in ((io, "open"), (os, "scandir")):
        original = getattr(module, name)

        def guarded(target: object, *args: object, original: Callable[..., object] = original) -> object:
            if str(target) == str(path):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return original(target, *args)

        monkeypatch.setattr(module, name, guarded)


def test_a_target_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    raw = fake_data.write_folder(tmp_path / "raw")
    (tmp_path / "deep").write_text("a file")
    refused(ImageFolder(), raw, tmp_path, r"deep.*cannot be written \(Not a directory\); .* prepare elsewhere")


def test_files_that_are_not_from_a_preparation_are_never_touched(tmp_path: Path) -> None:
    raw = fake_data.write_folder(tmp_path / "raw")
    fake_data.save(tmp_path / "mine" / "holiday.png", PHOTO)
    (tmp_path / "file").write_text("mine")
    fake_data.save(tmp_path / "other" / "imagesTr" / "a.png", PHOTO)
    (tmp_path / "other" / "dataset.json").write_text('{"numTraining": 1}')
    prepare(ImageFolder(), raw, tmp_path / "used")
    (tmp_path / "used" / "my_notes.txt").write_text("do not lose")
    before = listing(tmp_path)
    for name in ("mine", "file", "other", "used"):
        with pytest.raises(ValueError, match=f"{name}: expected a prepared dataset .*; move (it|them) away"):
            prepare(ImageFolder(), raw, tmp_path / name, options="new", overwrite=True)
    assert listing(tmp_path) == before


def test_raw_files_inside_the_target_are_refused(tmp_path: Path) -> None:
    raw = fake_data.write_folder(tmp_path / "set" / "raw")
    (tmp_path / "set" / "dataset.json").write_text("{}")
    with pytest.raises(ValueError, match="raw: expected a folder outside"):
        prepare(ImageFolder(), raw, tmp_path / "set")
