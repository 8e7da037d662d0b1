"""Print the time of each metric for one pair of masks, next to scikit-image, scikit-learn and GUDHI, as tables.

Targets are generated vessels and membranes, predictions are targets blurred with noise. Each time is the median of
``--rounds`` calls (in brackets: 10 % and 90 % quantiles), ours and the peer's in turns in one process and one thread.
``--cpu`` takes the processor's time, which a busy machine disturbs less. ``--pool`` prints instead what worker
processes add to a validation of 50 images and take from it.

Run from the root of the repository: ``python -m scripts.benchmark_metrics``.
"""

import argparse
import platform
import time
from collections.abc import Callable
from importlib.metadata import version

import gudhi
import numpy as np
import torch
from hydra.utils import instantiate
from numpy.typing import NDArray
from omegaconf import OmegaConf
from scipy.ndimage import gaussian_filter
from skimage.measure import label
from skimage.metrics import hausdorff_distance
from skimage.metrics import variation_of_information as skimage_vi
from sklearn.metrics import adjusted_rand_score

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.metrics.betti_persistence import betti_numbers_by_persistence
from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.metrics.scoring import Scoring
from cwmi_seg.topology.masks import Mask

Call = Callable[[], object]


def mask_pair(kind: str, size: int, seed: int = 0) -> tuple[Mask, Mask]:
    """Prediction and target."""
    target = SyntheticImages(kind, size, 1, 1, 1, noise=0.3, gap_share=0.1, seed=seed).read(0)[1]
    noisy = target + np.random.default_rng(seed).normal(0, 0.8, target.shape)
    return gaussian_filter(noisy, 1.2) > 0.5, target > 0


def clustering_by_peers(prediction: Mask, target: Mask) -> None:
    predicted, true = label(~prediction, connectivity=1), label(~target, connectivity=1)
    skimage_vi(true[~target], predicted[~target])
    adjusted_rand_score(true.ravel(), predicted.ravel())


def betti_by_general_persistence(mask: Mask) -> object:
    complex_ = gudhi.CubicalComplex(top_dimensional_cells=np.where(np.pad(mask, 1), 0.0, 1.0))
    complex_.compute_persistence(homology_coeff_field=2, min_persistence=-1)
    return complex_.persistent_betti_numbers(0, 0.5)


def peers(prediction: Mask, target: Mask) -> dict[str, tuple[str, Call]]:
    """By the name of our metric: whose code, and a call of it."""
    pair = prediction, target
    general = "GUDHI CubicalComplex", lambda: [betti_by_general_persistence(mask) for mask in pair]
    return {
        "clustering": ("scikit-image + scikit-learn", lambda: clustering_by_peers(*pair)),
        "hausdorff": ("scikit-image", lambda: hausdorff_distance(*pair, method="modified")),
        "betti": general,
        "betti_fast": ("GUDHI two-dimensional path", lambda: [betti_numbers_by_persistence(mask) for mask in pair]),
    }


def milliseconds(calls: list[Call], rounds: int, clock: Callable[[], float]) -> list[NDArray[np.float64]]:
    """10 %, 50 % and 90 % quantiles of each call, taken in turns after a warm-up."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds + 1):
        for call, taken in zip(calls, times, strict=True):
            start = clock()
            call()
            taken.append(1e3 * (clock() - start))
    return [np.quantile(taken[1:], (0.1, 0.5, 0.9)) for taken in times]


def shown(times: NDArray[np.float64]) -> str:
    return f"{times[1]:.2f} [{times[0]:.2f}, {times[2]:.2f}]"


def test_metrics() -> dict[str, PerImageMetric]:
    """Those of conf/metrics/default.yaml."""
    config = OmegaConf.load(conf_dir() / "metrics" / "default.yaml")
    return {name: instantiate(metric) for name, metric in config.test.items()}


def print_times(kind: str, size: int, rounds: int, clock: Callable[[], float]) -> None:
    """One table."""
    prediction, target = mask_pair(kind, size)
    labels = prediction.astype(np.int16), target.astype(np.int16)
    other, total = peers(prediction, target), 0.0
    share, wrong = 100 * target.mean(), 100 * (prediction != target).mean()
    print(f"\n{kind} {size} x {size}, {share:.0f} % structure, {wrong:.1f} % differ")
    print("\n| metric | ms | peer | ms | ratio |\n|---|---|---|---|---|")
    metrics = test_metrics()
    for name, metric in [*metrics.items(), ("betti_fast", metrics["betti"])]:
        calls: list[Call] = [lambda metric=metric: metric.score(*labels)]  # type: ignore[misc]
        peer, call = other.get(name, ("", None))
        times = milliseconds(calls if call is None else [*calls, call], rounds, clock)
        total += 0 if name == "betti_fast" else times[0][1]
        theirs = "| | |" if call is None else f"{peer} | {shown(times[1])} | {times[1][1] / times[0][1]:.1f} |"
        print(f"| {', '.join(metric.names)} | {shown(times[0])} | {theirs}", flush=True)
    print(f"| all | {total:.2f} | | | |")


def print_pool(size: int) -> None:
    """Seconds of a validation of 50 images, without the network."""
    pairs = [mask_pair("membranes", size, seed) for seed in range(4)]
    predictions, targets = (torch.from_numpy(np.stack(masks)).long() for masks in zip(*pairs, strict=True))
    for num_workers in (0, 1, 2):
        scoring, metrics = Scoring(num_workers), list(test_metrics().values())
        for name in ("first", "second"):
            start = time.perf_counter()
            for i in range(50):
                which = slice(i % 4, i % 4 + 1)
                scoring.update(metrics, predictions[which], targets[which], torch.tensor([i]))
            submitted = time.perf_counter() - start
            scoring.collect()
            total = time.perf_counter() - start
            print(f"| {size} | {num_workers} | {name} | {submitted:.2f} | {total:.2f} |", flush=True)
        scoring.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--cpu", action="store_true", help="processor time, for a busy machine")
    parser.add_argument("--pool", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    packages = ("numpy", "scikit-image", "scikit-learn", "gudhi", "connected-components-3d")
    print(", ".join(f"{name} {version(name)}" for name in packages), f"; Python {platform.python_version()}, 1 thread")
    if options.pool:
        print(
            "\n| size | workers | validation | seconds until all submitted | until all scored |\n|---|---|---|---|---|"
        )
        for size in options.sizes:
            print_pool(size)
        return
    for size in options.sizes:
        for kind in ("membranes", "vessels"):
            print_times(kind, size, options.rounds, time.process_time if options.cpu else time.perf_counter)


if __name__ == "__main__":
    main()
