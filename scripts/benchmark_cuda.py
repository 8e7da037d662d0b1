"""Measure on a GPU: every loss, a training step with it, the framework against a plain loop, and the loader.

    python -m scripts.benchmark_cuda                       # all; the same command again goes on where it ended
    python -m scripts.benchmark_cuda cwmi rmi --seconds 60
    python -m scripts.benchmark_cuda --device cpu --quick  # the same code on tiny inputs, without a GPU

Losses: forward and backward at 10 x 2 x 512 x 512 and 4 x 2 x 1024 x 1024, median and quartiles by CUDA events, what it
takes above cross-entropy timed in turns with it, peak memory, kernels launched (operators on the CPU). Steps: U-Net of
width 64 on 10 x 3 x 512 x 512, bfloat16 autocast, channels last, clipping and Adam; the ratio to the step with
cross-entropy in turns with it, and the share of the step that the loss takes. Then images per second of cwmi-train and
of a plain loop over the same loader, and of the loader alone with 8 and 16 workers.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial

import torch

from scripts import cuda_measures as measure
from scripts.cuda_cases import Case
from scripts.cuda_rows import Row, Rows, describe, options
from scripts.cuda_training import loader_alone, trainer_and_loop

SIZES, QUICK_SIZES = ((10, 512), (4, 1024)), ((2, 64),)


def named_rows(names: list[str], device: torch.device, quick: bool) -> Iterator[tuple[str, Callable[[], Row]]]:
    """What matters most first."""
    sizes = QUICK_SIZES if quick else SIZES
    yardsticks = [Case(measure.YARDSTICK, device, *size) for size in sizes]
    cases = [Case(name, device, *sizes[0]) for name in names]  # keep their weight maps, which take seconds
    for case in cases:
        yield f"loss {case.name}, {_shape(case, 2)}", partial(measure.loss_row, case, yardsticks[0])
    steps = measure.Steps(yardsticks[0], width=4 if quick else 64)
    for case in cases:
        yield f"step {case.name}, {_shape(case, 3)}", partial(steps.row, case)
    yield "cwmi-train and a plain loop", partial(trainer_and_loop, device, quick)
    for size, yardstick in zip(sizes[1:], yardsticks[1:], strict=True):
        for name in names:
            case = Case(name, device, *size)
            yield f"loss {name}, {_shape(case, 2)}", partial(measure.loss_row, case, yardstick)
    yield "the loader", partial(loader_alone, (1,) if quick else (8, 16), quick)


def _shape(case: Case, channels: int) -> str:
    return f"{case.images} x {channels} x {case.size} x {case.size}"


def main() -> None:
    arguments = options(__doc__, 540, "benchmark_cuda")
    device = torch.device(arguments.device)
    rows = Rows(arguments.json, describe(device, arguments.quick), arguments.seconds)
    for name, make in named_rows(arguments.names, device, arguments.quick):
        rows.add(name, make)
    sys.exit(rows.conclude())


if __name__ == "__main__":
    main()
