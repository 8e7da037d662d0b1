"""Compare the metrics of volumes with other packages, and time the Betti numbers.

    pip install --no-deps gudhi surface-distance monai
    python -m scripts.check_volume_metrics [--volumes 500] [--pairs 200] [--size 128] [--goldens FILE]

- Betti numbers of random volumes, both connectivities, against GUDHI: how many agree.
- surface Dice against surface-distance and HD95 against MONAI, on pairs of volumes and of images with and without
  spacing; adapted Rand error against scikit-image: the largest difference.
- seconds for b0, b1, b2 of one volume, one thread.

``--goldens`` writes the values of surface-distance that ``tests/metrics/test_volumes.py`` reads.
"""

import json
import statistics
import time
import warnings
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from skimage.measure import label
from skimage.metrics import adapted_rand_error as rand_error_of_skimage

from cwmi_seg.metrics.betti import betti_numbers
from cwmi_seg.metrics.betti_persistence import betti_numbers_by_persistence
from cwmi_seg.metrics.clustering import adapted_rand_error, object_contingency
from cwmi_seg.metrics.hausdorff import hausdorff_distances
from cwmi_seg.metrics.surface_dice import surface_dice
from cwmi_seg.topology.masks import Mask
from tests.support.masks import random_pairs
from tests.support.volumes import random_volume, random_volume_pairs

SPACINGS: dict[int, list[tuple[float, ...]]] = {2: [(1.0, 1.0), (2.0, 0.5)], 3: [(1.0, 1.0, 1.0), (3.0, 1.0, 0.5)]}
GOLDENS: list[dict[str, Any]] = [
    {"seed": seed, "shape": shape, "spacing": spacing, "tolerance": tolerance, "density": density}
    for seed, (shape, spacing, tolerance, density) in enumerate([
        ([7, 8, 9], [1, 1, 1], 0.0, 0.5), ([7, 8, 9], [1, 1, 1], 0.5, 0.9), ([7, 8, 9], [1, 1, 1], 1.0, 0.97),
        ([5, 9, 11], [3, 1, 0.5], 0.5, 0.5), ([5, 9, 11], [3, 1, 0.5], 2.0, 0.97), ([6, 6, 6], [0.5, 2, 1], 1.0, 0.98),
        ([1, 9, 8], [1, 1, 1], 1.0, 0.9), ([12, 15], [1, 1], 0.0, 0.5), ([12, 15], [1, 1], 1.5, 0.95),
        ([12, 15], [2, 0.5], 1.0, 0.9), ([20, 20], [1, 1], 2.0, 0.99),
    ])
]  # fmt: skip


def betti(number: int) -> str:
    """How many random volumes have GUDHI's numbers."""
    generator, equal = np.random.default_rng(0), 0
    for _ in range(number):
        mask = random_volume(generator, 12)
        for connectivity in (26, 6):
            own = tuple(int(n[0]) for n in betti_numbers(mask[None], connectivity))
            equal += own == betti_numbers_by_persistence(mask, connectivity)
    return f"{equal} of {2 * number} equal to GUDHI ({number} volumes, connectivity 26 and 6)"


def pairs(number: int) -> list[tuple[Mask, Mask]]:
    """Volumes and images, half each, without empty masks, which the packages leave undefined."""
    both = [*random_volume_pairs(number, largest=20), *random_pairs(number, largest=40)]
    filled = [pair for pair in both if pair[0].any() and pair[1].any()]
    volumes = [pair for pair in filled if pair[0].ndim == 3][: number // 2]
    return volumes + [pair for pair in filled if pair[0].ndim == 2][: number - len(volumes)]


def their_surface_dice(prediction: Mask, target: Mask, tolerance: float, spacing: Any) -> float:
    """By DeepMind's surface-distance."""
    from surface_distance import compute_surface_dice_at_tolerance, compute_surface_distances

    distances = compute_surface_distances(target, prediction, spacing)
    return float(compute_surface_dice_at_tolerance(distances, tolerance))


def their_hd95(prediction: Mask, target: Mask, spacing: Any) -> float:
    """By MONAI."""
    from monai.metrics import compute_hausdorff_distance

    made, true = (torch.from_numpy(mask)[None, None].float() for mask in (prediction, target))
    distance = compute_hausdorff_distance(made, true, include_background=True, percentile=95, spacing=list(spacing))
    return float(distance)


def surfaces(number: int) -> list[str]:
    """Largest differences of surface Dice and HD95 over all pairs, spacings and tolerances."""
    chosen, dice, hd95 = pairs(number), [0.0], [0.0]
    for prediction, target in chosen:
        for spacing in SPACINGS[target.ndim]:
            hd95.append(
                abs(hausdorff_distances(prediction, target, spacing)[1] - their_hd95(prediction, target, spacing))
            )
            for tolerance in (0.0, 1.0, 2.5):
                theirs = their_surface_dice(prediction, target, tolerance, spacing)
                dice.append(abs(surface_dice(prediction, target, tolerance, spacing) - theirs))
    found = f"{len(chosen)} pairs, {sum(pair[0].ndim == 3 for pair in chosen)} of them volumes, two spacings"
    return [
        f"surface Dice: {max(dice):.1e} from surface-distance ({found}, three tolerances)",
        f"HD95: {max(hd95):.1e} from MONAI ({found})",
    ]


def rand_error(number: int) -> str:
    """Largest difference from scikit-image, where it has a value."""
    differences = []
    for prediction, target in pairs(number):
        labels = [label(~mask, connectivity=1) for mask in (prediction, target)]
        theirs = rand_error_of_skimage(labels[1], labels[0], ignore_labels=(0,))[0]
        if np.isfinite(theirs):
            differences.append(abs(adapted_rand_error(object_contingency(prediction, target)) - theirs))
    return f"adapted Rand error: {max(differences):.1e} from scikit-image ({len(differences)} pairs)"


def seconds(size: int) -> str:
    """Median of seven, of a volume of membranes."""
    field = gaussian_filter(np.random.default_rng(0).normal(size=(size,) * 3), 2)
    tiles, times = (np.abs(field) < 0.3 * field.std())[None], []
    for _ in range(7):
        start = time.process_time()
        betti_numbers(tiles)
        times.append(time.process_time() - start)
    found = tuple(int(number[0]) for number in betti_numbers(tiles))
    return f"b0, b1, b2 = {found} of {size}^3: {1000 * statistics.median(times):.0f} ms of processor time"


def write_goldens(path: Path) -> None:
    """The cases with the values of surface-distance."""
    for case in GOLDENS:
        generator = np.random.default_rng(case["seed"])
        prediction, target = generator.random((2, *case["shape"])) > case["density"]
        case["value"] = their_surface_dice(prediction, target, case["tolerance"], case["spacing"])
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in GOLDENS) + "\n]\n")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    for name, default in (("volumes", 500), ("pairs", 200), ("size", 128)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--goldens", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.goldens:
        write_goldens(options.goldens)
        return
    print(betti(options.volumes))
    for line in (*surfaces(options.pairs), rand_error(options.pairs), seconds(options.size)):
        print(line)


if __name__ == "__main__":
    main()
