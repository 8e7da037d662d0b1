"""What ``check_cuda`` and ``benchmark_cuda`` share: rows that go on where the last call ended, and the device."""

import argparse
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from cwmi_seg.files.json_files import read_json, write_json
from tests.support.loss_configs import LOSS_NAMES

Row = dict[str, Any]
QUICK = ("cross_entropy", "cwmi", "cldice", "unified_focal", "hausdorff")
FIRST = ("cross_entropy", "cwmi", "dice_cross_entropy", "rmi", "cldice")
"""What matters most, should the time not be enough for all."""


class Skip(Exception):
    """A row that cannot be made here, and why."""


class Rows:
    """Rows by name, kept in a JSON file under the machine and the versions that made them.

    A row that is there is not made again, unless it failed. What raises is a failed row and ends nothing.

    Args:
        path: of the JSON file.
        setting: device and versions.
        seconds: no row is begun later than that.
    """

    def __init__(self, path: Path, setting: str, seconds: float) -> None:
        self.path, self.setting, self.end = path, setting, time.monotonic() + seconds
        self.all: dict[str, dict[str, Row]] = read_json(path) or {}
        self.left = 0
        self.asked: list[str] = []
        print(setting)

    @property
    def rows(self) -> dict[str, Row]:
        return self.all.setdefault(self.setting, {})

    def add(self, name: str, make: Callable[[], Row]) -> None:
        """Make the row ``name``, if it is missing and there is time."""
        self.asked.append(name)
        if self.rows.get(name, {}).get("state") in ("passed", "skipped"):
            return
        if time.monotonic() > self.end:
            self.left += 1
            return
        start = time.perf_counter()
        row = {**_outcome(make), "seconds": round(time.perf_counter() - start, 2)}
        self.rows[name] = row
        write_json(self.path, self.all)
        print(f"{name:52s} {row['state']:8s} {_shown(row)}", flush=True)

    def conclude(self) -> int:
        """Print how many rows there are of each kind; the exit status."""
        states = [self.rows[name]["state"] for name in self.asked if name in self.rows]
        failed = [name for name in self.asked if self.rows.get(name, {}).get("state") == "failed"]
        counts = ", ".join(f"{states.count(state)} {state}" for state in ("passed", "skipped", "failed"))
        left = f"; {self.left} left for the same command again" if self.left else ""
        print(f"{counts}{left}; {self.path}")
        print(*(f"failed: {name}" for name in failed), sep="\n", end="\n" if failed else "")
        return 1 if failed else 0


def _outcome(make: Callable[[], Row]) -> Row:
    try:
        return {"state": "passed", **make()}
    except Skip as reason:
        return {"state": "skipped", "note": str(reason)}
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        return {"state": "failed", "note": f"{type(error).__name__}: {lines[0][:300]}"}


def _shown(row: Row) -> str:
    return "  ".join(f"{key} {_number(value)}" for key, value in row.items() if key != "state")


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def need(right: bool, what: str) -> None:
    """A row is failed unless ``right``."""
    if not right:
        raise AssertionError(what)


def options(description: str | None, seconds: float, name: str) -> argparse.Namespace:
    """Of both scripts. Ends here, with one line, where the GPU that they are for is missing."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="losses; all without any, a few with --quick")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="tiny inputs and few losses: are the scripts right?")
    parser.add_argument("--seconds", type=float, default=seconds, help="begin no row later than that")
    parser.add_argument("--json", type=Path, default=Path(f"{name}.json"), help="results; kept from call to call")
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        print(f"{name}: no GPU here, nothing to do; --device cpu --quick runs the same rows on tiny inputs.")
        sys.exit(0)
    everything = QUICK if arguments.quick else [*FIRST, *(name for name in LOSS_NAMES if name not in FIRST)]
    arguments.names = arguments.names or list(everything)
    return arguments


def describe(device: torch.device, quick: bool) -> str:
    """The machine and the versions of what counts."""
    versions = f"torch {torch.__version__}, CUDA {torch.version.cuda}, python {platform.python_version()}"
    if device.type == "cuda":
        cudnn = torch.backends.cudnn.version()
        hardware = f"{torch.cuda.get_device_name(device)}, driver {_driver()}, cuDNN {cudnn}"
    else:
        hardware = f"{device.type} {platform.machine()}"
    return f"{hardware}, {versions}{', quick' if quick else ''}"


def _driver() -> str:
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(query, capture_output=True, text=True, timeout=20).stdout.strip() or "unknown"
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
