"""Prints, for each dataset of the paper in real format and size: images, seconds and peak memory of its preparation.

Random pixels are written in the raw layout (about 3 GB for the roads), prepared by the command in a process of its own,
and every pixel is compared with the independent conversion of the tests. ``--raw snemi3d=FOLDER`` takes real files.

    python -m scripts.check_preparation [--names NAME ...] [--raw NAME=FOLDER ...] [--roads 310]
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from cwmi_seg.datasets.prepared import PreparedImages
from tests.support import fake_data
from tests.support.conversions import PREPARERS


def prepare(name: str, raw: Path, data: Path) -> tuple[float, float]:
    """Seconds and peak memory in MB of ``cwmi-prepare``."""
    command = [
        sys.executable,
        "-m",
        "cwmi_seg.commands.prepare",
        f"dataset={name}",
        f"raw='{raw}'",
        f"paths.data='{data}'",
    ]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{name}: the preparation failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1e3


def compare(name: str, raw: Path, root: Path) -> tuple[int, float]:
    """Number of images, all equal to the independent conversion, and the share of structure."""
    images = PreparedImages(root, cache_bytes=0)
    counts = np.zeros(2, dtype=np.int64)
    for index, entry in enumerate(images.info.images):
        for read, expected in zip(images.read(index), PREPARERS[name][2](raw, entry.name), strict=True):
            np.testing.assert_array_equal(read, expected)
        counts += entry.class_counts
    return len(images.info.images), counts[1] / counts.sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", nargs="+", default=list(PREPARERS))
    parser.add_argument("--raw", nargs="+", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--roads", type=int, default=310, help="aerial images to choose 120 from")
    arguments = parser.parse_args()
    writers = {
        "snemi3d": partial(fake_data.write_snemi3d, pages=100, size=(1024, 1024)),
        "glas": partial(fake_data.write_glas, counts=(85, 60, 20), size=(430, 575)),
        "drive": partial(fake_data.write_drive, count=20, size=(584, 565)),
        "mass_road": partial(fake_data.write_mass_road, count=arguments.roads, size=(1500, 1500)),
    }
    given = dict(pair.split("=", 1) for pair in arguments.raw)
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores")
    print(f"{'dataset':<12}{'images':>8}{'structure':>11}{'seconds':>10}{'peak':>10}")
    for name in arguments.names:
        with tempfile.TemporaryDirectory() as folder:
            raw = Path(given[name]) if name in given else writers[name](Path(folder, "raw"))
            seconds, memory = prepare(name, raw, Path(folder, "data"))
            images, share = compare(name, raw, Path(folder, "data", name))
        print(f"{name:<12}{images:>8}{share:>11.1%}{seconds:>8.1f} s{memory:>7.0f} MB  equal", flush=True)


if __name__ == "__main__":
    main()
