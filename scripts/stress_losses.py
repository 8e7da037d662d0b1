"""Print, for every loss of ``conf/loss``, how many generated inputs it took without an exception, NaN or Inf.

Inputs are those of ``tests/support/loss_inputs.py``, one image at a time: empty, full, one pixel, absent classes,
ignored pixels, logits of +-1e4, half types, one to three channels; with ``--axes 3`` volumes. After the losses it
counts in how many of 200 random cases SCNP differs from a loop over pixels. Run it as
``python -m scripts.stress_losses``.
"""

import argparse
import math
import platform
import time
from dataclasses import dataclass

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from torch import nn

from tests.support.loss_configs import LOSS_NAMES, dimensions, make_loss
from tests.support.loss_inputs import IGNORED, Case, cases, weight_map
from tests.support.scnp_by_loops import differs_from_loops


@dataclass
class Tally:
    """What became of the inputs of one loss."""

    inputs: int = 0
    raised: int = 0
    not_finite: int = 0
    largest_value: float = 0.0
    largest_gradient: float = 0.0
    first_failure: str = ""

    def add(self, loss: nn.Module, case: Case) -> None:
        """Value and gradient of one input."""
        self.inputs += 1
        logits, target = case.make()
        logits.requires_grad_()
        try:
            value = loss(logits, target, weight_map(loss, target, logits.shape[1]))
            value.backward()
        except Exception as error:  # counted, not hidden
            self.raised += 1
            self.first_failure = self.first_failure or f"{error!r} for {case}"
            return
        size, slope = abs(value.item()), logits.grad.abs().max().item() if logits.grad is not None else math.nan
        if not (math.isfinite(size) and math.isfinite(slope)):
            self.not_finite += 1
            self.first_failure = self.first_failure or f"value {size}, gradient {slope} for {case}"
        self.largest_value, self.largest_gradient = max(self.largest_value, size), max(self.largest_gradient, slope)


def stress(name: str, examples: int, first: int, axes: int = 2) -> Tally:
    """Give one loss ``examples`` inputs."""
    loss, tally = make_loss(name, ignore_index=IGNORED), Tally()
    channels = (1, 2, 3) if getattr(loss, "multiclass", True) else (1, 2)

    @seed(first)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(channels, images=1, dimensions=axes))
    def take(case: Case) -> None:
        tally.add(loss, case)

    take()
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000, help="inputs of each loss")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--axes", type=int, default=2, choices=(2, 3), help="3 gives volumes to those that take them")
    parser.add_argument("names", nargs="*", default=LOSS_NAMES, help="losses; all without any")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, python {platform.python_version()}, seed {arguments.seed}")
    print(
        f"{'loss':36s}{'inputs':>8s}{'raised':>8s}{'not finite':>12s}{'|value|':>12s}{'|gradient|':>12s}{'seconds':>9s}"
    )
    for name in arguments.names:
        if arguments.axes not in dimensions(make_loss(name)):
            continue
        start = time.perf_counter()
        tally = stress(name, arguments.examples, arguments.seed, arguments.axes)
        print(
            f"{name:36s}{tally.inputs:8d}{tally.raised:8d}{tally.not_finite:12d}"
            f"{tally.largest_value:12.4g}{tally.largest_gradient:12.4g}{time.perf_counter() - start:9.1f}",
            tally.first_failure,
            flush=True,
        )
    different = sum(differs_from_loops(case) > 0 for case in range(200))
    print(f"SCNP differs from a loop over pixels in {different} of 200 random cases")


if __name__ == "__main__":
    main()
