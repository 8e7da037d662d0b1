"""Draw docs/figures/effect.png: what some losses make of the same test images.

    python -m scripts.plot_effect OUTPUT

OUTPUT holds the run folders of scripts/mini_tables.sh. Of each dataset the median test image by mean mIoU, cut to the
square in which the losses differ most. White: right, red: too much, blue: missing. Prints the path and size.
"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib import pyplot
from PIL import Image
from scipy.ndimage import uniform_filter

from cwmi_seg.reporting.analysis import analyse
from cwmi_seg.reporting.panels import ImagePanel, image_panels
from cwmi_seg.reporting.records import load_records
from scripts.results_tables import CHECKOUT, DATASETS, OPTIONS, RESULTS

LOSSES = ("cross_entropy", "dice", "cldice", "cwmi")
SIDE = 192
OUTPUT = CHECKOUT / "docs" / "figures" / "effect.png"


def median_image(study: Path, runs: Path) -> ImagePanel:
    """Image, target and the overlay of each of ``LOSSES`` on the median test image."""
    analysis = analyse(load_records(study), OPTIONS)
    (block,) = analysis.blocks
    (panel,) = image_panels(analysis.of_block(block), runs, LOSSES, number=1)
    return panel


def where_they_differ(panel: ImagePanel) -> tuple[slice, slice]:
    """The square of ``SIDE`` pixels with the largest variance between the overlays."""
    overlays = np.stack([picture for label, picture in panel.tiles if label in LOSSES]).astype(float)
    variance = overlays.var(axis=0).mean(axis=-1)
    inner = uniform_filter(variance, SIDE)[SIDE // 2 : -SIDE // 2, SIDE // 2 : -SIDE // 2]
    top, left = np.unravel_index(inner.argmax(), inner.shape)
    return slice(top, top + SIDE), slice(left, left + SIDE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    runs = parser.parse_args().output / "runs"
    panels = {title: median_image(RESULTS / name, runs) for name, title in DATASETS.items()}
    figure, axes = pyplot.subplots(len(panels), 2 + len(LOSSES), figsize=(9.6, 5.1), layout="constrained")
    for row, (title, panel) in zip(axes, panels.items(), strict=True):
        square = where_they_differ(panel)
        for axis, (_, picture) in zip(row, panel.tiles, strict=True):
            axis.imshow(picture[square])
            axis.set(xticks=[], yticks=[])
        row[0].set_ylabel(title, fontsize=9)
    for axis, title in zip(axes[0], ("image", "target", *LOSSES), strict=True):
        axis.set_title(title, fontsize=9)
    figure.savefig(OUTPUT, dpi=110)
    with Image.open(OUTPUT) as drawn:
        drawn.convert("RGB").quantize(128, Image.Quantize.MEDIANCUT, kmeans=3).save(OUTPUT, optimize=True)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
