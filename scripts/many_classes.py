"""The table of ``scripts/many_classes.sh``: mean and spread over the seeds, a row a loss.

python -m scripts.many_classes OUTPUT       the table, as Markdown
python -m scripts.many_classes --weights    median frequency / frequency of each class of the training images
"""

import argparse
from pathlib import Path

import numpy as np

from cwmi_seg.datasets.synthetic_classes import CLASSES, SyntheticClasses
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.markdown import escape, grid
from cwmi_seg.reporting.numbers import decimals, with_spread
from cwmi_seg.reporting.records import SCORE

STUDY, SIZE = "many_classes", 96
RARE = tuple(f"dataset_iou_{CLASSES.index(name)}" for name in ("car", "pole", "sign"))
METRICS = ("dataset_iou", *RARE, "miou", "cldice", "vi", "betti_0_error", "betti_1_error")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", nargs="?", type=Path)
    parser.add_argument("--weights", action="store_true")
    arguments = parser.parse_args()
    if arguments.weights:
        print(f"[{','.join(f'{weight:.3f}' for weight in median_frequency_weights())}]")
    elif arguments.output:
        print(table(arguments.output))
    else:
        parser.error("expected OUTPUT or --weights")


def table(output: Path) -> str:
    """The finished runs of the study in a folder of outputs."""
    done = collect(output, STUDY).done
    columns = {f"{SCORE}{name}": name for name in METRICS if f"{SCORE}{name}" in done}
    rows = done.groupby("label")[list(columns)].agg(["mean", "std"])
    digits = {column: decimals(rows[column]["mean"].tolist()) for column in columns}
    cells = [
        [
            escape(str(label)),
            *(with_spread(row[column, "mean"], row[column, "std"], digits[column]) for column in columns),
        ]
        for label, row in rows.iterrows()
    ]
    names = [f"IoU {CLASSES[int(name.rsplit('_', 1)[1])]}" if name in RARE else name for name in columns.values()]
    return grid(["loss", *map(escape, names)], cells)


def median_frequency_weights() -> list[float]:
    """Of the training images; the frequency of a class is its share of the images that have it."""
    info = SyntheticClasses(size=SIZE).info
    counts = np.array([image.class_counts for image in info.images if image.part == "train"])
    sizes = counts.sum(1, keepdims=True) * (counts > 0)
    frequency = counts.sum(0) / sizes.sum(0)
    weights: list[float] = (np.median(frequency) / frequency).tolist()
    return weights


if __name__ == "__main__":
    main()
