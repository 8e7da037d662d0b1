"""Files that a reader never sees half written, and that a kill at any moment leaves as they were or as they will be."""

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOM = 1 << 20  # bytes; with less, a file that could not be written had no room
_NAME = 50  # characters of up to 4 bytes


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to write to, which takes its place when the block ends and vanishes when that fails.

    Its name ``.NAME.RANDOM.tmp`` is its own, also among the processes of several machines that share a file system;
    of a long name it has the end, for a file system takes 255 bytes.
    The folder is made if absent.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[-_NAME:]}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def cannot_write(path: Path, error: Exception) -> Exception:
    """Give an error of a library, or an OSError that names the file if the disk is full, which some do not tell."""
    room = shutil.disk_usage(path.parent).free
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) if room < _ROOM else error


def write_text(path: Path, text: str) -> None:
    """Replace the content of ``path``, in UTF-8."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
