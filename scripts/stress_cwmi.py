"""Run CWMI on generated inputs, value and gradient, and print how many of each kind were finite and which failed.

    python -m scripts.stress_cwmi --count 10000
    python -m scripts.stress_cwmi --count 3000 --volumes

Inputs (tests/support/generated_inputs.py): 8x8 to 300x300, 2 to 4 classes, K from 2 to 12, N from 1 to 4, complex and
real, logits up to 1e4, exact, wrong and constant predictions, empty, full, single-pixel, line and striped targets,
float16, bfloat16, float32 and float64, contiguous or not. Volumes: 8 to 48 voxels a side, K of 3, 6 and 16, N from 1
to 3, proper, augmented and real, equal samples or slices up to 12.5 times as thick. Exit status 1 if any failed.
"""

import argparse
import sys
from collections import Counter
from typing import Any

import torch
from torch import Tensor

from cwmi_seg.losses import CWMILoss
from tests.support.generated_inputs import KINDS, generated_input, generated_volume


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first input")
    parser.add_argument("--largest", type=int, help="pixels a side, 300 or 48 by default")
    parser.add_argument("--volumes", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    make = generated_volume if arguments.volumes else generated_input
    largest = arguments.largest or (48 if arguments.volumes else 300)
    outcomes: Counter[tuple[str, str]] = Counter()
    for seed in range(arguments.first, arguments.first + arguments.count):
        outcome = run(*make(seed, largest))
        target_kind, logits_kind, dtype = KINDS[seed % len(KINDS)]
        for kind in (f"target {target_kind}", f"logits {logits_kind}", str(dtype)):
            outcomes[kind, "finite" if outcome == "finite" else "failed"] += 1
        if outcome != "finite":
            print(f"seed {seed}: target {target_kind}, logits {logits_kind}, {dtype}: {outcome}")
    for kind in dict.fromkeys(kind for kind, _ in outcomes):
        print(f"{kind:24s} finite {outcomes[kind, 'finite']:6d}   failed {outcomes[kind, 'failed']:4d}")
    failed = sum(count for (kind, outcome), count in outcomes.items() if outcome == "failed") // 3
    print(f"{arguments.count} inputs, {failed} failed")
    sys.exit(failed > 0)


def run(logits: Tensor, target: Tensor, settings: dict[str, Any]) -> str:
    """``finite``, or what went wrong."""
    logits.requires_grad_()
    try:
        value = CWMILoss(**settings)(logits, target)
        (gradient,) = torch.autograd.grad(value, logits)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if not value.isfinite():
        return f"value {value.item()}"
    return "finite" if gradient.isfinite().all() else "gradient not finite"


if __name__ == "__main__":
    main()
