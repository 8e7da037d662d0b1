"""A temporary folder beside the target, and the step that puts its content in place at once."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from cwmi_seg.datasets.dataset_json import NAME
from cwmi_seg.mistakes import Mistake

_CONTENT = (NAME, "images", "masks", "preview.png", ".DS_Store", "Thumbs.db")  # what may lie in a prepared dataset
_LOCK = ".lock"


@contextmanager
def workspace(target: Path) -> Iterator[Path]:
    """An empty folder ``.TARGET.preparing`` beside ``target`` for one process at a time; it is removed at the end.

    What a killed process left there is removed; the lock ends with its process, so nothing has to be unlocked by hand.

    Raises:
        ValueError: another process is preparing the same target.
        OSError: nothing can be written there (full disk, no permission).
    """
    folder = target.parent / f".{target.name}.preparing"
    missing = [parent for parent in target.parents if not parent.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            _empty(folder)
            yield folder
    except OSError as error:
        if error.errno is None:  # it has its line already
            raise
        raise OSError(
            f"{error.filename or folder}: cannot be written ({error.strerror}); "
            "make room, or prepare elsewhere with paths.data=FOLDER."
        ) from error
    finally:
        for parent in missing:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


def publish(prepared: Path, target: Path, trash: Path) -> None:
    """Rename ``prepared`` to ``target``; what was there before is renamed to ``trash``."""
    if target.exists():
        target.rename(trash)
    prepared.rename(target)
    if os.name == "nt":  # Windows does not open folders
        return
    # without this a power cut may undo the renaming, though the files themselves were written through
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
        raise Mistake(
            f"{target}: expected a prepared dataset or nothing there, found other files; "
            "move them away, or prepare elsewhere with dataset.images.root=FOLDER."
        )


def refuse_own_files(target: Path) -> None:
    """A prepared dataset is replaced with its folder, so nothing else may lie in it.

    Raises:
        ValueError: something does.
    """
    entries = target.iterdir() if target.is_dir() else ()
    foreign = sorted(entry.name for entry in entries if entry.name not in _CONTENT)
    if foreign:
        raise Mistake(
            f"{target}: expected a prepared dataset alone, found {foreign[0]} in it; "
            "move it away, or prepare elsewhere with dataset.images.root=FOLDER."
        )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Remove the folder at the end, if it is ours."""
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Mistake(f"{folder}: another process is preparing this dataset; wait for it to end.") from None
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
        with suppress(OSError):  # Windows keeps the lock's file, and so the folder, while it is held
            folder.rmdir()


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.name == _LOCK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
