"""Files that a reader never sees half written, and that a kill at any moment leaves as they were or as they will be."""

import errno
import glob
import hashlib
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ROOM = 1 << 20  # bytes; with less, a file that could not be written had no room
_NAME = 50  # characters of up to 4 bytes
_DAY = 24 * 60 * 60  # seconds
_UNFINISHED = ".unfinished"
_TEMPORARY = re.compile(r"\.(?:(?P<host>[0-9a-f]{8})-(?P<pid>\d+)-[0-9a-f]{16}|[0-9a-f]{32})\.tmp$")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to write to, which takes its place when the block ends and vanishes when that fails.

    Its name ``.NAME.HOST-PROCESS-RANDOM.tmp`` is its own, also among the processes of several machines that share a
    file system; of a long name it has the end, for a file system takes 255 bytes. The folder is made if absent.

    Raises:
        OSError: it cannot be written, for example on a full disk; it names ``path``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        # the error of a write names no file, and the temporary name would tell nobody anything
        if error.errno and error.filename in (None, str(temporary)):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def unfinished_folder(path: Path, fits: Callable[[Path], bool]) -> Iterator[Path]:
    """A folder beside ``path`` for work that takes long, which a killed process leaves to the next one.

    Its name is ``.NAME.unfinished.HOST-PROCESS-RANDOM.tmp``. It vanishes when the block ends or raises an error, but
    not when that is interrupted.

    Args:
        path: What the work is for.
        fits: Whether what a process of this machine left in its folder can be gone on with; that is renamed then. What
            cannot is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    named = path.with_name(f"{path.name[-_NAME + len(_UNFINISHED) :]}{_UNFINISHED}")
    own = _temporary(named)
    for left in path.parent.glob(f"{glob.escape(f'.{named.name}.')}*.tmp"):
        if _is_abandoned(left):
            with suppress(OSError):  # another process was faster
                left.rename(own) if fits(left) and not own.exists() else _remove(left)
    own.mkdir(exist_ok=True)
    try:
        yield own
    except Exception:
        _remove(own)
        raise
    _remove(own)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """A new folder beside ``path`` to write to, which takes its place when the block ends and vanishes when that fails.

    What was at ``path`` before, a folder or a file, is removed right before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    temporary.mkdir()
    try:
        yield temporary
        _remove(path)
        temporary.rename(path)
    finally:
        _remove(temporary)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name[-_NAME:]}.{_host()}-{os.getpid()}-{uuid.uuid4().hex[:16]}.tmp")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_abandoned(folder: Path, *, unfinished: bool = True) -> None:
    """Remove, at any depth, the files and folders of :func:`replacing` and its like whose process was killed.

    Those of this machine go when their process is gone, others (of another machine, or of an earlier version) after a
    day in which nobody has written to them.

    Args:
        folder: Where they are.
        unfinished: Whether those of :func:`unfinished_folder` go as well.
    """
    for path in folder.rglob(".*.tmp"):
        with suppress(OSError):
            if (unfinished or f"{_UNFINISHED}." not in path.name) and _is_abandoned(path):
                _remove(path)


def _is_abandoned(path: Path) -> bool:
    if (name := _TEMPORARY.search(path.name)) is None:
        return False
    if name["host"] == _host() and name["pid"] is not None:
        return not _is_alive(int(name["pid"]))
    return time.time() - path.stat().st_mtime > _DAY


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True


def cannot_write(path: Path, error: Exception) -> Exception:
    """The error to raise for an error of a library that does not say whether the disk is full.

    It is an OSError that names the file if the disk is full, else the error itself.
    """
    room = shutil.disk_usage(path.parent).free
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) if room < _ROOM else error


def write_text(path: Path, text: str) -> None:
    """Replace the content of ``path``, in UTF-8."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
