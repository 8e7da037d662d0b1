"""Many images, one after the other: skip what is done, report what is damaged, go on."""

import errno
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch

from cwmi_seg.files.json_files import write_json
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.georeference import is_left_behind
from cwmi_seg.prediction.inputs import ImageFile, UnusableImage
from cwmi_seg.prediction.outputs import Page
from cwmi_seg.prediction.page import PagePredictor
from cwmi_seg.prediction.tiles import Tiling

log = logging.getLogger(__name__)

SUMMARY = "summary.json"
"""File that keeps what became of the images."""
_SECONDS_BETWEEN_LINES = 10.0


@dataclass
class Summary:
    """The content of ``summary.json``: how many images were predicted or skipped, and why others failed."""

    predicted: int = 0
    skipped: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def counts(self) -> tuple[int, int, int]:
        """The numbers of images that were predicted, skipped and failed."""
        return self.predicted, self.skipped, len(self.failed)


class FilePredictor(Protocol):
    """Predicts one kind of files: those of images, or those of volumes."""

    @property
    def folder(self) -> Path:
        """The folder of all results."""
        ...

    @property
    def tilings(self) -> Sequence[Tiling]:
        """The tiles along each axis."""
        ...

    def predict(self, image: ImageFile, line: str) -> bool:
        """Predict one file, unless its results are there; True if there was something to do.

        Args:
            image: The file.
            line: How a line on its progress begins.

        Raises:
            UnusableImage: the file cannot be used.
        """
        ...


def predict_images(predictor: FilePredictor, images: Sequence[ImageFile]) -> Summary:
    """Predict every image that has no result yet; one that cannot be used is reported and left out."""
    summary = Summary()
    for number, image in enumerate(images, start=1):
        line, start = f"{number}/{len(images)} {image.name}", time.perf_counter()
        try:
            if not _predict_image(predictor, image, line):
                summary.skipped += 1
                continue
        except UnusableImage as error:
            summary.failed[str(image.path)] = str(error)
            log.warning("%s  failed: %s", line, error)
        else:
            summary.predicted += 1
            log.info("%s  %.1f s", line, time.perf_counter() - start)
    write_json(predictor.folder / SUMMARY, vars(summary))
    return summary


def _predict_image(predictor: FilePredictor, image: ImageFile, line: str) -> bool:
    try:
        return predictor.predict(image, line)
    except torch.OutOfMemoryError:
        sizes = "x".join(str(tiling.tile) for tiling in predictor.tilings)
        raise Mistake(f"tile: expected tiles that fit the memory, got {sizes}; use a smaller tile.") from None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise UnusableImage("expected a name that is short enough for the files of its results; rename it") from error


@dataclass(frozen=True)
class PageFiles:
    """Files of images, each of one page or of several.

    Args:
        pages: What predicts a page.
        told: The first image whose place on the earth was left behind.
    """

    pages: PagePredictor
    told: list[ImageFile] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The folder of all results."""
        return self.pages.outputs.folder

    @property
    def tilings(self) -> Sequence[Tiling]:
        """The tiles along height and width."""
        return self.pages.tilings

    def predict(self, image: ImageFile, line: str) -> bool:
        """Predict the pages of a file."""
        num_pages = image.num_pages()
        if self.pages.outputs.done(image, num_pages):
            return False
        self._tell_left_behind(image, num_pages)
        self.pages.outputs.write(image, num_pages, self._predicted(image, num_pages, line))
        return True

    def _tell_left_behind(self, image: ImageFile, num_pages: int) -> None:
        """Once: where an image lies on the earth is handed on from a GeoTIFF of one page alone."""
        if not self.told and is_left_behind(image.path, num_pages):
            self.told.append(image)
            log.info("note     %s says where it lies, its results do not: save it as a GeoTIFF of one page", image.path)

    def _predicted(self, image: ImageFile, num_pages: int, line: str) -> Iterator[Page]:
        progress = Progress(line, num_pages)
        for pixels in image.pages(num_pages, self.pages.conversion):
            yield self.pages(pixels, progress)
            progress.page += 1


class Progress:
    """Says every ten seconds how far a large image, stack or volume is."""

    def __init__(self, line: str, num_pages: int = 1) -> None:
        self.line, self.num_pages, self.page, self.last = line, num_pages, 0, time.perf_counter()

    def __call__(self, share: float) -> None:
        if time.perf_counter() - self.last > _SECONDS_BETWEEN_LINES:
            self.last = time.perf_counter()
            log.info("%s  %.0f %%", self.line, 100 * (self.page + share) / self.num_pages)
