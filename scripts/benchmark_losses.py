"""Print the time of forward and backward of every loss of ``conf/loss``, and its ratio to the cross-entropy.

All losses run in turns in one process, ``--rounds`` times, on the same membranes between random cells and logits
near them; with ``--axes 3`` those that take volumes, on volumes. A ratio is the median over the rounds of (loss /
cross-entropy of that round). Losses that change with the epoch are timed as after their last change and, as NAME@0, in
epoch 0. Run it as ``python -m scripts.benchmark_losses``.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor, nn

from tests.support.loss_configs import LOSS_NAMES, dimensions, make_loss
from tests.support.loss_inputs import weight_map

YARDSTICK = "cross_entropy"


def membranes(size: int, axes: int, seed: int) -> Tensor:
    """1 where the two nearest of random points are within 3 pixels of being equally near, *space."""
    cells = size**axes // 5000 + 2
    points = np.random.default_rng(seed).uniform(0, size, (cells, axes))
    pixels = np.stack(np.meshgrid(*[np.arange(size)] * axes, indexing="ij"), axis=-1)
    distances, _ = cKDTree(points).query(pixels.reshape(-1, axes), k=2)
    return torch.from_numpy(distances[:, 1] - distances[:, 0] < 3).long().view([size] * axes)


def batch(images: int, channels: int, size: int, axes: int = 2) -> tuple[Tensor, Tensor]:
    """Logits B C *space that are mostly right, and the target."""
    target = torch.stack([membranes(size, axes, seed) for seed in range(images)])
    toward = torch.stack([1 - 2 * target, 2 * target - 1], dim=1)[:, 2 - channels :]
    noise = torch.randn(toward.shape, generator=torch.Generator().manual_seed(0))
    return 2 * toward + 2 * noise, target


def milliseconds(loss: nn.Module, logits: Tensor, arguments: tuple[Tensor, ...], clock: Callable[[], float]) -> float:
    """Forward and backward once."""
    logits.grad = None
    _wait(logits)
    start = clock()
    loss(logits, *arguments).backward()
    _wait(logits)
    return 1e3 * (clock() - start)


def _wait(like: Tensor) -> None:
    if like.is_cuda:
        torch.cuda.synchronize()


def losses(names: list[str]) -> dict[str, nn.Module]:
    """The losses to time, those that change with the epoch twice."""
    made = {name: make_loss(name) for name in names}
    for name in names:
        parts = [part for part in made[name].modules() if not list(part.children())]  # of a sum, its members
        if any(hasattr(part, "epoch") for part in parts):
            made[f"{name}@0"] = make_loss(name)
            made[f"{name}@0"].epoch = 0  # type: ignore[assignment]
    return dict(sorted(made.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--channels", type=int, default=2, choices=(1, 2))
    parser.add_argument("--size", type=int, default=512, help="of every side")
    parser.add_argument("--axes", type=int, default=2, choices=(2, 3), help="3: volumes")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--cpu-time", action="store_true", help="of all threads, for a busy machine")
    parser.add_argument("names", nargs="*", default=LOSS_NAMES, help="losses; all without any")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logits, target = batch(options.images, options.channels, options.size, options.axes)
    made = losses(sorted({YARDSTICK, *options.names}))
    made = {name: loss for name, loss in made.items() if options.axes in dimensions(loss)}
    maps = {name: weight_map(loss, target) for name, loss in made.items()}
    on_device = [target.to(options.device)]
    arguments = {name: (*on_device, *([] if m is None else [m.to(options.device)])) for name, m in maps.items()}
    leaf = logits.to(options.device).requires_grad_()
    clock = time.process_time if options.cpu_time else time.perf_counter
    times: dict[str, list[float]] = {name: [] for name in made}
    for i in range(options.rounds + 1):
        for name, loss in made.items():
            elapsed = milliseconds(loss, leaf, arguments[name], clock)
            times[name] += [elapsed] if i else []  # the first round warms up
    print(
        f"torch {torch.__version__}, python {platform.python_version()}, {options.device}, {options.threads} threads, "
        f"logits {tuple(logits.shape)}, {options.rounds} rounds"
        f"{', processor time' if options.cpu_time else ''}"
    )
    print(f"{'loss':36s}{'median ms':>10s}{'quartiles':>18s}{'ratio':>8s}")
    for name, values in times.items():
        low, median, high = statistics.quantiles(values, n=4)
        ratio = statistics.median(a / b for a, b in zip(values, times[YARDSTICK], strict=True))
        print(f"{name:36s}{median:10.1f}{low:10.1f}{high:8.1f}{ratio:8.2f}")


if __name__ == "__main__":
    main()
