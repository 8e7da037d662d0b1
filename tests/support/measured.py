"""Commands in processes of their own, with the memory that each took.

The processes are forked from one that has imported the commands already: to import them takes seconds, to fork
milliseconds, and the peak of a process counts from its fork.
"""

import os
import re
import resource
import sys
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload([f"cwmi_seg.commands.{name}" for name in ("predict", "prepare", "report", "train")])
MEMORY, SECONDS = 24 * 2**30, 120
"""Limits of a process: address space in bytes, and time of a processor."""


def measured(name: str, *overrides: str, folder: Path) -> tuple[int | None, str, int]:
    """Exit status of ``cwmi-NAME`` in ``folder``, what it wrote to the standard error, and its peak in MiB."""
    process = _CONTEXT.Process(target=_run, args=(name, overrides, folder))
    process.start()
    process.join()
    return process.exitcode, (folder / "stderr").read_text(), int((folder / "peak").read_text()) // 1024


def _run(name: str, overrides: tuple[str, ...], folder: Path) -> None:
    os.chdir(folder)
    for descriptor, file in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.argv = [f"cwmi-{name}", *overrides]
    try:
        import_module(f"cwmi_seg.commands.{name}").main()
    finally:
        Path("peak").write_text(re.findall(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[0])
