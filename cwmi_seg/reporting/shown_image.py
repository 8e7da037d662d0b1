"""One test image as the viewer of the page shows it: its scores, and the addresses of its pictures."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

PHOTO, MASK, CLASSES = "photo", "mask", "classes"
"""Kinds of pictures: the image, target or errors, and the predicted classes of more than two."""


@dataclass(frozen=True)
class NamedPicture:
    """One picture of a test image: what it shows, its address (relative to the page, or ``data:``) and its kind.

    All but a ``PHOTO`` are transparent where there is nothing, and are laid over the photo. ``strips`` is how the
    addresses of the slices of a volume begin, "" of an image: ``STRIPS-0.webp`` has the first of them.
    """

    name: str
    address: str
    kind: str
    strips: str = ""


@dataclass(frozen=True)
class Slices:
    """The slices along the depth of a volume that were drawn.

    Args:
        places: Their numbers in the volume.
        depth: Number of all slices of the volume.
        per_strip: Slices in one file, below each other.
        size: Width and height of a slice, in units of the finest spacing.
        through: Depth, height and width through which the slices of the overview go.
        wrong: By row of the table, the share of wrong voxels in each slice that was drawn.
    """

    places: tuple[int, ...]
    depth: int
    per_strip: int
    size: tuple[int, int]
    through: tuple[int, ...] = ()
    wrong: dict[str, list[float]] = field(default_factory=dict)

    @property
    def num_strips(self) -> int:
        """Number of files of one layer."""
        return -(-len(self.places) // self.per_strip)


@dataclass(frozen=True)
class ShownImage:
    """One test image or volume of one fold and seed.

    Args:
        name: Its name.
        group: Images of one group belong together.
        fold, seed: Of the runs that were tested on it.
        scores: Per row of the table of the block its scores in the metrics that images have, NaN where missing.
        pictures: What can be shown of it.
        tags: By which a reader may filter.
        slices: Of a volume whose pictures have slices.
    """

    name: str
    group: str
    fold: int
    seed: int
    scores: NDArray[np.float64]
    pictures: tuple[NamedPicture, ...] = ()
    tags: tuple[str, ...] = ()
    slices: Slices | None = None
