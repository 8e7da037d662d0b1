"""What the runs of a study can show of their test images: the panels that they drew, and the masks that they kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.class_panel import cut_panel, drawn
from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.config.target import Target
from cwmi_seg.datasets.image_files import read_labels
from cwmi_seg.datasets.info import ImageSource
from cwmi_seg.datasets.size_limit import open_bounded
from cwmi_seg.mistakes import Mistake
from cwmi_seg.overlay import displayable
from cwmi_seg.study.run_config import setting
from cwmi_seg.study.run_folder import RunFolder

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Album:
    """The pictures of some runs that were tested on the same images.

    Args:
        runs: Folder of each run, by the label that the report gives it.
    """

    runs: Mapping[str, RunFolder]

    def names(self) -> set[str]:
        """The images that can be shown for every run."""
        return set.intersection(*(self._drawn(run) | self._kept(run) for run in self.runs.values()))

    def panel(self, label: str, name: str) -> list[Picture]:
        """Image, target, and errors of the prediction in colour, H W 3 each; of more than two classes the prediction
        before the errors."""
        run = self.runs[label]
        if name in self._drawn(run):
            with open_bounded(run.overlays / f"{name}.png") as file:
                return cut_panel(np.asarray(file.convert("RGB")), {str(key): value for key, value in file.info.items()})
        source = self._source
        assert source is not None  # else the name is not among those that can be shown
        pixels, target = source.read(self._places[name])
        info = source.info
        normal = (pixels - np.array(info.mean)) / np.maximum(info.std, 1e-6)
        return drawn(displayable(normal.transpose(2, 0, 1)), read_labels(run.predictions / f"{name}.png"), target, info)

    def _drawn(self, run: RunFolder) -> set[str]:
        return {path.stem for path in run.overlays.glob("*.png")}

    def _kept(self, run: RunFolder) -> set[str]:
        """A mask alone is no picture: the image has to be there too."""
        return {path.stem for path in run.predictions.glob("*.png")} & set(self._places)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {} if self._source is None else {image.name: i for i, image in enumerate(self._source.info.images)}

    @cached_property
    def _source(self) -> ImageSource | None:
        """The images that the runs were tested on, None where they are gone or have changed since."""
        run = next(iter(self.runs.values()))
        try:
            images = Target.of(setting(run.config(), "dataset.images"), "dataset.images")
            check_targets({"dataset": {"images": images.node}})
            source: ImageSource = images.make()
        except (OSError, Mistake):
            return None
        return source if source.info.fingerprint == run.fingerprint() else None
