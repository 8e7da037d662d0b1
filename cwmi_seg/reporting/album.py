"""What the runs of a study can show of their test images: the panels that they drew, and the masks that they kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.config.target import Target
from cwmi_seg.datasets.image_files import read_labels
from cwmi_seg.datasets.info import DatasetInfo, ImageSource
from cwmi_seg.datasets.size_limit import open_bounded
from cwmi_seg.mistakes import Mistake
from cwmi_seg.pictures.class_panel import cut_panel, drawn
from cwmi_seg.pictures.overlay import compared, displayable
from cwmi_seg.study.run_config import setting
from cwmi_seg.study.run_folder import RunFolder

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Album:
    """The pictures of some runs that were tested on the same images.

    Args:
        runs: Folder of each run, by any name, such as the label that the report gives it.
    """

    runs: Mapping[str, RunFolder]

    def names(self) -> set[str]:
        """The images that can be shown for every run."""
        return set.intersection(*(self._drawn(run) | set(self.kept(label)) for label, run in self.runs.items()))

    def panel(self, label: str, name: str) -> list[Picture]:
        """Image, target, and errors of the prediction in colour, H W 3 each; of more than two classes the prediction
        before the errors."""
        run = self.runs[label]
        if name in self._drawn(run):
            with open_bounded(run.overlays / f"{name}.png") as file:
                return cut_panel(np.asarray(file.convert("RGB")), {str(key): value for key, value in file.info.items()})
        image, target = self.read(name)
        assert self.info is not None
        return drawn(image, read_labels(run.predictions / f"{name}.png"), target, self.info)

    def kept(self, label: str) -> dict[str, Path]:
        """The masks of a run whose images are there too, by the name of the image."""
        run = self.runs[label]
        masks = {path.stem: path for path in run.predictions.glob("*.png")}
        if not masks or self.info is None or self.info.dimensions != 2:
            return {}
        same = run.fingerprint() == self.info.fingerprint
        return {name: path for name, path in masks.items() if same and name in self._places}

    def read(self, name: str) -> tuple[Picture, NDArray[np.uint8]]:
        """The image as it is displayed, H W 3, and its target H W; of an image for which a mask was kept."""
        if name not in self._last:
            assert self._source is not None  # else the name is not among those that can be shown
            pixels, target = self._source.read(self._places[name])
            normal = (pixels - np.array(self._source.info.mean)) / np.maximum(self._source.info.std, 1e-6)
            self._last.clear()
            self._last[name] = displayable(normal.transpose(2, 0, 1)), target
        return self._last[name]

    def masks(self, name: str, kept: Path) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """A kept mask and the target, H W each, with background where pixels take no part."""
        assert self.info is not None
        return compared(read_labels(kept), self.read(name)[1], self.info.ignore_index)

    @property
    def info(self) -> DatasetInfo | None:
        """The dataset that the runs were tested on, None where its images are gone or have changed since."""
        return None if self._source is None else self._source.info

    def _drawn(self, run: RunFolder) -> set[str]:
        return {path.stem for path in run.overlays.glob("*.png")}

    @cached_property
    def _last(self) -> dict[str, tuple[Picture, NDArray[np.uint8]]]:
        """The image that was read last: it is shown under one run after the other."""
        return {}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {} if self._source is None else {image.name: i for i, image in enumerate(self._source.info.images)}

    @cached_property
    def _source(self) -> ImageSource | None:
        """The images, read one by one: none but the last is kept in memory."""
        run = next(iter(self.runs.values()))
        try:
            node = setting(run.config(), "dataset.images")
            if isinstance(node, dict) and "cache_bytes" in node:
                node = {**node, "cache_bytes": 0}
            images = Target.of(node, "dataset.images")
            check_targets({"dataset": {"images": images.node}})
            source: ImageSource = images.make()
        except (OSError, Mistake):
            return None
        return source if source.info.fingerprint == run.fingerprint() else None
