"""The same test images under every loss, cut from the panels that the runs drew."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cwmi_seg.datasets.size_limit import open_bounded
from cwmi_seg.files.printable import printable
from cwmi_seg.overlay import tiles
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.study.run_folder import RunFolder

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class ImagePanel:
    """One test image: its tiles "image" and "target", then one per label; H W 3 each."""

    caption: str
    tiles: tuple[tuple[str, Picture], ...]


def image_panels(block: Analysis, runs: Path, labels: Sequence[str], number: int = 2) -> list[ImagePanel]:
    """Cut up to ``number`` images that every loss drew in one fold and seed, from the median one to the hardest.

    Args:
        block: The statistics of the block.
        runs: Folder with the run folders.
        labels: Rows to show, in this order.
        number: Largest number of images.
    """
    chosen = _common_runs(block.records.done, labels)
    if not chosen:
        return []
    drawings = {label: RunFolder(runs / run).overlays for label, run in chosen.items()}
    drawn = set.intersection(*({path.stem for path in folder.glob("*.png")} for folder in drawings.values()))
    names = _median_to_hardest(block, list(chosen.values()), drawn, number)
    return [
        _panel(caption, {label: folder / f"{name}.png" for label, folder in drawings.items()})
        for name, caption in names
    ]


def _common_runs(done: pd.DataFrame, labels: Sequence[str]) -> dict[str, str]:
    """Label to run, of the first fold and seed that has most of the labels."""
    if done.empty:
        return {}
    counts = done.groupby(["fold", "seed"])["label"].nunique()
    fold, seed = counts.index[int(counts.argmax())]
    own = done[(done["fold"] == fold) & (done["seed"] == seed)].drop_duplicates("label").set_index("label")["run"]
    return {label: own[label] for label in labels if label in own}


def _median_to_hardest(block: Analysis, runs: list[str], drawn: set[str], number: int) -> list[tuple[str, str]]:
    """Names and captions of images at even steps from the median to the worst of the mean score over the labels."""
    metric, way = next(iter(block.directions.items()))
    images = block.records.images
    scores = images[images["run"].isin(runs) & images["name"].isin(drawn)].groupby("name")[metric].mean()
    order = scores.sort_values(ascending=way == "lower", kind="stable")
    if order.empty:
        return []
    # few images may give the same place twice
    places = np.unique(np.linspace((len(order) - 1) / 2, len(order) - 1, number).round().astype(int))
    names = [str(order.index[i]) for i in places]
    return [(n, f"{printable(n)}: mean {metric} {order[n]:.3f}") for n in names]


def _panel(caption: str, files: dict[str, Path]) -> ImagePanel:
    cut = {label: _tiles(path) for label, path in files.items()}
    image, target, _ = next(iter(cut.values()))
    return ImagePanel(
        caption, (("image", image), ("target", target), *((label, three[2]) for label, three in cut.items()))
    )


def _tiles(path: Path) -> list[Picture]:
    with open_bounded(path) as file:
        return tiles(np.asarray(file.convert("RGB")))
