"""A temporary folder beside the target, and the step that puts its content in place at once."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cwmi_seg.datasets.dataset_json import NAME


@contextmanager
def workspace(target: Path) -> Iterator[Path]:
    """An empty folder ``.TARGET.preparing`` beside ``target``, gone at the end; of one process at a time.

    What a killed process left there is removed; the lock ends with its process, so nothing has to be unlocked by hand.

    Raises:
        ValueError: another process is preparing the same target.
    """
    folder = target.parent / f".{target.name}.preparing"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        _empty(folder)
        yield folder
        shutil.rmtree(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(descriptor)


def publish(prepared: Path, target: Path, trash: Path) -> None:
    """Rename ``prepared`` to ``target``; what was there goes to ``trash``."""
    if target.exists():
        target.rename(trash)
    prepared.rename(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def refuse_foreign(target: Path) -> None:
    """A folder that holds something else than a prepared dataset is never touched.

    Raises:
        ValueError: ``target`` is a file, or a folder with content but without ``dataset.json``.
    """
    if target.is_dir() and ((target / NAME).exists() or not any(target.iterdir())):
        return
    if target.exists():
        raise ValueError(
            f"{target}: expected a prepared dataset or nothing there, found other files; "
            "move them away, or prepare elsewhere with dataset.images.root=FOLDER."
        )


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"{folder}: another process is preparing this dataset; wait for it to end.") from None


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
