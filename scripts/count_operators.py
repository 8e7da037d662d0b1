"""Print how many operators one call of a loss takes, forward and backward: each is a launch, on a GPU or a busy CPU.

    python -m scripts.count_operators                                  # every loss of conf/loss, and CWMI by K
    python -m scripts.count_operators cwmi dice --size 256 256
    python -m scripts.count_operators cwmi_volume --size 32 32 32

Counted are the operators (views among them) that are not called by another operator, by torch.profiler, in the third
call with the same logits of two classes.
"""

import argparse
from collections.abc import Sequence

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from tests.support.loss_configs import LOSS_NAMES, dimensions, make_loss
from tests.support.loss_inputs import weight_map


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=LOSS_NAMES, help="losses; all without any")
    parser.add_argument("--size", type=int, nargs="+", default=[256, 256], help="H W or D H W")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--orientations", type=int, nargs="+", default=[4, 8, 12], help="K of cwmi in images")
    arguments = parser.parse_args()
    print(f"operators of one forward and backward, {arguments.batch} x 2 x {' x '.join(map(str, arguments.size))}")
    for name in arguments.names:
        loss = make_loss(name)
        if len(arguments.size) not in dimensions(loss):
            continue
        print(f"{name:32s} {operators(loss, arguments.batch, arguments.size):6d}")
        for k in arguments.orientations if name == "cwmi" and len(arguments.size) == 2 else ():
            loss = make_loss(name, num_orientations=k)
            print(f"{f'{name}, K = {k}':32s} {operators(loss, arguments.batch, arguments.size):6d}")


def operators(loss: nn.Module, batch: int, size: Sequence[int]) -> int:
    """Operators of one forward and backward with logits of two classes."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(batch, 2, *size, generator=generator).requires_grad_()
    target = (torch.rand(batch, *size, generator=generator) > 0.7).long()
    maps = weight_map(loss, target)
    for _ in range(2):
        loss(logits, target, maps).backward()
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        loss(logits, target, maps).backward()
    found = [event for event in profiler.events() or () if event.name.startswith("aten::")]
    return sum(event.cpu_parent is None or not event.cpu_parent.name.startswith("aten::") for event in found)


if __name__ == "__main__":
    main()
