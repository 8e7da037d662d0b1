"""The samples that a preparer finds in a raw folder, whatever the letter case and the depth of their files."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.file_kinds import VOLUMES
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.mistakes import Mistake

_NO_MASKS = (".mat", ".xml", ".txt", ".json", ".svg", ".geojson")
"""Endings of files in which people have masks, and which are no images."""
_CONVERSION = "docs/own_data.md, Outlines, has the few lines that convert it"
IMAGE_SUFFIX = r"\.(?:tiff?|png|bmp|gif|jpe?g)"


@dataclass(frozen=True)
class RawSample:
    """One image and its mask, not read yet.

    ``read`` gives the image H W I and the mask H W (class indices); ``files`` are what it reads; images of one
    ``group`` belong together; ``part`` is the place in the official split.
    """

    name: str
    files: tuple[Path, ...]
    read: Callable[[], tuple[Pixels, NDArray[np.uint8]]]
    group: str
    part: str | None = None


@dataclass(frozen=True)
class RawDataset:
    """The samples of a raw folder; ``notes`` say what is special about this copy (missing parts, a selection).

    ``class_names`` and ``class_colours`` are by class number, empty where none are known. ``settings`` are arguments of
    the preparer that it has found by itself in this folder, and ``understood`` says them to a person.
    """

    source: str
    samples: tuple[RawSample, ...]
    num_classes: int = 2
    ignore_index: int | None = None
    notes: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    class_colours: tuple[tuple[int, int, int], ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    understood: tuple[str, ...] = ()


class RawFiles:
    """The files below ``root``. Links are followed, each folder once; hidden files and ``__MACOSX`` are left out."""

    def __init__(self, root: Path, source: str) -> None:
        self.root, self.source = root, source
        self.paths = sorted(_walk(root))

    def match(self, pattern: str) -> dict[tuple[str, ...], Path]:
        """Find the files whose path ends as the regular expression says; the keys are its groups in small letters.

        A group that takes part in no match is "" in the key.

        Raises:
            ValueError: two files with one key.
        """
        return self._matches(self.paths, pattern)

    def match_folders(self, pattern: str) -> dict[tuple[str, ...], Path]:
        """Find the folders that hold images, in the same way by their paths."""
        holders = {Path(path).parent.as_posix() for path in self._images()}
        return self._matches(sorted(holders), pattern)

    def _matches(self, paths: Sequence[str], pattern: str) -> dict[tuple[str, ...], Path]:
        expression = re.compile(rf"(?:^|/){pattern}$", re.IGNORECASE)
        found: dict[tuple[str, ...], Path] = {}
        for path in paths:
            if match := expression.search(path):
                key = tuple(unicodedata.normalize("NFC", group or "").lower() for group in match.groups())
                if key in found:
                    raise Mistake(
                        f"{path}: expected names that differ without ending and letter case, got that of "
                        f"{self._relative(found[key])}; rename one of the two, or keep one."
                    )
                found[key] = self.root / path
        return found

    def require(self, pattern: str, layout: str, repair: str = "") -> dict[tuple[str, ...], Path]:
        """Find files as :meth:`match` does, but at least one.

        Raises:
            FileNotFoundError: Nothing matches; the message names the ``layout`` and the ``repair``, which is the
                download where none is given.
        """
        found = self.match(pattern)
        if not found:
            raise FileNotFoundError(
                f"raw: expected {layout} in {self.root}, found none among {len(self.paths)} files"
                f"{self._hint()}; {repair or f'download: {self.source}'}."
            )
        return found

    def folders(self) -> list[str]:
        """Names of the folders that hold images."""
        return sorted({Path(path).parent.name for path in self._images()} - {""})

    def _images(self) -> list[str]:
        return [path for path in self.paths if re.search(rf"{IMAGE_SUFFIX}$", path, re.IGNORECASE)]

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _hint(self) -> str:
        """What the files that are there are, if not what was looked for."""
        if volumes := [path for path in self.paths if path.lower().endswith(VOLUMES)]:
            return f" ({volumes[0]} is a volume: dataset=folder_volumes prepares such)"
        archives = [path for path in self.paths if path.lower().endswith((".zip", ".tar", ".gz", ".rar", ".7z"))]
        if archives:
            return f" ({archives[0]} is packed: unpack it first)"
        others = [path for path in self.paths if path.lower().endswith(_NO_MASKS) and "/" in path]
        return f" ({others[0]} may hold masks in a form that is not read: {_CONVERSION})" if others else ""


def pair(
    images: dict[tuple[str, ...], Path],
    masks: dict[tuple[str, ...], Path],
    mask_name: Callable[[Path], str],
    repair: str = "copy it from the download",
) -> Iterator[tuple[tuple[str, ...], Path, Path]]:
    """Yield the key, the image and the mask of every image, sorted by key; ``repair`` helps where a mask is missing.

    Raises:
        FileNotFoundError: an image without a mask.
        ValueError: a mask without an image.
    """
    for key in sorted(images):
        if key not in masks:
            image = images[key]
            raise FileNotFoundError(f"{image}: no mask {mask_name(image)}; {repair}.")
    for key in sorted(masks):
        if key not in images:
            raise Mistake(f"{masks[key]}: a mask without an image; add the image or remove the mask.")
    return ((key, images[key], masks[key]) for key in sorted(images))


def refuse_unknown_parts(images: Mapping[tuple[str, ...], Path]) -> None:
    """Refuse a folder ``holdout`` beside ``test``, whose images would belong to no part, without a word.

    Args:
        images: Files in ``PART/FOLDER/NAME``, or ``FOLDER/NAME`` alone; the keys begin with the part, "" for none.

    Raises:
        Mistake: Several folders hold images, and one of them belongs to no part.
    """
    folders = {image.parent for image in images.values()}
    for (part, *_), image in images.items():
        if not part and len(folders) > 1:
            folder = image.parent.parent
            raise Mistake(
                f"{folder}: expected train, val or test where several folders hold images, got {folder.name}; "
                "rename it, or prepare it alone."
            )


def _walk(root: Path) -> Iterator[str]:
    """Relative paths, '/' between the parts; a folder reached twice through links is visited once.

    A folder ``NAME.zarr`` counts as a file.
    """
    seen: set[tuple[int, int]] = set()
    for folder, folders, files in os.walk(root, followlinks=True, onerror=_refuse):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        arrays = [name for name in folders if name.lower().endswith(".zarr")]  # one array, in thousands of files
        folders[:] = [name for name in folders if name not in arrays]
        for name in [*files, *arrays]:
            if not name.startswith("."):
                yield (Path(folder) / name).relative_to(root).as_posix()


def _refuse(error: OSError) -> None:
    """A folder that is skipped in silence would make a dataset with holes."""
    raise PermissionError(f"{error.filename}: may not be looked into ({error.strerror}); run chmod u+rx on it.")
