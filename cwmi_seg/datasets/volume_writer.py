"""Raw volumes to ``images/NAME.npy``, ``masks/NAME.npy``, ``dataset.json`` and ``preview.png``, one slab at a time."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.dataset_json import save_info
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.datasets.prepared import image_paths
from cwmi_seg.datasets.preview import MOST, ContactSheet
from cwmi_seg.datasets.raw_volumes import RawVolume, RawVolumes, Slabs
from cwmi_seg.datasets.running_statistics import RunningStatistics
from cwmi_seg.datasets.volume_store import write_volume
from cwmi_seg.datasets.volume_views import Views
from cwmi_seg.files.counted import counted
from cwmi_seg.mistakes import Mistake


class VolumeWriter:
    """Writes one dataset into an empty folder; the first volume decides on channels and type of all.

    Raises:
        Mistake: a volume or mask that does not fit (named).
        OSError: the folder cannot be written.
    """

    def __init__(self, dataset: RawVolumes, folder: Path, name: str, fingerprint: str) -> None:
        self.dataset, self.folder = dataset, folder
        with dataset.samples[0].image() as first:
            channels, dtype = first.shape[3], first.dtype
        self.statistics = RunningStatistics(channels)
        shown = np.linspace(0, len(dataset.samples) - 1, min(len(dataset.samples), MOST // 2)).round().astype(int)
        self.places = {index: place for place, index in enumerate(shown.tolist())}  # of volumes in the preview
        self.sheet = ContactSheet(2 * len(shown), dataset.num_classes)
        self.info = DatasetInfo(
            name=name,
            source=dataset.source,
            channels=channels,
            num_classes=dataset.num_classes,
            mean=(),
            std=(),
            images=(),
            ignore_index=dataset.ignore_index,
            dtype=dtype,
            fingerprint=fingerprint,
            notes=dataset.notes,
            class_names=dataset.class_names,
            dimensions=3,
            spacing=dataset.spacing,
            unit=dataset.unit,
        )

    def write(self) -> DatasetInfo:
        """Write all volumes, then the preview and ``dataset.json``, and return the content of the latter."""
        for part in ("images", "masks"):
            (self.folder / part).mkdir(parents=True)
        volumes = tuple(self._write_sample(index, sample) for index, sample in enumerate(self.dataset.samples))
        info = replace(self.info, images=volumes, mean=self.statistics.mean(), std=self.statistics.std())
        self.sheet.save(self.folder / "preview.png")
        save_info(info, self.folder)
        return info

    def _write_sample(self, index: int, sample: RawVolume) -> ImageInfo:
        with sample.image() as image, sample.mask() as mask:
            self._check(sample, image, mask)
            depth, height, width = mask.shape
            entry = ImageInfo(sample.name, height, width, (), sample.group, sample.part, depth=depth)
            image_path, mask_path = image_paths(self.folder, self.info, entry)
            counts = np.zeros(256, dtype=np.int64)
            views = Views(image.shape, self.info.ignore_index)
            image_sum = write_volume(image_path, image.shape, image.dtype, self._measured(image, views))
            mask_sum = write_volume(mask_path, mask.shape, "uint8", self._counted(sample, mask, counts, views))
        if index in self.places:
            for number, (shown, shown_mask) in enumerate(views.pairs()):
                self.sheet.add(2 * self.places[index] + number, shown, shown_mask)
        class_counts = tuple(counts[: self.info.num_classes].tolist())
        return replace(entry, class_counts=class_counts, image_sha256=image_sum, mask_sha256=mask_sum)

    def _check(self, sample: RawVolume, image: Slabs, mask: Slabs) -> None:
        path = sample.files[0]
        if image.shape[:3] != mask.shape:
            raise Mistake(
                f"{path}: expected the size of its mask {sample.files[-1].name}, {_size(mask.shape)} (depth x height x "
                f"width), got {_size(image.shape[:3])}; is it the mask of another volume, or are its axes others?"
            )
        found, expected = (image.shape[3], image.dtype), (self.info.channels, self.info.dtype)
        if found != expected:
            raise Mistake(
                f"{path}: expected {counted(expected[0], 'channel')} of {expected[1]} as in "
                f"{self.dataset.samples[0].files[0].name}, got {found[0]} of {found[1]}; convert them to one kind."
            )

    def _measured(self, image: Slabs, views: Views) -> Iterator[NDArray[Any]]:
        for slab in image.pieces():
            self.statistics.add(slab)
            views.add_image(slab)
            yield slab

    def _counted(
        self, sample: RawVolume, mask: Slabs, counts: NDArray[np.int64], views: Views
    ) -> Iterator[NDArray[np.uint8]]:
        for slab in mask.pieces():
            found = np.bincount(slab.ravel(), minlength=256)
            wrong = [value for value in np.flatnonzero(found) if not self._is_class(int(value))]
            if wrong:
                raise Mistake(
                    f"{sample.files[-1]}: expected classes below {self.info.num_classes}, got {wrong[0]}; "
                    "mend the mask, or the preparer that read it."
                )
            counts += found
            views.add_mask(slab)
            yield slab

    def _is_class(self, value: int) -> bool:
        return value < self.info.num_classes or value == self.info.ignore_index


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
