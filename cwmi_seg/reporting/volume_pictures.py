"""The pictures of one test volume: an overview, and slices along its depth, of the image, the target and every mask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.pictures.views import busiest, factors
from cwmi_seg.reporting.album import Album, Labels
from cwmi_seg.reporting.flat_pictures import has_classes, name_key
from cwmi_seg.reporting.kept_mask import KeptMask
from cwmi_seg.reporting.picture_files import COUNTS, WEBP, PictureFiles, is_newer, save_picture
from cwmi_seg.reporting.pictures import MOST_SIDE
from cwmi_seg.reporting.shown_image import CLASSES, MASK, PHOTO, NamedPicture, Slices
from cwmi_seg.reporting.volume_errors import Counts, wrong_along
from cwmi_seg.reporting.volume_views import Layer, VolumeViews

MOST_SLICES = 32
"""Slices along the depth that are drawn of a volume, at even steps: neighbours look alike, and so a volume takes no
more room beside the page than 32 images of its size, however deep it is."""
STRIP = 2**21
"""Pixels of a file of slices below each other: few files for small slices, and 8 MB in the browser for large ones."""


@dataclass(frozen=True)
class VolumePictures:
    """Draws one volume, or the block of one that was tested as one image.

    Args:
        name: Its name.
        album: That has it.
        masks: Its masks by the label of their row. One that cannot be read is left out, and named in the log.
        files: Where to.
    """

    name: str
    album: Album
    masks: Mapping[str, KeptMask]
    files: PictureFiles

    def draw(self) -> tuple[tuple[NamedPicture, ...], Slices]:
        """Write what is missing of the pictures, or older than its mask; list them, and say which slices they have."""
        pictures = [
            self._picture("image", PHOTO, self.album.key, "-image", None, self._views.photo),
            self._picture("target", MASK, self.album.key, "-target", None, self._views.target),
        ]
        for label in self._wrong:
            pictures += self._of_mask(label, self.masks[label])
        of_slice = np.prod(self._shape[1:])
        shares = {
            label: (counts[0] / of_slice)[list(self.slices.places)].tolist() for label, counts in self._wrong.items()
        }
        return tuple(pictures), replace(self.slices, through=self._places, wrong=shares)

    @property
    def num_files(self) -> int:
        """Largest number of files of pictures."""
        layers = 2 + len(self.masks) * (2 if has_classes(self.album) else 1)
        return layers * (1 + self.slices.num_strips)

    @cached_property
    def slices(self) -> Slices:
        """Which slices are drawn, and how they lie in their files."""
        assert self.album.info is not None
        depth, height, width = self._shape
        places = np.unique(np.linspace(0, depth - 1, min(depth, MOST_SLICES)).round().astype(int))
        fits = max(1, min(STRIP // (height * width), MOST_SIDE // height))
        _, high, wide = factors(self.album.info.spacing)
        return Slices(tuple(places.tolist()), depth, min(fits, len(places)), (width * wide, height * high))

    def _of_mask(self, label: str, mask: KeptMask) -> list[NamedPicture]:
        errors = self._picture(label, MASK, mask.owner, "", mask, lambda: self._views.errors(self._labels(mask)))
        if not has_classes(self.album):
            return [errors]
        return [
            errors,
            self._picture(
                label, CLASSES, mask.owner, "-classes", mask, lambda: self._views.classes(self._labels(mask))
            ),
        ]

    def _picture(
        self, label: str, kind: str, part: str, what: str, mask: KeptMask | None, layer: Callable[[], Layer]
    ) -> NamedPicture:
        """One layer in all its files."""
        place = "-".join(map(str, self._places))
        overview = self.files.path(part, f"{self._key}{what}-at-{place}")
        strips = [self.files.path(part, f"{self._key}{what}-{number}") for number in range(self.slices.num_strips)]
        old = [path for path in (overview, *strips) if not _is_fresh(path, mask)]
        if old:
            made = layer()
            for path in old:
                save_picture(path, made.overview() if path == overview else self._strip(made, strips.index(path)))
        return NamedPicture(
            label, self.files.address(overview), kind, self.files.address(strips[0]).removesuffix(f"-0{WEBP}")
        )

    def _strip(self, layer: Layer, number: int) -> NDArray[np.uint8]:
        start = number * self.slices.per_strip
        return np.concatenate([layer.slice_at(z) for z in self.slices.places[start : start + self.slices.per_strip]])

    @cached_property
    def _views(self) -> VolumeViews:
        return VolumeViews(self.album, self.album.volume(self.name), self._places)

    @cached_property
    def _places(self) -> tuple[int, ...]:
        """Depth, height and width at which all masks together are wrong most often."""
        sums = [np.zeros(size, dtype=np.int64) for size in self._shape]
        for counts in self._wrong.values():
            for total, along in zip(sums, counts, strict=True):
                total += along
        return busiest(sums)

    @cached_property
    def _wrong(self) -> dict[str, Counts]:
        """The number of wrong voxels of each slice along each axis, by label; masks that cannot be read have none."""
        paths = {label: self.files.path(mask.owner, self._key, COUNTS) for label, mask in self.masks.items()}
        found = {label: wrong_along(self.name, self.album, mask, paths[label]) for label, mask in self.masks.items()}
        return {label: counts for label, counts in found.items() if counts is not None}

    def _labels(self, mask: KeptMask) -> Labels:
        return self.album.labels(self.name, mask)

    @cached_property
    def _shape(self) -> tuple[int, ...]:
        return self.album.volume(self.name).target.shape

    @property
    def _key(self) -> str:
        """Of the shape too, for blocks of different sizes may begin at one place of a volume."""
        return name_key(f"{self.name} {self._shape}")


def _is_fresh(path: Path, mask: KeptMask | None) -> bool:
    return path.is_file() if mask is None else is_newer(path, mask.path)
