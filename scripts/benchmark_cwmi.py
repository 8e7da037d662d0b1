"""Print time (median, quartiles) and peak memory, forward and backward, of the core of CWMI and of every loss.

    python -m scripts.benchmark_cwmi --sizes 256 512 1024 --orientations 4 8 12 --threads 2 --json cwmi.json
    python -m scripts.benchmark_cwmi --sizes 512 --against d028d01 --skip-losses
    python -m scripts.benchmark_cwmi --sizes --volumes 96 --axes 3 6 16 --threads 1 --skip-losses

Two tables for each size. Mutual information: the second term of CWMI alone, from probabilities, against two yardsticks
of the same shape: the FFT floor (two forward and one backward real transform) and the direct form
(tests/support/reference.py: subbands by inverse transforms, covariances by matrix products), which is left
out where it would take more than 4 GB.
With --against COMMIT the package of that commit runs in the same process, and each contender's ratio to it is the
median over the rounds. With --beside N a second process trains with N threads meanwhile, once with threads that wait
as long as they do in a loop of your own, once as short as in cwmi-train (GOMP_SPINCOUNT; set it to have only that).
Losses: every loss of conf/loss from logits, on the inputs of scripts/benchmark_losses.py. In each round every contender
runs once, so that a busy moment meets all of them; --cpu-time with one thread counts what the process itself used, for
a machine with other work. Peak memory is what a call adds to the process (Linux) or the device at most.
"""

import argparse
import ctypes
import gc
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from scripts.benchmark_losses import batch, losses
from scripts.package_of_commit import module_of_commit
from tests.support.loss_configs import LOSS_NAMES
from tests.support.loss_inputs import weight_map
from tests.support.reference import direct_cwmi

Calls = dict[str, Callable[[], object]]
BEFORE = ", before"
LONG_WAIT, SHORT_WAIT = "300000", "1000"  # libgomp's own, and that of cwmi-train
DIRECT_LIMIT = 10 * 4 * 512 * 512  # samples of the finest scale


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[512], help="pixels a side")
    parser.add_argument("--volumes", type=int, nargs="*", default=[], help="voxels a side")
    parser.add_argument("--orientations", type=int, nargs="+", default=[4, 12], help="K of images")
    parser.add_argument("--axes", type=int, nargs="+", default=[6], help="K of volumes")
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--volume-batch", type=int, default=2)
    parser.add_argument("--against", metavar="COMMIT", help="compare with the package of this commit (images)")
    parser.add_argument("--beside", type=int, default=0, metavar="N", help="threads of a training beside it")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--skip-losses", action="store_true", help="the core of CWMI alone")
    parser.add_argument("--cpu-time", action="store_true", help="processor time instead of elapsed time")
    parser.add_argument("--json", type=Path, help="write the tables there too")
    arguments = parser.parse_args()
    if arguments.beside and "GOMP_SPINCOUNT" not in os.environ:
        for spins in LONG_WAIT, SHORT_WAIT:
            run_again(GOMP_SPINCOUNT=spins)
        return
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    device = torch.device(arguments.device)
    clock = time.process_time if arguments.cpu_time else time.perf_counter
    print(setting := f"{describe(device, arguments.threads)}, {clock.__name__}")
    rows = []
    measure = partial(table, rounds=arguments.rounds, device=device, clock=clock)
    with training_beside(arguments.beside):
        for size in arguments.sizes:
            shape = (arguments.batch, size, size)
            for k in arguments.orientations:  # apart, so that all plans of a table are kept
                calls = information_calls(shape, k, device, arguments.against)
                rows += measure(f"mutual information, {shape}, K = {k}", calls, "FFT floor")
            if not arguments.skip_losses:
                rows += measure(f"losses, {shape}", loss_calls(shape, device), "cross_entropy")
        for size, k in itertools.product(arguments.volumes, arguments.axes):
            calls = information_calls((arguments.volume_batch, size, size, size), k, device)
            rows += measure(f"mutual information, {arguments.volume_batch} x {size}^3, K = {k}", calls, "FFT floor")
    if arguments.json:
        arguments.json.write_text(json.dumps({"setting": setting, "rows": rows}, indent=2))


def describe(device: torch.device, threads: int) -> str:
    processor = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    versions = f"torch {torch.__version__}, numpy {np.__version__}, python {platform.python_version()}"
    wait = os.environ.get("GOMP_SPINCOUNT", "unset")
    return f"{versions}, {processor}, {threads} threads, GOMP_SPINCOUNT {wait}"


def run_again(**environment: str) -> None:
    """This script with the same arguments; libgomp reads its environment once, when torch is imported."""
    command = [sys.executable, "-m", "scripts.benchmark_cwmi", *sys.argv[1:]]
    subprocess.run(command, env=os.environ | environment, check=True)


def loss_calls(shape: tuple[int, int, int], device: torch.device) -> Calls:
    """Forward and backward of every configured loss on the same logits and targets."""
    logits, target = batch(shape[0], 2, shape[1], 2)
    leaf, on_device = logits.to(device).requires_grad_(), target.to(device)
    calls: Calls = {}
    for name, loss in losses(LOSS_NAMES).items():
        weights = weight_map(loss, target)
        maps = [] if weights is None else [weights.to(device)]
        calls[name] = partial(loss_step, loss, leaf, on_device, *maps)
    return calls


def loss_step(loss: nn.Module, logits: Tensor, *arguments: Tensor) -> None:
    torch.autograd.grad(loss(logits, *arguments), logits)


@contextmanager
def training_beside(threads: int) -> Iterator[None]:
    """Another process that trains a small network, if ``threads`` is not 0."""
    if not threads:
        yield
        return
    code = (
        f"import torch; torch.set_num_threads({threads}); net = torch.nn.Conv2d(16, 16, 3)\n"
        "while True: net(torch.randn(4, 16, 256, 256)).square().mean().backward()"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        time.sleep(5)  # until it trains
        yield
    finally:
        process.kill()
        process.wait()


def information_calls(shape: tuple[int, ...], k: int, device: torch.device, against: str | None = None) -> Calls:
    """The yardsticks, and the mutual information for K axes with each form of the covariances."""
    target = blobs(shape, device).float()
    prob = (0.6 * target + 0.4 * torch.rand(shape, device=device)).requires_grad_()
    today = import_module("cwmi_seg.losses._subband_measures")
    step = partial(information_step, prob, target, k)
    calls: Calls = {"FFT floor": partial(fft_floor, prob.detach(), target), "CWMI": partial(step, today)}
    if against:
        calls[f"CWMI{BEFORE}"] = partial(step, module_of_commit(against, "losses._subband_measures"))
    if k < 16:
        calls["CWMI, augmented"] = partial(step, today, covariance="augmented")
    if len(shape) == 3 and k * prob.numel() <= DIRECT_LIMIT and device.type == "cpu":
        calls["direct form"] = partial(direct_step, prob, target, k)
    return calls


def fft_floor(prob: Tensor, target: Tensor) -> None:
    space = tuple(range(1, prob.ndim))
    spectrum = torch.fft.rfftn(prob, dim=space)
    torch.fft.rfftn(target, dim=space)
    torch.fft.irfftn(spectrum, s=prob.shape[1:], dim=space)


def information_step(prob: Tensor, target: Tensor, num_axes: int, measures: ModuleType, **arguments: str) -> None:
    subbands = measures.Subbands((1, 2, 3, 4), num_axes, True, 5e-4, **arguments)
    value = measures.mutual_information(prob, (target - prob).detach(), subbands).sum(0).mean()
    torch.autograd.grad(value, prob)


def direct_step(prob: Tensor, target: Tensor, num_orientations: int) -> None:
    torch.autograd.grad(direct_cwmi(prob, target, 4, num_orientations).sum(0).mean(), prob)


def blobs(shape: tuple[int, ...], device: torch.device) -> Tensor:
    """Class indices with smooth borders."""
    coarse = torch.randn(shape[0], 1, *(n // 16 for n in shape[1:]), device=device)
    mode = "bilinear" if len(shape) == 3 else "trilinear"
    return (nn.functional.interpolate(coarse, shape[1:], mode=mode)[:, 0] > 0.5).long()


def table(
    title: str, calls: Calls, unit: str, *, rounds: int, device: torch.device, clock: Callable[[], float]
) -> list[dict[str, Any]]:
    """Measure in turns and print one line a contender, with the ratio of its median to that of ``unit``."""
    memory = {name: peak_memory(call, device) for name, call in calls.items()}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds[name].append(duration(call, device, clock))
    print(f"\n{title}\n{'':24s} {'median ms':>10s} {'quartiles':>17s} {'of ' + unit:>16s} {'peak MB':>8s}")
    rows = []
    for name, values in seconds.items():
        low, median, high = (1e3 * value for value in statistics.quantiles(values, n=4, method="inclusive"))
        ratio = median / 1e3 / statistics.median(seconds[unit])
        print(f"{name:24s} {median:10.1f} {low:8.1f} {high:8.1f} {ratio:16.2f} {memory[name] / 1e6:8.0f}")
        row = {"median_ms": median, "quartiles_ms": [low, high], f"of_{unit}": ratio, "peak_bytes": memory[name]}
        rows.append({"table": title, "name": name, **row})
    for name in seconds:
        if before := seconds.get(name + BEFORE):
            paired = statistics.median(new / old for new, old in zip(seconds[name], before, strict=True))
            print(f"{name}: {paired:.2f} of before, median of the pairs")
    return rows


def duration(call: Callable[[], object], device: torch.device, clock: Callable[[], float]) -> float:
    synchronize(device)
    start = clock()
    call()
    synchronize(device)
    return clock() - start


def peak_memory(call: Callable[[], object], device: torch.device) -> int:
    """Bytes that a call adds at most, after a first call that fills the caches."""
    call()
    gc.collect()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        call()
        return torch.cuda.max_memory_allocated(device) - before
    ctypes.CDLL(None).malloc_trim(0)  # give freed memory back, so that it is counted again
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = process_bytes("VmRSS")
    call()
    return process_bytes("VmHWM") - before


def process_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field + ":"))


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


if __name__ == "__main__":
    main()
