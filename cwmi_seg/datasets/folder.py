"""Any images with masks: ``images/NAME.*`` and ``masks/NAME.*``, also as ``{train,val,test}/images``, ..."""

import re
import unicodedata
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.image_files import binary, read_image, read_mask
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.datasets.mask_values import WHITE, mapped, renamed_white
from cwmi_seg.datasets.raw import IMAGE_SUFFIX, RawDataset, RawFiles, RawSample, pair
from cwmi_seg.mistakes import Mistake

_OTHER_IMAGES, _OTHER_MASKS = r"\.webp", r"\.(?:webp|npy|npz)"  # looked for where there are none of the common kinds
_NAMING = (
    "name the class of each value, as in 'dataset.preparer.classes={0:0,1:1,2:2}', or one that takes no part by "
    "dataset.preparer.ignore_value"
)
IGNORED = 255  # class number of ignored pixels in a prepared mask


class ImageFolder:
    """Images (grey, RGB or more channels, 8 or 16 bit) and masks of the same file stem, with any number of classes.

    Args:
        image_folder, mask_folder: names of the two folders.
        mask_suffix: Text that the stem of a mask has behind the stem of its image, such as ``_mask``.
        classes: class of each pixel value of a mask; None for masks of 0 and one of 1, 255, 65535, which are one and
            the same mask also where ``classes`` names 0 and one of these alone.
        ignore_value: pixel value that takes no part in loss and metrics; None for no such value.
        source: Origin of the data, kept in ``dataset.json``.
    """

    def __init__(
        self,
        image_folder: str = "images",
        mask_folder: str = "masks",
        mask_suffix: str = "",
        classes: Mapping[int, int] | None = None,
        ignore_value: int | None = None,
        source: str = "own images",
    ) -> None:
        self.image_folder, self.mask_folder, self.mask_suffix = image_folder, mask_folder, mask_suffix
        self.classes = None if classes is None else _whole_numbers(classes)
        self.ignore_value, self.source = ignore_value, source
        self.num_classes = 2 if self.classes is None else _count(self.classes)

    def __call__(self, raw: Path) -> RawDataset:
        files = RawFiles(raw, self.source)
        images = self._match(files, self.image_folder, "", _OTHER_IMAGES) or files.require(
            self._pattern(self.image_folder), f"{self.image_folder}/NAME.png, NAME.tif, ...", _renaming(files)
        )
        masks = self._match(files, self.mask_folder, self.mask_suffix, _OTHER_MASKS)
        _refuse_unknown_parts(images)
        samples = [
            self._sample(part or None, image, mask)
            for (part, _), image, mask in pair(images, masks, self._mask_name, _renaming(files))
        ]
        ignore_index = None if self.ignore_value is None else IGNORED
        return RawDataset(self.source, tuple(samples), self.num_classes, ignore_index)

    def read_mask(self, path: Path) -> NDArray[np.uint8]:
        """Read a mask as class indices H W, 255 where pixels are ignored."""
        return read_mask(path, self._classes_of, two_classes=self.classes is None).astype(np.uint8, copy=False)

    def _classes_of(self, labels: NDArray[np.integer], path: Path) -> NDArray[np.uint8]:
        ignored = np.zeros(labels.shape, dtype=bool) if self.ignore_value is None else labels == self.ignore_value
        if self.classes is None:
            mask = binary(np.where(ignored, 0, labels), path, _NAMING)
        else:
            mask = self._mapped(labels, self.classes, path)
        mask[ignored] = IGNORED
        return mask

    def _mapped(self, labels: NDArray[np.integer], classes: Mapping[int, int], path: Path) -> NDArray[np.uint8]:
        named = {value for value in classes if value != self.ignore_value}
        for white in WHITE:
            if named == {0, white}:
                labels = renamed_white(labels, white, self.ignore_value)
        return mapped(labels, classes if self.ignore_value is None else {**classes, self.ignore_value: IGNORED}, path)

    def _read(self, image: Path, mask: Path) -> tuple[Pixels, NDArray[np.uint8]]:
        return read_image(image), self.read_mask(mask)

    def _sample(self, part: str | None, image: Path, mask: Path) -> RawSample:
        stem = unicodedata.normalize("NFC", image.stem)
        name = stem if part is None else f"{part}_{stem}"
        return RawSample(name, (image, mask), partial(self._read, image, mask), group=name, part=part)

    def _match(self, files: RawFiles, folder: str, ending: str, others: str) -> dict[tuple[str, ...], Path]:
        return files.match(self._pattern(folder, ending)) or files.match(self._pattern(folder, ending, others))

    def _pattern(self, folder: str, ending: str = "", suffix: str = IMAGE_SUFFIX) -> str:
        return rf"(?:(train|val|test)/)?{re.escape(folder)}/([^/]+){re.escape(ending)}{suffix}"

    def _mask_name(self, image: Path) -> str:
        return f"{image.parent.parent / self.mask_folder / image.stem}{self.mask_suffix}.png (or .tif, ...)"


def _renaming(files: RawFiles) -> str:
    """What tells a layout with other names; a message shows the folders that are there."""
    found = files.folders()
    shown = f" (images lie in {', '.join(found[:4])}{', ...' if len(found) > 4 else ''})" if found else ""
    return (
        "name the folders by dataset.preparer.image_folder=NAME and mask_folder=NAME, and what the names of masks have "
        f"more by mask_suffix=_mask{shown}"
    )


def _refuse_unknown_parts(images: Mapping[tuple[str, ...], Path]) -> None:
    """Images of a folder ``training`` beside ``test`` would belong to no part, without a word."""
    folders = {image.parent for image in images.values()}
    for (part, _), image in images.items():
        if not part and len(folders) > 1:
            folder = image.parent.parent
            raise Mistake(
                f"{folder}: expected train, val or test where several folders hold images, got {folder.name}; "
                "rename it, or prepare it alone."
            )


def _whole_numbers(classes: Mapping[int, int]) -> dict[int, int]:
    try:
        return {int(value): int(number) for value, number in classes.items()}
    except (AttributeError, ValueError, TypeError):
        raise Mistake(
            f"classes: expected a class number for each pixel value, got {classes}; use for example {{0: 0, 255: 1}}."
        ) from None


def _count(classes: Mapping[int, int]) -> int:
    found = sorted(set(classes.values()))
    if found != list(range(len(found))) or len(found) < 2 or len(found) > IGNORED:
        raise Mistake(f"classes: expected the classes 0, 1, ... without a gap, at least two, got {found}; renumber.")
    return len(found)
