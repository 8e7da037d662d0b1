"""Scores of two folders of binary masks, file by file, without a training.

python examples/score_folders.py PREDICTIONS TARGETS

The command for this is cwmi-evaluate predictions=FOLDER targets=FOLDER; here are the functions beneath it.
"""

import sys
from pathlib import Path

from cwmi_seg.datasets.image_files import read_binary
from cwmi_seg.metrics import (
    betti_errors,
    hausdorff_distances,
    object_contingency,
    overlap_scores,
    variation_of_information,
)


def scores(prediction_file: Path, target_file: Path) -> dict[str, float]:
    """Some of the metrics of one image."""
    labels = read_binary(prediction_file), read_binary(target_file)  # 0 and 1
    prediction, target = (mask == 1 for mask in labels)
    miou, mdice = overlap_scores(*labels)
    return {
        "miou": miou,
        "mdice": mdice,
        "hd": hausdorff_distances(prediction, target)[0],
        "vi": sum(variation_of_information(object_contingency(prediction, target))),
        "betti_error": betti_errors(prediction, target, patch_size=64)[2],
    }


def main(predictions: str, targets: str) -> None:
    for target_file in sorted(Path(targets).glob("*.png")):
        values = scores(Path(predictions) / target_file.name, target_file)
        print(target_file.stem, *(f"{name}={value:.4f}" for name, value in values.items()))


if __name__ == "__main__":
    main(*sys.argv[1:])
