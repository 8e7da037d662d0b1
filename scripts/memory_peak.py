"""The memory that a process and its children need beside the pages of files, which the system can drop at any time."""

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Measured:
    """What a process took.

    Args:
        seconds: From its start to its end.
        anonymous: Highest sum of RssAnon of /proc/PROCESS/status over it and its children, in bytes.
        shared: The same of RssShmem.
        ended: Whether it came to its end; it was killed otherwise.
    """

    seconds: float = 0.0
    anonymous: int = 0
    shared: int = 0
    ended: bool = False

    def memory(self) -> str:
        """In words."""
        return f"at most {self.anonymous / 1e9:.2f} GB anonymous, {self.shared / 1e9:.2f} GB shared memory"


def measured(command: Sequence[str], limit: float | None = None) -> Measured:
    """Run a command, and kill it (SIGKILL) after ``limit`` seconds.

    Raises:
        SystemExit: It failed.
    """
    start, found, ended = time.perf_counter(), Measured(), threading.Event()
    with subprocess.Popen(command) as process:
        watch = threading.Thread(target=_watch, args=(process.pid, found, ended), daemon=True)
        watch.start()
        try:
            process.wait(limit)
            found.ended = True
        except subprocess.TimeoutExpired:
            process.kill()
        status = process.wait()
    ended.set()
    watch.join()
    found.seconds = time.perf_counter() - start
    if found.ended and status:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return found


def _watch(process: int, found: Measured, ended: threading.Event) -> None:
    """Looks ten times a second."""
    while not ended.wait(0.1):
        each = [_memory(member) for member in _family(process)]
        found.anonymous = max(found.anonymous, sum(anonymous for anonymous, _ in each))
        found.shared = max(found.shared, sum(shared for _, shared in each))


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _memory(process: int) -> tuple[int, int]:
    """RssAnon and RssShmem in bytes."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    values = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith(" kB")}
    return values.get("RssAnon", 0), values.get("RssShmem", 0)
