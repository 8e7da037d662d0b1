"""Outlines to class indices: classes have the names that the annotations have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.class_table import IGNORE, IGNORED
from cwmi_seg.datasets.image_files import read_image
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.datasets.instances import WAYS
from cwmi_seg.datasets.outlines.regions import Outlined, Region
from cwmi_seg.mistakes import Mistake

BACKGROUND = "background"
_BACKGROUND, _VOID = (BACKGROUND, "_background_"), (IGNORE, "__ignore__", "void")
"""Labels of regions of class 0, and of those that take no part."""


@dataclass(frozen=True)
class Outlines:
    """The outlines of the images of a folder.

    Args:
        images: What an annotation file says of each image, by the path of the image.
        labels: The labels in the order of their classes.
    """

    images: Mapping[Path, Outlined]
    labels: Sequence[str]

    @property
    def unused(self) -> list[str]:
        """Labels that no region has."""
        used = {region.label for image in self.images.values() for region in image.regions}
        return [label for label in self.labels if label not in used]


class OutlinedMasks:
    """Draws the masks of outlined images.

    Classes are the background and the labels that occur, in their order. ``ignore`` and ``void`` take no part.

    Args:
        outlines: The outlines.
        class_names: Names of the classes in another order, or with others that do not occur; None for those that do.
        instances: What becomes of the objects, each outline being one (:data:`~cwmi_seg.datasets.instances.WAYS`);
            None for classes.

    Raises:
        ValueError: A label is no class.
    """

    class_colours: tuple[()] = ()

    def __init__(self, outlines: Outlines, class_names: Sequence[str] = (), instances: str | None = None) -> None:
        self.outlines, self.instances = outlines, instances
        used = [label for label in outlines.labels if label not in (*_BACKGROUND, *_VOID, *outlines.unused)]
        self.class_names = () if instances else tuple(class_names) or (BACKGROUND, *used)
        self._number = {name: number for number, name in enumerate(self.class_names)}
        self._number |= dict.fromkeys(_BACKGROUND, 0) | dict.fromkeys(_VOID, IGNORED)
        unknown = [] if instances else [label for label in used if label not in self._number]
        if unknown:
            raise Mistake(
                f"class_names: expected every label of the outlines, got none for {unknown[0]}; add it, or leave out "
                "class_names."
            )
        if not 2 <= self.num_classes <= IGNORED:
            raise Mistake(
                f"raw: expected outlines of 1 to {IGNORED - 1} classes, got {self.num_classes - 1}; add some."
            )

    @property
    def num_classes(self) -> int:
        """The number of classes, ignored pixels aside."""
        return 2 if self.instances else len(self.class_names)

    @property
    def ignore_index(self) -> int | None:
        """Class number of pixels that take no part, None where there are none."""
        regions = (region for image in self.outlines.images.values() for region in image.regions)
        return IGNORED if any(region.is_void or region.label in _VOID for region in regions) else None

    def read(self, image: Path, annotations: Path) -> tuple[Pixels, NDArray[np.uint8]]:
        """The image H W I and its mask H W.

        Raises:
            ValueError: The annotations are of an image of another size.
        """
        pixels, outlined = read_image(image), self.outlines.images[image]
        shape = (pixels.shape[0], pixels.shape[1])
        if shape != outlined.shape:
            raise Mistake(
                f"{annotations}: expected the size of {image.name}, {shape[0]} x {shape[1]}, got {outlined.shape[0]} x "
                f"{outlined.shape[1]}; outline the image as it is."
            )
        try:
            return pixels, self.draw(outlined.regions, shape)
        except ValueError as error:
            raise Mistake(f"{annotations}: {image.name}: {error}; export it again.") from None

    def draw(self, regions: Sequence[Region], shape: tuple[int, int]) -> NDArray[np.uint8]:
        """The mask of some regions, later ones above earlier ones, and all above what is void."""
        mask = np.zeros(shape, dtype=np.int32)
        for number, region in enumerate(sorted(regions, key=lambda region: not region.is_void), start=1):
            region.paint(mask, self._value(region, number))
        if self.instances is None:
            return mask.astype(np.uint8)
        void = mask == -1
        found = WAYS[self.instances](np.where(void, 0, mask))
        found[void] = IGNORED
        return found

    def _value(self, region: Region, number: int) -> int:
        """The class of a region, or its number where objects are meant, -1 for what takes no part."""
        value = IGNORED if region.is_void else self._number.get(region.label, 1)
        return value if self.instances is None else -1 if value == IGNORED else number if value else 0
