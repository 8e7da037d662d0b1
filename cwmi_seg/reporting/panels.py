"""The same test images under every loss."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cwmi_seg.datasets.size_limit import HugeImageError
from cwmi_seg.files.printable import printable
from cwmi_seg.mistakes import Mistake
from cwmi_seg.reporting.album import Album, Picture
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.records import EXTERNAL
from cwmi_seg.study.run_folder import RunFolder

log = logging.getLogger(__name__)

ERRORS = ": errors"
"""Behind the label of a tile of errors that stands beside the predicted classes."""


@dataclass(frozen=True)
class ImagePanel:
    """One test image of one fold and seed: its tiles "image" and "target", then one per label; H W 3 each.

    With more than two classes the tile of a label has the predicted classes, and ``LABEL: errors`` the errors.
    """

    name: str
    fold: int
    seed: int
    caption: str
    tiles: tuple[tuple[str, Picture], ...]

    @property
    def errors(self) -> dict[str, Picture]:
        """The errors under each label."""
        tiles = dict(self.tiles[2:])
        return {
            label: tiles.get(f"{label}{ERRORS}", tile) for label, tile in tiles.items() if not _is_twin(label, tiles)
        }


def _is_twin(label: str, tiles: Mapping[str, Picture]) -> bool:
    """Whether a tile has the errors of another one, which has the predicted classes."""
    return label.endswith(ERRORS) and label.removesuffix(ERRORS) in tiles


def image_panels(
    block: Analysis,
    runs: Path,
    labels: Sequence[str],
    number: int = 4,
    others: Mapping[str, Mapping[str, Path]] | None = None,
) -> list[ImagePanel]:
    """Choose up to ``number`` test images of one fold and seed, from the median one to the hardest, under every loss.

    They are chosen among all test images that can be shown; the caption says their rank among all that were tested.

    Args:
        block: The statistics of the block.
        runs: Folder with the run folders.
        labels: Rows to show, in this order.
        number: Largest number of images.
        others: Of each row of masks that other code has made, the files by the name of the image.
    """
    chosen = _common_runs(block.records.done, labels, others or {})
    if not chosen or not any(name in block.records.images for name in block.directions):
        return []
    done = block.records.done.set_index("run")
    fold, seed = (int(done.loc[next(iter(chosen.values())), name]) for name in ("fold", "seed"))
    ours = {label: RunFolder(runs / run) for label, run in chosen.items() if not run.startswith(EXTERNAL)}
    album = Album(ours, {label: files for label, files in (others or {}).items() if label in chosen})
    order = _best_to_worst(block, list(chosen.values()))
    shown = order[order.index.isin(album.names())]
    tiles = {name: _tiles(name, album, list(chosen)) for name in _median_to_last(shown.index, number)}
    return [ImagePanel(name, fold, seed, _caption(block, order, name), own) for name, own in tiles.items() if own]


def _common_runs(done: pd.DataFrame, labels: Sequence[str], others: Mapping[str, Mapping[str, Path]]) -> dict[str, str]:
    """Label to run, of the first fold and seed that has most of the labels; of masks of others those that are there."""
    is_ours = ~done["run"].str.startswith(EXTERNAL)
    if not is_ours.any():
        return {}
    counts = done[is_ours].groupby(["fold", "seed"])["label"].nunique()
    fold, seed = counts.index[int(counts.argmax())]
    same = done[(done["fold"] == fold) & (done["seed"] == seed) & (is_ours | done["label"].isin(list(others)))]
    own = same.drop_duplicates("label").set_index("label")["run"]
    return {label: own[label] for label in labels if label in own}


def _best_to_worst(block: Analysis, runs: Sequence[str]) -> "pd.Series[float]":
    """The score of every test image in the first metric, mean over the runs, by name."""
    images = block.records.images
    metric, way = _first(block)
    scores = images[images["run"].isin(runs)].groupby("name")[metric].mean()
    return scores.sort_values(ascending=way == "lower", kind="stable")


def _first(block: Analysis) -> tuple[str, str]:
    """The first metric to show that single images have, which that of all together is not, and what is better."""
    return next((name, way) for name, way in block.directions.items() if name in block.records.images)


def _median_to_last(names: Sequence[str], number: int) -> list[str]:
    """At even steps from the median one on."""
    if len(names) == 0:
        return []
    # few images may give the same place twice
    places = np.unique(np.linspace((len(names) - 1) / 2, len(names) - 1, number).round().astype(int))
    return [str(names[place]) for place in places]


def _caption(block: Analysis, order: "pd.Series[float]", name: str) -> str:
    metric, _ = _first(block)
    place = order.index.get_loc(name) + 1
    return f"{printable(name)}: mean {metric} {order[name]:.3f}, rank {place} of {len(order)} test images"


def _tiles(name: str, album: Album, labels: Sequence[str]) -> tuple[tuple[str, Picture], ...]:
    """None, and a line in the log, where a mask cannot be read."""
    try:
        panels = {label: album.panel(label, name) for label in labels}
    except HugeImageError:  # a file that was made to fill the memory; not one that was damaged
        raise
    except (Mistake, OSError) as error:
        log.warning("report   no panel of a test image: %s", error)
        return ()
    image, target, *_ = panels[next(iter(album.runs))]
    tiles = (tile for label, pictures in panels.items() for tile in _of_row(label, pictures[2:]))
    return ("image", image), ("target", target), *tiles


def _of_row(label: str, pictures: Sequence[Picture]) -> list[tuple[str, Picture]]:
    """The errors; of more than two classes the prediction in their colours before them."""
    return [
        *((label, picture) for picture in pictures[:-1]),
        (f"{label}{ERRORS}" if pictures[1:] else label, pictures[-1]),
    ]
