"""What the runs of a study can show of their test images: the panels that they drew, and the masks that they kept."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.config.target import Target
from cwmi_seg.datasets.info import DatasetInfo, ImageSource
from cwmi_seg.datasets.size_limit import open_bounded
from cwmi_seg.loading.blocks import blocks_of
from cwmi_seg.mistakes import Mistake
from cwmi_seg.pictures.class_panel import cut_panel, drawn
from cwmi_seg.pictures.overlay import displayable
from cwmi_seg.pictures.views import views
from cwmi_seg.reporting.kept_mask import KeptMask, kept_by_others, kept_by_run
from cwmi_seg.study.run_config import setting
from cwmi_seg.study.run_folder import RunFolder

Picture = NDArray[np.uint8]
Labels = NDArray[np.uint8]


class TestedVolume(NamedTuple):
    """A volume, or the block of one, that was tested as one image.

    ``pixels`` D H W I are as they are stored and may be a file that is mapped into memory; ``target`` is D H W.
    """

    pixels: NDArray[Any]
    target: NDArray[np.uint8]


class _Unit(NamedTuple):
    """An image or volume by its number in the dataset, and the part of it that was tested as one image; () is all."""

    number: int
    window: tuple[slice, ...]


@dataclass(frozen=True)
class Album:
    """The pictures of some runs that were tested on the same images.

    Args:
        runs: Folder of each run, by any name, such as the label that the report gives it.
        others: Of masks that other code has made the files by the name of the image, by any other name.
    """

    runs: Mapping[str, RunFolder]
    others: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)

    def names(self) -> set[str]:
        """The images that can be shown for every run, and for the masks of others."""
        ours = [self._drawn(run) | set(self.kept(label)) for label, run in self.runs.items()]
        return set.intersection(*ours, *(set(self.kept(label)) for label in self.others))

    def panel(self, label: str, name: str) -> list[Picture]:
        """Image, target, and errors of the prediction in colour, H W 3 each; of more than two classes the prediction
        before the errors. Of a volume each is four views in one."""
        run = self.runs.get(label)
        if run is not None and name in self._drawn(run):
            with open_bounded(run.overlays / f"{name}.png") as file:
                return cut_panel(np.asarray(file.convert("RGB")), {str(key): value for key, value in file.info.items()})
        assert self.info is not None
        prediction = self.labels(name, self.kept(label)[name])
        if self.info.dimensions == 2:
            image, target = self.read(name)
            return drawn(image, prediction, target, self.info)
        pixels, target = self.volume(name)
        picture, guess, truth = views(
            np.moveaxis(self.normal(pixels), -1, 0), prediction, target, self.info.spacing, self.info.ignore_index
        )
        return drawn(displayable(picture), guess.astype(np.intp), truth.astype(np.intp), self.info)

    def kept(self, label: str) -> dict[str, KeptMask]:
        """The masks whose images are there too, by the name of the image."""
        if self.info is None:
            return {}
        if label in self.others:
            found = kept_by_others(label, self.others[label])
        else:
            same = self.runs[label].fingerprint() == self.info.fingerprint
            found = kept_by_run(self.runs[label], self.info.dimensions) if same else {}
        return {name: mask for name, mask in found.items() if name in self._units}

    def read(self, name: str) -> tuple[Picture, NDArray[np.uint8]]:
        """The image as it is displayed, H W 3, and its target H W; of an image for which a mask was kept."""
        if name not in self._last:
            assert self._source is not None  # else the name is not among those that can be shown
            pixels, target = self._source.read(self._units[name].number)
            self._last.clear()
            self._last[name] = displayable(self.normal(pixels).transpose(2, 0, 1)), target
        return self._last[name]

    def volume(self, name: str) -> TestedVolume:
        """A volume, or the block of one, for which a mask was kept; nothing of it is read before it is used."""
        assert self._source is not None
        number, window = self._units[name]
        pixels, target = self._source.read(number)
        return TestedVolume(pixels[window], target[window])

    def labels(self, name: str, kept: KeptMask) -> Labels:
        """A kept mask of this image, H W or D H W.

        Raises:
            Mistake: It cannot be read, has another size than the image, or other values than classes.
        """
        assert self.info is not None
        target = self.read(name)[1] if self.info.dimensions == 2 else self.volume(name).target
        return kept.read(target.shape, self.info.num_classes)

    def normal(self, pixels: NDArray[Any]) -> NDArray[np.floating]:
        """Stored values ... I in units of the standard deviation of their channel, so that channels look alike."""
        assert self.info is not None
        normal: NDArray[np.floating] = (pixels - np.array(self.info.mean)) / np.maximum(self.info.std, 1e-6)
        return normal

    @property
    def info(self) -> DatasetInfo | None:
        """The dataset that the runs were tested on, None where its images are gone or have changed since."""
        return None if self._source is None else self._source.info

    @cached_property
    def key(self) -> str:
        """What tells the images of this dataset from those of others: their fingerprint, or how they are generated."""
        if self.info is not None and self.info.fingerprint:
            return self.info.fingerprint[:12]
        return hashlib.sha256(repr(setting(self._config, "dataset.images")).encode()).hexdigest()[:12]

    def _drawn(self, run: RunFolder) -> set[str]:
        return {path.stem for path in run.overlays.glob("*.png")}

    @cached_property
    def _last(self) -> dict[str, tuple[Picture, NDArray[np.uint8]]]:
        """The image that was read last: it is shown under one run after the other."""
        return {}

    @cached_property
    def _units(self) -> dict[str, "_Unit"]:
        """What was tested as one image, by name."""
        if self.info is None or self.info.dimensions == 2:
            images = () if self.info is None else self.info.images
            return {image.name: _Unit(number, ()) for number, image in enumerate(images)}
        try:
            blocks = blocks_of(self.info, setting(self._config, "dataset.test_block"))
        except Mistake:
            return {}
        return {block.name: _Unit(block.image, block.window or ()) for block in blocks}

    @cached_property
    def _config(self) -> dict[str, Any]:
        """The settings of a run, which all have in common but for the loss."""
        try:
            return next(iter(self.runs.values())).config()
        except (OSError, Mistake):
            return {}

    @cached_property
    def _source(self) -> ImageSource | None:
        """The images, read one by one: none but the last is kept in memory."""
        run = next(iter(self.runs.values()))
        try:
            node = setting(self._config, "dataset.images")
            if isinstance(node, dict) and "cache_bytes" in node:
                node = {**node, "cache_bytes": 0}
            images = Target.of(node, "dataset.images")
            check_targets({"dataset": {"images": images.node}})
            source: ImageSource = images.make()
        except (OSError, Mistake):
            return None
        return source if source.info.fingerprint == run.fingerprint() else None
