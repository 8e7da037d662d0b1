"""The masks of one's own images to class indices: by values, colours, a threshold, or numbered objects."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.class_table import IGNORED, ClassTable, Colour, as_value, class_table
from cwmi_seg.datasets.image_files import binary, read_image, read_labels, read_mask
from cwmi_seg.datasets.instances import WAYS
from cwmi_seg.datasets.mask_colours import (
    colour_classes,
    coloured_palette,
    refuse_unnamed_colours,
    refuse_unnamed_numbers,
)
from cwmi_seg.datasets.mask_values import WHITE, mapped, renamed_white
from cwmi_seg.datasets.outlines.masks import OutlinedMasks, Outlines
from cwmi_seg.mistakes import Mistake

_NAMING = (
    "name the class of each value, as in 'dataset.preparer.classes={0:0,1:1,2:2}', or one that takes no part by "
    "dataset.preparer.ignore_value; if they number objects, dataset.preparer.instances=objects"
)
_OF_FILE = "name them by the file that is there, dataset.preparer.classes={}"
_SOFT = (
    "cut it by dataset.preparer.threshold=128, or if its numbers are objects say what they become by "
    "dataset.preparer.instances=membranes"
)


class FolderMasks:
    """Reads the masks of a folder; see :class:`~cwmi_seg.datasets.folder.ImageFolder` for the arguments.

    Raises:
        ValueError: They cannot be meant together.
    """

    def __init__(
        self,
        classes: Mapping[object, object] | str | None = None,
        ignore_value: int | str | None = None,
        class_names: Sequence[str] | None = None,
        threshold: int | None = None,
        invert: bool = False,
        instances: str | None = None,
    ) -> None:
        self.table = None if classes is None else class_table(classes)
        self.ignore_value = None if ignore_value is None else as_value(ignore_value, "ignore_value")
        self.threshold, self.invert, self.instances = threshold, invert, instances
        self.num_classes = 2 if self.table is None else self.table.num_classes
        self._check()
        self._said = tuple(map(str, class_names or ()))
        self.class_file = ""
        """A file of the raw folder that seems to name the classes, for messages."""

    @property
    def ignore_index(self) -> int | None:
        """Class number of pixels that take no part, None where there are none."""
        table = self.table
        named = table is not None and IGNORED in {*table.values.values(), *table.colours.values()}
        return IGNORED if named or self.ignore_value is not None else None

    @property
    def class_colours(self) -> tuple[Colour, ...]:
        """The colours that the masks gave the classes, where colours name them."""
        return () if self.table is None else self.table.class_colours()

    def outlined(self, outlines: Outlines) -> OutlinedMasks:
        """What reads outlines instead, whose labels are the names of the classes.

        Raises:
            ValueError: Something was said of the pixels of masks, which outlines have not.
        """
        given = {"classes": self.table, "ignore_value": self.ignore_value, "threshold": self.threshold}
        for name, value in {**given, "invert": self.invert or None}.items():
            if value is not None:
                raise Mistake(
                    f"{name}: expected nothing for outlines, whose labels are the classes, got a value; leave it out, "
                    "and order the classes by class_names=[background,LABEL,...]."
                )
        return OutlinedMasks(outlines, self._said, self.instances)

    def read(self, path: Path, page: int | None = None) -> NDArray[np.uint8]:
        """Read a mask as class indices H W, 255 where pixels are ignored."""
        return self._turned(self._read(path, page))

    def of_labels(self, labels: NDArray[np.integer], path: Path) -> NDArray[np.uint8]:
        """Class indices of the numbers H W of a mask without colours, as of a slice of a volume.

        Raises:
            Mistake: A number has no class; the message names ``path``.
        """
        if self.instances is not None:
            return self._turned(self._objects(labels))
        if self.threshold is not None:
            return self._turned(self._cut(labels, self.threshold))
        return self._turned(self._classes_of(labels, path))

    @property
    def _naming(self) -> str:
        return f"{_OF_FILE.format(self.class_file)}, or {_NAMING}" if self.class_file else _NAMING

    def _turned(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.where(mask == IGNORED, IGNORED, 1 - mask).astype(np.uint8) if self.invert else mask

    def read_objects(self, paths: Sequence[Path]) -> NDArray[np.uint8]:
        """Read masks of one object each as one mask; where objects overlap, the last counts."""
        labels: NDArray[np.integer] | None = None
        for number, path in enumerate(paths, start=1):
            own = read_labels(path)
            labels = np.zeros(own.shape, dtype=np.int32) if labels is None else labels
            if own.shape != labels.shape:
                raise Mistake(
                    f"{path}: expected the size of {paths[0].name}, {labels.shape}, got {own.shape}; mend it."
                )
            labels[own != 0] = number
        assert labels is not None
        mask = WAYS[self.instances or "objects"](labels)
        return 1 - mask if self.invert else mask

    def _read(self, path: Path, page: int | None) -> NDArray[np.uint8]:
        if self.instances is not None:
            return read_mask(path, lambda labels, _: self._objects(labels), page).astype(np.uint8, copy=False)
        if self.threshold is not None:
            return self._cut(read_image(path, page).mean(axis=2), self.threshold)
        if self.table is not None and self.table.colours:
            return colour_classes(read_image(path, page), self._colours(self.table), path)
        try:
            read = read_mask(path, self._classes_of, page, two_classes=self.table is None)
        except Mistake as mistake:
            self._explain(path, page, mistake)
            raise
        return read.astype(np.uint8, copy=False)

    def _explain(self, path: Path, page: int | None, mistake: Mistake) -> None:
        """Name the numbers of a palette, else the colours, of a mask that was refused, in a line that says more."""
        palette = coloured_palette(path, page)
        if palette and self.table is not None:
            return  # the number that has no class is named already
        if palette:
            numbers = {number: colour for number, colour in palette.items() if number != self.ignore_value}
            refuse_unnamed_numbers(path, numbers, mistake, self.class_file)
        refuse_unnamed_colours(path, page, mistake, self.class_file)

    def _objects(self, labels: NDArray[np.integer]) -> NDArray[np.uint8]:
        mask = WAYS[self.instances or "objects"](labels)
        mask[self._ignored(labels)] = IGNORED
        return mask

    def _cut(self, grey: NDArray[np.number], threshold: int) -> NDArray[np.uint8]:
        mask = (grey >= threshold).astype(np.uint8)
        mask[self._ignored(grey)] = IGNORED
        return mask

    def _ignored(self, labels: NDArray[np.number]) -> NDArray[np.bool_]:
        return np.zeros(labels.shape, bool) if self.ignore_value is None else np.asarray(labels == self.ignore_value)

    def _colours(self, table: ClassTable) -> Mapping[Colour, int]:
        ignored = self.ignore_value
        return {**table.colours, ignored: IGNORED} if isinstance(ignored, tuple) else table.colours

    def _classes_of(self, labels: NDArray[np.integer], path: Path) -> NDArray[np.uint8]:
        ignored = self._ignored(labels)
        if self.table is None:
            mask = binary(np.where(ignored, 0, labels), path, self._naming, _SOFT)
        else:
            mask = self._mapped(labels, self.table.values, path)
        mask[ignored] = IGNORED
        return mask

    def _mapped(self, labels: NDArray[np.integer], classes: Mapping[int, int], path: Path) -> NDArray[np.uint8]:
        ignored = self.ignore_value if isinstance(self.ignore_value, int) else None
        named = {value for value in classes if value != ignored}
        for white in WHITE:
            if named == {0, white}:
                labels = renamed_white(labels, white, ignored)
        return mapped(labels, classes if ignored is None else {**classes, ignored: IGNORED}, path)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes by number, empty where none were given.

        Raises:
            ValueError: Others than one for each class were given.
        """
        found = self._said or (() if self.table is None else self.table.names)
        if found and len(found) != self.num_classes:
            raise Mistake(
                f"class_names: expected {self.num_classes} names, one for each class, got {len(found)}; name them all."
            )
        return found

    def _check(self) -> None:
        given = {"classes": self.table, "threshold": self.threshold, "instances": self.instances}
        several = [name for name, value in given.items() if value is not None]
        if len(several) > 1:
            raise Mistake(f"{several[0]}: expected it alone, got {several[1]} too; choose one of the two.")
        if self.instances not in (None, *WAYS):
            raise Mistake(f"instances: expected one of {', '.join(WAYS)}, got {self.instances}; choose one.")
        if self.threshold is not None and not 0 < self.threshold < 2**16:
            raise Mistake(f"threshold: expected a grey value of 1 to 65535, got {self.threshold}; use for example 128.")
        if self.invert and self.num_classes > 2:
            raise Mistake(f"invert: expected two classes, got {self.num_classes}; leave it out, or renumber classes.")
        if isinstance(self.ignore_value, tuple) and not (self.table is not None and self.table.colours):
            raise Mistake("ignore_value: expected a pixel value where values name the classes, got a colour; mend it.")
