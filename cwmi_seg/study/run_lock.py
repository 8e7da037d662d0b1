"""The lock on a run folder, which says that a process is training the run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class RunBusy(RuntimeError):
    """Another process is training this run."""


@contextmanager
def held(path: Path, wait: float) -> Iterator[None]:
    """Hold the exclusive lock; the operating system frees it when the process dies, however it dies.

    Args:
        path: of the file that is locked.
        wait: seconds to wait for it.

    Raises:
        TimeoutError: another process (or another lock of this one) holds it.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait)
    except Timeout as error:
        raise TimeoutError(str(path)) from error
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether a process holds the lock right now."""
    if not path.exists():
        return False
    # there is no asking without trying: for a moment the lock is held here, which a claim waits for
    try:
        with FileLock(path).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # of a run of another user, or on a disk that is mounted to be read
        return _is_held_against_readers(path)


def _is_held_against_readers(path: Path) -> bool:
    """The same by a lock that may be shared, which needs no right to write; True where that cannot be tried either."""
    import fcntl

    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False
