"""One of our commands in a process that kills itself (SIGKILL) at a chosen moment.

    python -m tests.support.killed MOMENT COMMAND [OVERRIDE ...]

MOMENT: ``step`` before the second step of the second epoch of a training, ``slab`` when the first slab of a volume is
predicted, ``write:NAME`` when a result NAME of a volume is written, but has not taken its place.
"""

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cwmi_seg.datasets.volume_files.arranged import Volume
from cwmi_seg.prediction import volume_writers
from cwmi_seg.prediction.unfinished import Unfinished
from tests.support.interrupted import before_step


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_an_epoch() -> None:
    before_step(pytest.MonkeyPatch(), 1, die)


def in_a_volume() -> None:
    reached = Unfinished.reached

    def killed(results: Unfinished, done: int) -> None:
        reached(results, done)
        die()

    Unfinished.reached = killed  # type: ignore[assignment, method-assign]


def in_a_writer(name: str) -> None:
    """Of results of this file name."""
    write_like = volume_writers.write_like

    def killed(volume: Volume, path: Path, result: NDArray[np.unsignedinteger]) -> None:
        if path.name == name:
            for place in ("os.replace", "pathlib.Path.rename"):
                pytest.MonkeyPatch().setattr(place, lambda *_: die())
        write_like(volume, path, result)

    pytest.MonkeyPatch().setattr("cwmi_seg.prediction.volume.write_like", killed)


MOMENTS: dict[str, Callable[..., None]] = {"step": in_an_epoch, "slab": in_a_volume, "write": in_a_writer}

if __name__ == "__main__":
    moment, *file = sys.argv[1].split(":")
    MOMENTS[moment](*file)
    sys.argv[:] = [sys.argv[2], *sys.argv[3:]]
    import_module(f"cwmi_seg.commands.{sys.argv[0]}").main()
