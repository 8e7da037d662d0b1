"""Print seconds and peak memory of the three weight maps on Voronoi cells, as many and as large as in real images.

Each map is made ``--rounds`` times in a fresh process, after a small one for the imports. The table has the median and
range of the time, the median of the processor time (which a busy machine changes less), and the largest growth of the
process's memory during the first round (from /proc, so on Linux alone).
"""

import argparse
import multiprocessing
import platform
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.topology.components import label_components
from cwmi_seg.weight_maps import map_generator

CASES = ((1024, 200, 3), (1024, 200, 17), (1504, 9000, 3))  # pixels, cells, width of the membranes in pixels
MAPS = ("unet", "abw", "skea_topo")


class Cost(NamedTuple):
    objects: int
    seconds: list[float]
    processor_seconds: list[float]
    peak_bytes: int


def membranes(size: int, cells: int, width: float) -> NDArray[np.uint8]:
    """Walls of the Voronoi cells of random points, ``width`` pixels wide."""
    from scipy.spatial import cKDTree

    points = np.random.default_rng(0).uniform(0, size, (cells, 2))
    pixels = np.indices((size, size)).reshape(2, -1).T
    nearest = points[cKDTree(points).query(pixels, k=2)[1]]  # pixels, 2, 2
    across = nearest[:, 1] - nearest[:, 0]
    to_wall = ((nearest.mean(1) - pixels) * across).sum(1) / np.hypot(*across.T)
    return (to_wall < width / 2).reshape(size, size).astype(np.uint8)


def memory(name: str) -> int:
    """Bytes of ``VmRSS`` (now) or ``VmHWM`` (largest so far) of this process."""
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith(name))


def cost(name: str, mask: NDArray[np.uint8], rounds: int) -> Cost:
    """What the map ``name`` of ``mask`` costs in this process."""
    make = map_generator(name).weight_map
    make(mask[:64, :64])
    before, seconds, processor_seconds, peak = memory("VmRSS"), [], [], 0
    for _ in range(rounds):
        start, processor_start = time.perf_counter(), time.process_time()
        make(mask)
        seconds.append(time.perf_counter() - start)
        processor_seconds.append(time.process_time() - processor_start)
        peak = peak or memory("VmHWM") - before
    return Cost(label_components(mask == 0, 4)[1], seconds, processor_seconds, peak)


def cost_in_fresh_process(name: str, mask: NDArray[np.uint8], rounds: int) -> Cost:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(cost, name, mask, rounds).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-image"))
    print(f"python {platform.python_version()}, {libraries}, cc3d {version('connected-components-3d')}; one thread")
    times = " ".join(f"{name:>9}" for name in ("median", "lowest", "highest", "processor"))
    print(f"{'image':>11} {'objects':>7} {'membrane':>8} {'map':>9} {times} {'peak':>8}")
    for size, cells, width in CASES:
        mask = membranes(size, cells, width)
        for name in MAPS:
            made = cost_in_fresh_process(name, mask, rounds)
            shown = (
                statistics.median(made.seconds), min(made.seconds), max(made.seconds),
                statistics.median(made.processor_seconds),
            )  # fmt: skip
            row = f"{size:>4} x {size} {made.objects:>7} {width:>5} px {name:>9} "
            print(row + " ".join(f"{1e3 * value:6.0f} ms" for value in shown) + f" {made.peak_bytes / 1e6:5.0f} MB")


if __name__ == "__main__":
    main()
