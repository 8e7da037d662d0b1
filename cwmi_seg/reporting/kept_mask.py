"""Predicted masks on disk that a report draws: those that a run has kept, and those that other code has made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.image_files import read_labels
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_folder import RunFolder

ENDINGS = {2: ".png", 3: ".npz"}
"""Of the masks that runs keep, by the number of dimensions."""


@dataclass(frozen=True)
class KeptMask:
    """One mask.

    Args:
        path: Its file.
        owner: Name of the run, or of the masks of others: the folder of the pictures that are made of it.
        is_foreign: Whether other code has made it, which may write 255 for the only structure.
    """

    path: Path
    owner: str
    is_foreign: bool = False

    def read(self, shape: Sequence[int], num_classes: int) -> NDArray[np.uint8]:
        """Read it as class indices H W or D H W.

        Args:
            shape: That of the target, which it must have.
            num_classes: Number of classes.

        Raises:
            Mistake: It cannot be read, has another shape, or a value that is no class.
        """
        labels = self._labels(shape, num_classes)
        self._refuse_other_shape(labels.shape, shape)
        if labels.dtype.kind not in "bui" or (labels.size and not 0 <= labels.min() <= labels.max() < num_classes):
            raise Mistake(f"{self.path}: expected class indices 0 to {num_classes - 1}, got others; remove it.")
        return labels.astype(np.uint8, copy=False)

    def _labels(self, shape: Sequence[int], num_classes: int) -> NDArray[np.integer]:
        if self.is_foreign:
            from cwmi_seg.evaluation.mask_folders import read_classes_of

            return read_classes_of(self.path, num_classes)
        return read_labels(self.path) if len(shape) == 2 else self._volume(shape)

    def _volume(self, shape: Sequence[int]) -> NDArray[np.integer]:
        """The mask D H W; one of another size is not unpacked."""
        from cwmi_seg.datasets.volume_files.opening import open_volume

        with open_volume(self.path, labels=True) as volume:
            self._refuse_other_shape(volume.shape, (*shape, 1))
            return volume.read(0, shape[0])[..., 0]  # type: ignore[return-value]  # its type is checked by `read`

    def _refuse_other_shape(self, found: Sequence[int], shape: Sequence[int]) -> None:
        if tuple(found) != tuple(shape):
            got, expected = (" x ".join(map(str, each)) for each in (found, shape))
            raise Mistake(f"{self.path}: expected a mask of {expected} as its target, got {got}; remove it.")


def kept_by_run(run: RunFolder, dimensions: int) -> dict[str, KeptMask]:
    """The masks of a run by the name of their image."""
    return {path.stem: KeptMask(path, run.name) for path in run.predictions.glob(f"*{ENDINGS[dimensions]}")}


def kept_by_others(owner: str, files: Mapping[str, Path]) -> dict[str, KeptMask]:
    """The masks of others by the name of their image."""
    return {name: KeptMask(path, owner, is_foreign=True) for name, path in files.items()}
