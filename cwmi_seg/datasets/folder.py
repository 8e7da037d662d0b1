"""Any images with masks: ``images/NAME.*`` and ``masks/NAME.*``, also as ``{train,val,test}/images``, or as they lie.

A folder of another layout is looked at (:mod:`cwmi_seg.datasets.layouts`), and read where that can be meant in one way.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.class_table import CLASS_FILES
from cwmi_seg.datasets.file_kinds import IMAGES, MASKS, alternatives, is_tif
from cwmi_seg.datasets.folder_masks import FolderMasks
from cwmi_seg.datasets.image_files import num_pages, read_image
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.datasets.layouts.lists import ENDING as LISTS
from cwmi_seg.datasets.layouts.lists import read_lists
from cwmi_seg.datasets.layouts.look import Reading, look, refuse_nearly
from cwmi_seg.datasets.layouts.pairs import Pair, Pairs, by_patterns
from cwmi_seg.datasets.layouts.pattern import Pattern
from cwmi_seg.datasets.layouts.tables import by_table
from cwmi_seg.datasets.outlines.files import of_coco, outlines_of
from cwmi_seg.datasets.outlines.masks import OutlinedMasks
from cwmi_seg.datasets.raw import IMAGE_SUFFIX, RawDataset, RawFiles, RawSample, pair, refuse_unknown_parts
from cwmi_seg.datasets.raw_volumes import Raw, RawVolumes
from cwmi_seg.datasets.volume_files.opening import SUFFIX as VOLUME_SUFFIX
from cwmi_seg.datasets.volume_folder import VolumeFolder
from cwmi_seg.files.counted import counted
from cwmi_seg.mistakes import Mistake

_NAMED = ("images", "masks", "")
_ALONE = (
    "one volume cannot both train and test; cut it along its depth into blocks of at most 20 slices, for example, by "
    "+dataset.preparer.block_size=20"
)
_OTHER_IMAGES, _OTHER_MASKS = alternatives(IMAGES[1]), alternatives([*MASKS[1][2:]])  # where there are no common ones


class ImageFolder:
    """Images (grey, RGB or more channels, 8 or 16 bit) and masks that belong to each other, with any number of classes.

    Args:
        image_folder, mask_folder: names of the two folders.
        mask_suffix: Text that the stem of a mask has behind the stem of its image, such as ``_mask``.
        classes: class number or name of each pixel value or colour of a mask, or a file of names and colours
            (:func:`~cwmi_seg.datasets.class_table.class_table`); None for masks of 0 and one of 1, 255, 65535, which
            are one and the same mask also where ``classes`` names 0 and one of these alone.
        ignore_value: pixel value or colour that takes no part in loss and metrics; None for no such value.
        source: Origin of the data, kept in ``dataset.json``.
        image_pattern, mask_pattern: patterns of paths instead of the folders
            (:mod:`~cwmi_seg.datasets.layouts.pattern`); a mask that ends with ``.json`` is of labelme.
        pairs: csv or json of pairs instead (:func:`~cwmi_seg.datasets.layouts.tables.by_table`), or a file of COCO
            (:mod:`cwmi_seg.datasets.outlines`); beside the patterns, the lists of the names of each part
            (:mod:`~cwmi_seg.datasets.layouts.lists`).
        dimensions: 2 reads the pages of a tif as images of their own, 3 hands the files over to
            :class:`~cwmi_seg.datasets.volume_folder.VolumeFolder`; None refuses tifs of several pages, which may be
            meant either way.
        class_names: names of the classes by number.
        threshold: grey value from which a pixel of a grey mask is structure.
        invert: whether class 0 and class 1 are exchanged.
        instances: what becomes of masks that number objects, "objects", "membranes" or "touching"
            (:data:`~cwmi_seg.datasets.instances.WAYS`); None for masks of classes.
        block_size: With ``dimensions=3``, largest number of slices of the blocks into which each volume is cut along
            its depth; None leaves volumes whole.
    """

    def __init__(
        self,
        image_folder: str = "images",
        mask_folder: str = "masks",
        mask_suffix: str = "",
        classes: Mapping[object, object] | str | None = None,
        ignore_value: int | str | None = None,
        source: str = "own images",
        image_pattern: str | None = None,
        mask_pattern: str | None = None,
        pairs: str | None = None,
        dimensions: int | None = None,
        class_names: Sequence[str] | None = None,
        threshold: int | None = None,
        invert: bool = False,
        instances: str | None = None,
        block_size: int | None = None,
    ) -> None:
        self.image_folder, self.mask_folder, self.mask_suffix = image_folder, mask_folder, mask_suffix
        self.image_pattern, self.mask_pattern, self.pairs = image_pattern, mask_pattern, pairs
        self.source, self.dimensions, self.block_size = source, dimensions, block_size
        self.masks = FolderMasks(classes, ignore_value, class_names, threshold, invert, instances)
        self._check()
        self.volumes = None
        if dimensions == 3:
            self.volumes = VolumeFolder(
                image_folder, mask_folder, mask_suffix, classes=classes, ignore_value=ignore_value, source=source,
                class_names=class_names, threshold=threshold, invert=invert, instances=instances, block_size=block_size,
            )  # fmt: skip

    def __call__(self, raw: Path) -> Raw:
        if self.volumes is not None:
            return self._read_volumes(self.volumes, raw)
        files = RawFiles(raw, self.source)
        reading = self._reading(files)
        found = reading.pairs
        if self.dimensions is None:
            _refuse_stack(found.pairs[0].image)
        masks: FolderMasks | OutlinedMasks = self.masks
        self.masks.class_file = _class_file(files)
        if reading.outlines is None:
            samples = [sample for each in found.pairs for sample in self._samples(each)]
        else:
            masks = self.masks.outlined(reading.outlines)
            samples = [_outlined(each, masks) for each in found.pairs]
        return RawDataset(
            self.source, tuple(samples), masks.num_classes, masks.ignore_index, found.notes,
            masks.class_names, masks.class_colours, reading.settings, _understood(reading, raw),
        )  # fmt: skip

    def read_mask(self, path: Path) -> NDArray[np.uint8]:
        """Read a mask as class indices H W, 255 where pixels are ignored."""
        return self.masks.read(path)

    def _reading(self, files: RawFiles) -> Reading:
        """What was asked for; else the two named folders; else what is there, if it can be read in one way."""
        if (asked := self._asked_for(files)) is not None:
            return asked
        try:
            return Reading({}, self._named(files))
        except (FileNotFoundError, Mistake) as error:
            return self._looked_for(files, error)

    def _asked_for(self, files: RawFiles) -> Reading | None:
        """What a table or patterns say; None where neither was given."""
        if self.pairs is not None and not self.pairs.lower().endswith(LISTS):
            found = of_coco(files.root, files.paths, self.pairs)
            return Reading({}, *found) if found else Reading({}, by_table(files.root, files.paths, self.pairs))
        if self.image_pattern is not None and self.mask_pattern is not None:
            patterns = Pattern(self.image_pattern, "image_pattern"), Pattern(self.mask_pattern, "mask_pattern")
            listed = None if self.pairs is None else read_lists(files.root, self.pairs)
            pairs = by_patterns(files.root, files.paths, *patterns, listed)
            return Reading({}, pairs, outlines_of(pairs))
        return None

    def _read_volumes(self, volumes: VolumeFolder, raw: Path) -> RawVolumes:
        """The volumes that were asked for; else those of the two named folders; else those that are there."""
        files = RawFiles(raw, self.source)
        if (reading := self._asked_for(files)) is None:
            try:
                return volumes(raw)
            except FileNotFoundError as error:
                reading = self._looked_for(files, error)
        _refuse_pictures(reading.pairs)
        found = volumes.of_pairs(reading.pairs.pairs)
        notes = (*reading.pairs.notes, *found.notes, *((_ALONE,) if len(found.samples) == 1 else ()))
        return replace(found, notes=notes, settings=reading.settings, understood=_understood(reading, raw))

    def _looked_for(self, files: RawFiles, error: Exception) -> Reading:
        """The one reading of a folder; what is wrong with the two named folders, where both are there, goes before.

        It alone counts where the names of the folders were given.
        """
        if (self.image_folder, self.mask_folder, self.mask_suffix) != _NAMED:
            raise error
        named = {"images", "masks"} <= {Path(path).parent.name.lower() for path in files.paths}
        try:
            found = look(files.root, files.paths)
        except Mistake as ambiguous:
            raise error if named else ambiguous from None
        if found is None:
            if not named:
                refuse_nearly(files.root, files.paths)
            raise error
        return found

    def _named(self, files: RawFiles) -> Pairs:
        """Files of the same stem in the two folders."""
        images = self._match(files, self.image_folder, "", _OTHER_IMAGES) or files.require(
            self._pattern(self.image_folder), _layout(self.image_folder), _renaming(files)
        )
        masks = self._match(files, self.mask_folder, self.mask_suffix, _OTHER_MASKS)
        refuse_unknown_parts(images)
        return Pairs(
            tuple(
                Pair(_name(part or None, image), image, (mask,), part or None)
                for (part, _), image, mask in pair(images, masks, self._mask_name, _renaming(files))
            )
        )

    def _samples(self, found: Pair) -> list[RawSample]:
        """One sample, or one for each page of a stack, whose group is the stack."""
        name = unicodedata.normalize("NFC", found.name)
        files = (found.image, *found.masks)
        if self.dimensions is None or (count := _num_pages(found)) == 1:
            return [RawSample(name, files, partial(self._read, found, None), found.group or name, found.part)]
        width = max(len(str(count - 1)), 3)
        return [
            RawSample(f"{name}_{i:0{width}d}", files, partial(self._read, found, i), found.group or name, found.part)
            for i in range(count)
        ]

    def _read(self, found: Pair, page: int | None) -> tuple[Pixels, NDArray[np.uint8]]:
        several = len(found.masks) > 1
        mask = self.masks.read_objects(found.masks) if several else self.masks.read(found.masks[0], page)
        return read_image(found.image, page), mask

    def _match(self, files: RawFiles, folder: str, ending: str, others: str) -> dict[tuple[str, ...], Path]:
        return files.match(self._pattern(folder, ending)) or files.match(self._pattern(folder, ending, others))

    def _pattern(self, folder: str, ending: str = "", suffix: str = IMAGE_SUFFIX) -> str:
        return rf"(?:(train|val|test)/)?{re.escape(folder)}/([^/]+){re.escape(ending)}{suffix}"

    def _mask_name(self, image: Path) -> str:
        return f"{image.parent.parent / self.mask_folder / image.stem}{self.mask_suffix}.png (or .tif, ...)"

    def _check(self) -> None:
        if (self.image_pattern is None) != (self.mask_pattern is None):
            missing = "mask_pattern" if self.mask_pattern is None else "image_pattern"
            raise Mistake(f"{missing}: expected a pattern, as for the other of the two, got none; add it.")
        if self.pairs is not None and self.pairs.lower().endswith(LISTS) and self.image_pattern is None:
            raise Mistake(
                f"pairs: expected image_pattern and mask_pattern beside lists of names, got {self.pairs} alone; add "
                "the patterns, or use a csv or json."
            )
        if self.dimensions not in (None, 2, 3):
            raise Mistake(f"dimensions: expected 2, 3 or null, got {self.dimensions}; use 2 for images, 3 for volumes.")
        if self.block_size is not None and self.dimensions != 3:
            raise Mistake(f"block_size: expected it with dimensions=3 alone, got {self.block_size}; leave it out.")


def _outlined(found: Pair, masks: OutlinedMasks) -> RawSample:
    name = unicodedata.normalize("NFC", found.name)
    files = (found.image, *found.masks)
    return RawSample(name, files, partial(masks.read, *files), found.group or name, found.part)


def _name(part: str | None, image: Path) -> str:
    return image.stem if part is None else f"{part}_{image.stem}"


def _class_file(files: RawFiles) -> str:
    """The file that seems to name the classes, "" where there is none."""
    found = (path for path in files.paths if Path(path).name.lower() in CLASS_FILES)
    return next((str(files.root / path) for path in found), "")


def _refuse_stack(image: Path) -> None:
    """The first image tells; in all others a stack among single images is found when it is read."""
    if image.is_file() and image.suffix.lower() in (".tif", ".tiff") and is_tif(image) and num_pages(image) > 1:
        raise Mistake(
            f"{image}: expected a single image, got {num_pages(image)} pages, which may be images of their own "
            "(dataset.preparer.dimensions=2) or a volume (dataset.preparer.dimensions=3, or for the two folders images "
            "and masks dataset=folder_volumes); "
            "say which."
        )


def _refuse_pictures(pairs: Pairs) -> None:
    """Refuse what is found in another layout than two folders and cannot be volumes, each with its mask."""
    for found in pairs.pairs:
        for path in (found.image, *found.masks):
            if len(found.masks) > 1 or not re.search(f"{VOLUME_SUFFIX}$", path.name, re.IGNORECASE):
                raise Mistake(
                    f"{path}: expected a volume (tif, npy, ...) with one mask for dimensions=3, got another file; use "
                    "dimensions=2 for images."
                )


def _num_pages(found: Pair) -> int:
    counts = [num_pages(path) for path in (found.image, found.masks[0])]
    if len(set(counts)) > 1:
        raise Mistake(f"{found.masks[0]}: expected {counts[0]} pages as in its image, got {counts[1]}; copy it again.")
    return counts[0]


def _understood(reading: Reading, raw: Path) -> tuple[str, ...]:
    """What was found in a folder, and how to ask for it; nothing where it was asked for."""
    if not reading.settings:
        return ()
    first, count = reading.pairs.pairs[0], len(reading.pairs.pairs)
    masks = [path.relative_to(raw).as_posix() for path in first.masks[:2]] if reading.pairs.pairs else []
    more, image = ", ..." if len(first.masks) > 2 else "", first.image.relative_to(raw).as_posix()
    return (
        f"understood as {counted(count, 'pair')}: {image} with {', '.join(masks)}{more}",
        f"to say it explicitly: {reading.overrides()}",
    )


def _layout(folder: str) -> str:
    endings = ", ".join(ending for kind in IMAGES for ending in kind)
    return f"{folder}/NAME.png ({endings}) or another layout that can be read in one way"


def _renaming(files: RawFiles) -> str:
    """What tells a layout with other names; a message shows the folders that are there."""
    found = files.folders()
    shown = f" (images lie in {', '.join(found[:4])}{', ...' if len(found) > 4 else ''})" if found else ""
    return (
        "name the folders by dataset.preparer.image_folder=NAME and mask_folder=NAME, and what the names of masks have "
        f"more by mask_suffix=_mask, or both by image_pattern='images/{{name}}' and "
        f"mask_pattern='masks/{{name}}', or list them in a csv, pairs=FILE{shown}"
    )
