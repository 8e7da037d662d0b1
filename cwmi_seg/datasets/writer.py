"""Raw samples to ``images/NAME.png``, ``masks/NAME.png``, ``dataset.json`` and ``preview.png``, one image at a time."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.dataset_json import save_info
from cwmi_seg.datasets.given_samples import read_sample
from cwmi_seg.datasets.image_files import encode, require_same_size
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo, Pixels
from cwmi_seg.datasets.prepared import image_paths
from cwmi_seg.datasets.preview import ContactSheet
from cwmi_seg.datasets.proposal import StructureWidth, crop_size
from cwmi_seg.datasets.raw import RawDataset, RawSample
from cwmi_seg.datasets.statistics import ChannelStatistics
from cwmi_seg.files.counted import counted
from cwmi_seg.mistakes import Mistake


class DatasetWriter:
    """Writes one dataset into an empty folder; the first image decides on channels and bit depth of all.

    Raises:
        ValueError: an image or mask that does not fit (named).
        OSError: the folder cannot be written.
    """

    def __init__(self, dataset: RawDataset, folder: Path, name: str, fingerprint: str) -> None:
        self.dataset, self.folder = dataset, folder
        image, _ = read_sample(dataset.samples[0])
        self.statistics = ChannelStatistics(image.shape[2])
        self.sheet = ContactSheet(len(dataset.samples), dataset.num_classes)
        self.info = DatasetInfo(
            name=name,
            source=dataset.source,
            channels=image.shape[2],
            num_classes=dataset.num_classes,
            mean=(),
            std=(),
            images=(),
            ignore_index=dataset.ignore_index,
            dtype=str(image.dtype),
            fingerprint=fingerprint,
            notes=dataset.notes,
            class_names=dataset.class_names,
            class_colours=dataset.class_colours,
        )
        self.width = StructureWidth()

    def write(self) -> DatasetInfo:
        """Write all samples, then the preview and ``dataset.json``, and return the content of the latter."""
        for part in ("images", "masks"):
            (self.folder / part).mkdir(parents=True)
        images = tuple(self._write_sample(index, sample) for index, sample in enumerate(self.dataset.samples))
        width = self.width.width()
        info = replace(
            self.info,
            images=images,
            mean=self.statistics.mean(),
            std=self.statistics.std(),
            structure_width=width,
            crop_size=crop_size(images, width),
        )
        self.sheet.save(self.folder / "preview.png")
        save_info(info, self.folder)
        return info

    def _write_sample(self, index: int, sample: RawSample) -> ImageInfo:
        image, mask = read_sample(sample)
        self._check(sample, image, mask)
        self.statistics.add(image)
        self.width.add(mask, self.info.ignore_index)
        self.sheet.add(index, image, mask)
        entry = ImageInfo(
            name=sample.name,
            height=mask.shape[0],
            width=mask.shape[1],
            class_counts=tuple(np.bincount(mask.ravel(), minlength=256)[: self.info.num_classes].tolist()),
            group=sample.group,
            part=sample.part,
        )
        image_path, mask_path = image_paths(self.folder, self.info, entry)
        return replace(entry, image_sha256=_save(image_path, image), mask_sha256=_save(mask_path, mask))

    def _check(self, sample: RawSample, image: Pixels, mask: NDArray[np.uint8]) -> None:
        path = sample.files[0]
        require_same_size(image, mask, path, sample.files[-1])
        found, expected = (image.shape[2], str(image.dtype)), (self.info.channels, self.info.dtype)
        if found != expected:
            raise Mistake(
                f"{path}: expected {counted(expected[0], 'channel')} of {expected[1]} as in "
                f"{self.dataset.samples[0].files[0].name}, got {found[0]} of {found[1]}; convert them to one kind."
            )
        values = np.unique(mask)
        wrong = values[(values >= self.info.num_classes) & (values != self.info.ignore_index)]
        if len(wrong):
            raise Mistake(
                f"{sample.files[-1]}: expected classes below {self.info.num_classes}, got {wrong[0]}; "
                "mend the mask, or the preparer that read it."
            )


def _save(path: Path, pixels: Pixels) -> str:
    """Write the file through to the disk and return its SHA-256."""
    content = encode(pixels)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()
