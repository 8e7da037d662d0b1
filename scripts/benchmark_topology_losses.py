"""Print the time of Topograph, Betti matching and HuTopo, forward and backward, beside the code of others.

Topograph and Betti matching: the losses of the authors' package ``topolosses`` (Topograph in one process, its default;
Betti matching in as many as there are threads). HuTopo: the persistence of prediction and target by GUDHI's complex for
any dimension, alone. Targets are membranes between random cells; logits are near them, with smooth noise, so that
regions are as in training. Loss and reference run in turns; a ratio is the median over the rounds. Needs
``pip install 'cwmi-seg[topology]'``; run it as ``python -m scripts.benchmark_topology_losses``.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import numpy as np
import torch
from gudhi import CubicalComplex
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn import functional as F

from cwmi_seg.losses import BettiMatchingLoss, HuTopoLoss, TopographLoss
from scripts.benchmark_losses import membranes

Call = Callable[[Tensor, Tensor], object]


def batch(images: int, size: int, grain: float, noise: float) -> tuple[Tensor, Tensor]:
    """Logits B 2 H W with noise of standard deviation ``noise``, smoothed over ``grain`` pixels, and the target."""
    target = torch.stack([membranes(size, 2, seed) for seed in range(images)])
    fields = np.random.default_rng(0).normal(size=(images, size, size))
    smooth = np.stack([gaussian_filter(field, grain) for field in fields])
    logit = 2.0 * (2 * target - 1) + torch.from_numpy(noise * smooth / smooth.std())
    return torch.stack([-logit, logit], dim=1).float() / 2, target


def pairs(threads: int) -> dict[str, tuple[Call, Call]]:
    """Name to loss and reference."""
    from topolosses.losses import BettiMatchingLoss as TheirBetti
    from topolosses.losses import TopographLoss as TheirTopograph

    arguments = {"alpha": 1, "softmax": True, "use_base_loss": False}
    topograph, betti = TheirTopograph(**arguments), TheirBetti(**arguments, num_processes=threads)
    return {
        "topograph": (trained(TopographLoss()), trained(lambda z, y: topograph(z, one_hot(y)))),
        "betti_matching": (trained(BettiMatchingLoss()), trained(lambda z, y: betti(z, one_hot(y)))),
        "hu_topo": (trained(HuTopoLoss()), lambda z, y: by_gudhi(z, y, threads)),
    }


def one_hot(target: Tensor) -> Tensor:
    return F.one_hot(target, 2).movedim(-1, 1)


def trained(loss: Callable[[Tensor, Tensor], Tensor]) -> Call:
    """Forward and backward."""

    def call(logits: Tensor, target: Tensor) -> object:
        value = loss(logits.detach().requires_grad_(), target)
        value.backward()
        return value.item()

    return call


def by_gudhi(logits: Tensor, target: Tensor, threads: int) -> object:
    def pixels(values: NDArray[np.float64]) -> object:
        complex = CubicalComplex(vertices=values)
        complex.compute_persistence()
        return complex.vertices_of_persistence_pairs()

    maps = torch.cat([1 - logits.softmax(1)[:, 1].double(), 1 - target.double()]).numpy()
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(pixels, maps))


def seconds(call: Call, logits: Tensor, target: Tensor) -> float:
    start = time.perf_counter()
    call(logits, target)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--grain", type=float, default=2.0, help="of the noise, pixels")
    parser.add_argument("--noise", type=float, default=2.0, help="standard deviation, beside logits of +-2")
    parser.add_argument("names", nargs="*", default=["topograph", "betti_matching", "hu_topo"])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logits, target = batch(options.images, options.size, options.grain, options.noise)
    wrong = (logits.argmax(1) != target).double().mean()
    print(
        f"torch {torch.__version__}, topolosses {version('topolosses')}, gudhi {version('gudhi')}, "
        f"python {platform.python_version()}, {platform.processor() or platform.machine()}, {options.threads} threads, "
        f"logits {tuple(logits.shape)}, {wrong:.1%} of the pixels wrong, medians of {options.rounds} rounds"
    )
    print(f"{'loss':16s}{'seconds':>10s}{'reference':>11s}{'ratio':>8s}")
    for name, (ours, theirs) in pairs(options.threads).items():
        if name not in options.names:
            continue
        ours(logits[:1], target[:1])  # imports
        rounds = [(seconds(ours, logits, target), seconds(theirs, logits, target)) for _ in range(options.rounds)]
        times = [statistics.median(each) for each in zip(*rounds, strict=True)]
        ratio = statistics.median(mine / other for mine, other in rounds)
        print(f"{name:16s}{times[0]:10.3f}{times[1]:11.3f}{ratio:8.3f}", flush=True)


if __name__ == "__main__":
    main()
