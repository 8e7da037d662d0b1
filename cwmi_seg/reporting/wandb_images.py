"""The test images of a report as a table of W&B: scores of all, pictures of a few."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cwmi_seg.reporting.album import Picture
from cwmi_seg.reporting.content import Block

if TYPE_CHECKING:
    import wandb

_NAMES = ("block", "name", "group", "fold", "seed", "loss")


def image_table(blocks: Sequence[Block]) -> "wandb.Table":
    """Make a row for every test image and loss: the scores; of the images of the panels also image, target and errors.

    Args:
        blocks: The blocks of the report.
    """
    import wandb

    metrics = list(dict.fromkeys(name for block in blocks for name, _ in block.table.metrics))
    table = wandb.Table(columns=[*_NAMES, *metrics, "image", "target", "errors"], allow_mixed_types=True)
    for block in blocks:
        for row in _rows(block, metrics):
            table.add_data(*row)
    return table


def _rows(block: Block, metrics: list[str]) -> Iterator[list[Any]]:
    runs = block.analysis.records.done.set_index("run")
    pictures = _pictures(block)
    for image in block.analysis.records.images.to_dict("records"):
        run = runs.loc[image["run"]]
        scores = [image.get(name) for name in metrics]
        place = (image["name"], int(run["fold"]), int(run["seed"]), run["label"])
        named = [block.table.title, image["name"], image["group"], *place[1:]]
        yield [*named, *scores, *pictures.get(place, (None, None, None))]


def _pictures(block: Block) -> dict[tuple[str, int, int, str], tuple[Any, Any, Any]]:
    """Image, target and errors of each panel, by name, fold, seed and label."""
    import wandb

    found = {}
    for panel in block.panels:
        (_, image), (_, target) = panel.tiles[:2]
        shown = wandb.Image(image), wandb.Image(target)
        for label, errors in panel.errors.items():
            found[panel.name, panel.fold, panel.seed, label] = (*shown, wandb.Image(_over(image, errors)))
    return found


def _over(image: Picture, errors: Picture) -> Picture:
    """The image where there are no errors to show."""
    return np.where(errors.any(axis=2, keepdims=True), errors, image)
