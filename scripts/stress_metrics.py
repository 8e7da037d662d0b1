"""Print whether the metrics hold on many generated masks: cases that agree, and the largest difference.

- every metric of conf/metrics on ``--pairs`` pairs: an exception or a value that is not finite ends the script
- Betti numbers by labelling against GUDHI, ``--masks`` masks of 32 to 128 pixels, both connectivities
- VI, ARI and modified Hausdorff against scikit-image and scikit-learn, ``--oracle-pairs`` pairs
- Betti numbers of TopoMortar's test masks as its authors publish them, with ``--data FOLDER``, which holds TopoMortar/

Run from the root of the repository: ``python -m scripts.stress_metrics``. Ends with status 1 where something differs.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from hydra.utils import instantiate
from omegaconf import OmegaConf
from skimage.measure import label
from skimage.metrics import hausdorff_distance
from skimage.metrics import variation_of_information as skimage_vi
from sklearn.metrics import adjusted_rand_score

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.datasets.image_files import read_binary
from cwmi_seg.metrics.betti import betti_numbers
from cwmi_seg.metrics.betti_persistence import betti_numbers_by_persistence
from cwmi_seg.metrics.clustering import adjusted_rand_index, object_contingency, variation_of_information
from cwmi_seg.metrics.hausdorff import hausdorff_distances
from cwmi_seg.topology.masks import Mask
from tests.support.masks import random_pairs


def every_metric(pairs: int) -> Iterator[float]:
    """0 for each pair."""
    config = OmegaConf.load(conf_dir() / "metrics" / "default.yaml")
    metrics = [instantiate(metric) for metric in config.test.values()]
    for prediction, target in random_pairs(pairs, seed=1, largest=96):
        for metric in metrics:
            values = metric.score(prediction.astype(np.int16), target.astype(np.int16))
            if not np.isfinite(values).all():
                raise SystemExit(f"{metric.names}: {values} for a pair of shape {target.shape}")
        yield 0.0


def betti(masks: int) -> Iterator[float]:
    """Difference of labelling and persistence."""
    for mask in random_masks(masks):
        for connectivity in (4, 8):
            numbers = np.stack(betti_numbers(mask[None], connectivity))[:, 0]
            yield float(np.abs(numbers - betti_numbers_by_persistence(mask, connectivity)).max())


def random_masks(number: int) -> Iterator[Mask]:
    """32 to 128 pixels, any density and grain."""
    generator = np.random.default_rng(2)
    for mask, _ in random_pairs(number, seed=3, largest=128):
        padding = [(0, int(max(0, generator.integers(32, 129) - length))) for length in mask.shape]
        yield np.pad(mask, padding, mode="symmetric")


def usable_pairs(number: int, seed: int) -> Iterator[tuple[Mask, Mask]]:
    """Pairs that the other packages can score: structure in both, objects in the target."""
    pairs = random_pairs(10 * number, seed=seed, largest=96)
    return islice((pair for pair in pairs if pair[0].any() and pair[1].any() and not pair[1].all()), number)


def clustering(pairs: int, which: str) -> Iterator[float]:
    """Difference to scikit-image (VI) or scikit-learn (ARI)."""
    for prediction, target in usable_pairs(pairs, seed=4):
        table = object_contingency(prediction, target)
        predicted, true = label(~prediction, connectivity=1), label(~target, connectivity=1)
        if which == "ari":
            yield abs(adjusted_rand_index(table) - adjusted_rand_score(true.ravel(), predicted.ravel()))
        else:
            expected = skimage_vi(true[~target], predicted[~target])
            yield float(np.abs(np.subtract(expected, variation_of_information(table))).max())


def hausdorff(pairs: int) -> Iterator[float]:
    """Difference to scikit-image."""
    for pair in usable_pairs(pairs, seed=5):
        yield abs(hausdorff_distances(*pair)[0] - hausdorff_distance(*pair, method="modified"))


def topomortar(data: Path) -> Iterator[float]:
    """Difference to the published numbers."""
    folder = data / "TopoMortar"
    with (folder / "betti_numbers.csv").open() as file:
        for row in csv.DictReader(file):
            name, *numbers = row.values()
            b0, b1 = betti_numbers(read_binary(folder / "test" / "accurate" / f"{name}.png")[None] > 0)
            yield float(max(abs(b0[0] - int(numbers[0])), abs(b1[0] - int(numbers[1]))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--masks", type=int, default=5000)
    parser.add_argument("--oracle-pairs", type=int, default=500)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    checks: dict[str, tuple[Callable[[], Iterator[float]], float]] = {
        "every metric, no exception, finite": (lambda: every_metric(options.pairs), 0),
        "Betti numbers, labelling - GUDHI": (lambda: betti(options.masks), 0),
        "VI - scikit-image": (lambda: clustering(options.oracle_pairs, "vi"), 1e-12),
        "ARI - scikit-learn": (lambda: clustering(options.oracle_pairs, "ari"), 1e-12),
        "modified Hausdorff - scikit-image": (lambda: hausdorff(options.oracle_pairs), 1e-12),
    }
    if options.data:
        checks["Betti numbers - TopoMortar's published"] = (lambda: topomortar(options.data), 0)
    failed = False
    for name, (check, tolerance) in checks.items():
        differences = np.array(list(check()))
        failed |= bool((differences > tolerance).any())
        equal = int((differences <= tolerance).sum())
        print(f"{name:42s} {equal} of {len(differences)}, largest difference {differences.max():.1e}", flush=True)
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
