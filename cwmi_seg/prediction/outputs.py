"""Masks, probabilities and overlays of one image, written so that a reader never sees half a file."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from cwmi_seg.datasets.image_files import encode, suffix
from cwmi_seg.files.atomic import replacing
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.georeference import Tags
from cwmi_seg.prediction.inputs import ImageFile

Array = NDArray[np.uint8] | NDArray[np.uint16]

OVERLAYS = "overlays"
KINDS = ("masks", "probabilities", OVERLAYS)
"""Folders of the results."""
_LOCATED = ("masks", "probabilities")  # that are as large as the image
_TILE = 256  # pixels
SETTINGS = "prediction.json"
"""File beside them that tells networks and tiling; it is written when these change, before any result."""


@dataclass(frozen=True)
class Page:
    """The results for one page: mask H W, whole probabilities H W (class 1 of two) or H W C, overlay H W 3."""

    masks: NDArray[np.uint8]
    probabilities: Array | None
    overlays: NDArray[np.uint8] | None

    def files(self) -> dict[str, Array]:
        """The arrays that were asked for, by the name of their folder."""
        every: dict[str, Array | None] = dict(vars(self))
        return {folder: array for folder, array in every.items() if array is not None}


@dataclass(frozen=True)
class Outputs:
    """The files of each image: ``FOLDER/masks/NAME.png``, ``FOLDER/probabilities/NAME.png``, ...

    A stack of pages gives ``.tif`` files of as many pages; so do probabilities of more than two classes. A GeoTIFF of
    one page gives GeoTIFF, but for the overlay.

    Args:
        folder: Folder of all results.
        num_classes: Number of classes C.
        probabilities, overlays: Whether these are written.
        overwrite: Whether files that are there are made again.
        probability_bits: 16 (0 to 65535) or 8 (0 to 255).
    """

    folder: Path
    num_classes: int
    probabilities: bool = True
    overlays: bool = True
    overwrite: bool = False
    probability_bits: int = 16

    def __post_init__(self) -> None:
        if self.probability_bits not in (8, 16):
            raise Mistake(f"probability_bits: expected 8 or 16, got {self.probability_bits}; choose one.")

    @property
    def probability_type(self) -> str:
        """The type of stored probabilities."""
        return f"uint{self.probability_bits}"

    def kept_classes(self) -> range:
        """The classes whose probabilities are stored: of two only the structure, whose probability tells the other."""
        return range(1, 2) if self.num_classes == 2 else range(self.num_classes)

    def paths(self, image: ImageFile, num_pages: int) -> dict[str, Path]:
        """The files of one image, by the name of their folder."""
        return self._paths(image, num_pages, located=num_pages == 1 and bool(image.georeference()))

    def _paths(self, image: ImageFile, num_pages: int, *, located: bool) -> dict[str, Path]:
        deep = suffix(len(self.kept_classes()), self.probability_type)
        kinds = {"masks": ".png"}
        kinds |= {"probabilities": deep} if self.probabilities else {}
        kinds |= {"overlays": ".png"} if self.overlays else {}
        tif = KINDS if num_pages > 1 else _LOCATED if located else ()
        return {
            kind: self.folder / kind / f"{image.name}{'.tif' if kind in tif else ending}"
            for kind, ending in kinds.items()
        }

    def done(self, image: ImageFile, num_pages: int) -> bool:
        """Whether every file is there and none is older than the image or than the settings.

        Results of other settings are left where ``overwrite=true`` was interrupted, or was for some images only. Those
        of a GeoTIFF count that were made before they were GeoTIFF themselves.
        """
        if self.overwrite:
            return False
        made_from = (path for path in (image.path, self.folder / SETTINGS) if path.exists())
        changed = max(path.stat().st_mtime_ns for path in made_from)
        return any(
            all(path.is_file() and path.stat().st_mtime_ns >= changed for path in paths.values())
            for paths in (self.paths(image, num_pages), self._paths(image, num_pages, located=False))
        )

    def write(self, image: ImageFile, num_pages: int, pages: Iterator[Page]) -> None:
        """Write the files of an image; all or none."""
        paths, tags = self.paths(image, num_pages), image.georeference() if num_pages == 1 else ()
        with ExitStack() as stack:
            temporary = {kind: stack.enter_context(replacing(path)) for kind, path in paths.items()}
            if num_pages == 1:
                for kind, array in next(pages).files().items():
                    _write_single(temporary[kind], array, tags if kind in _LOCATED else ())
            else:
                self._write_stacks(stack, temporary, pages)
        if tags:
            for kind, former in self._paths(image, num_pages, located=False).items():
                if former != paths[kind]:
                    former.unlink(missing_ok=True)

    def _write_stacks(self, stack: ExitStack, temporary: Mapping[str, Path], pages: Iterator[Page]) -> None:
        stacks = {kind: stack.enter_context(tifffile.TiffWriter(path)) for kind, path in temporary.items()}
        for page in pages:
            for kind, array in page.files().items():
                photometric = "rgb" if kind == OVERLAYS else "minisblack"
                stacks[kind].write(
                    array, compression="zlib", metadata=None, photometric=photometric, planarconfig="contig"
                )


def _write_single(path: Path, array: Array, tags: Tags) -> None:
    if not tags:
        path.write_bytes(encode(array))
        return
    # of a file that has tiles, programs read a part without the rest
    tifffile.imwrite(
        path, array, compression="zlib", metadata=None, photometric="minisblack", planarconfig="contig",
        tile=(_TILE, _TILE), extratags=tags,
    )  # fmt: skip
