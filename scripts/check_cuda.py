"""Check on a GPU what is checked on the CPU everywhere else: every loss, and the commands. One process, four minutes.

    python -m scripts.check_cuda                       # all; the same command again goes on where it ended
    python -m scripts.check_cuda cwmi dice --json two.json
    python -m scripts.check_cuda --device cpu --quick  # the same code on tiny inputs, without a GPU

Of every loss of conf/loss: values and gradients are the CPU's in float32 and float64; autocast to float16 with a
gradient scaler, and to bfloat16; logits with channels last; no step waits for the GPU, which CUDA itself refuses; the
same bits twice; the same memory after 50 steps; a CUDA graph; torch.compile with a layer before it. Then a training
that is killed and goes on, the masks of cwmi-predict against the CPU's, and the export. A row that fails ends nothing;
the exit status is 1 if one did. A failed row is made again by the next call.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

from scripts import cuda_cases as check
from scripts import cuda_commands as commands
from scripts.cuda_rows import Row, Rows, describe, options
from scripts.cuda_training import steps_without_waiting

Named = Iterator[tuple[str, Callable[[], Row]]]


def of_loss(case: check.Case) -> Named:
    """The rows of one loss but for the compilation, which takes long."""
    yield "as on the CPU, float32", partial(check.same_as_cpu, case, torch.float32)
    yield "as on the CPU, float64", partial(check.same_as_cpu, case, torch.float64)
    yield "autocast float16", partial(check.under_autocast, case, torch.float16)
    yield "autocast bfloat16", partial(check.under_autocast, case, torch.bfloat16)
    yield "channels last", partial(check.channels_last, case)
    yield "never waits", partial(check.without_waiting, case)
    yield "deterministic", partial(check.deterministic, case)
    yield "steady memory", partial(check.steady_memory, case)
    yield "CUDA graph", partial(check.captured, case)


def of_commands(folder: Path, device: torch.device, quick: bool) -> Named:
    name = "gpu" if device.type == "cuda" else "cpu"
    yield "cwmi-train, killed and resumed", partial(commands.resumed, folder, name, quick)
    yield "cwmi-predict, as on the CPU", partial(commands.predicted, folder, name, quick)
    yield "cwmi-export", partial(commands.exported, folder, name, quick)


def main() -> None:
    arguments = options(__doc__, 230, "check_cuda")
    device, (images, size) = torch.device(arguments.device), (1, 32) if arguments.quick else (2, 256)
    rows = Rows(arguments.json, describe(device, arguments.quick), arguments.seconds)
    cases = [check.Case(name, device, images, size) for name in arguments.names]
    for case in cases:
        for name, make in of_loss(case):
            rows.add(f"{case.name}: {name}", make)
    rows.add("steps of the framework never wait", partial(steps_without_waiting, device))
    with tempfile.TemporaryDirectory() as folder:
        for name, make in of_commands(Path(folder), device, arguments.quick):
            rows.add(name, make)
    for case in cases:
        rows.add(f"{case.name}: torch.compile", partial(check.compiled, case, arguments.quick))
    sys.exit(rows.conclude())


if __name__ == "__main__":
    main()
