"""The volumes to predict: found on disk, opened, read slab by slab in the numbers that the network knows."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cwmi_seg.config.error_lines import error_line
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.datasets.volume_files.arranged import Volume
from cwmi_seg.datasets.volume_files.opening import SUFFIX, open_volume, stem
from cwmi_seg.datasets.volume_values import image_slabs, prepared_dtype
from cwmi_seg.files.printable import printable
from cwmi_seg.prediction.conversion import Conversion, OtherKind
from cwmi_seg.prediction.inputs import ImageFile, UnusableImage, found_files

_KINDS = "volumes (tif, nii, nii.gz, nrrd, zarr, h5, npy, npz)"


@dataclass(frozen=True)
class VolumeInputs:
    """How files of volumes are read.

    Args:
        conversion: What is done to volumes of another kind than those of the training.
        axes: A letter for each stored axis, such as ``CZYX``; None takes what each file says.
        key: Name of the array in HDF5, Zarr and npz files; None takes the only one.
    """

    conversion: Conversion
    axes: str | None = None
    key: str | None = None

    @contextmanager
    def opened(self, file: ImageFile) -> Iterator["Slices"]:
        """The volume in a file; its slices are read while the block lasts.

        Raises:
            UnusableImage: The file is damaged, holds no volume, or one of another kind than the network expects.
        """
        try:
            with open_volume(file.path, self.axes, self.key) as volume:
                self._check(volume)
                yield Slices(volume, self.conversion)
        except (OSError, ValueError) as error:
            if not str(error).startswith(f"{file.path}: "):  # of what is done with the slices
                raise
            raise UnusableImage(error_line(error).removeprefix(printable(f"{file.path}: "))) from error

    def _check(self, volume: Volume) -> None:
        """An empty volume of the same kind tells before anything is predicted."""
        try:
            self.conversion(np.empty((0, 0, 0, volume.shape[3]), prepared_dtype(volume.dtype)))
        except OtherKind as error:
            raise UnusableImage(str(error)) from error


@dataclass(frozen=True)
class Slices:
    """An opened volume D H W I, of which neighbouring slices are read when they are asked for.

    They are as the network expects them.
    """

    volume: Volume
    conversion: Conversion

    @property
    def shape(self) -> tuple[int, ...]:
        """D H W I."""
        return (*self.volume.shape[:3], self.conversion.info.channels)

    def __getitem__(self, slices: slice) -> Pixels:
        """Neighbouring slices, d H W I."""
        wanted = range(*slices.indices(self.volume.shape[0]))
        slabs = image_slabs(self.volume, wanted)
        found: Pixels = np.empty(slabs.shape, dtype=slabs.dtype)
        start = 0
        for slab in slabs.pieces():
            found[start : start + len(slab)] = slab
            start += len(slab)
        return self.conversion(found)


def find_volumes(where: str | Sequence[str]) -> list[ImageFile]:
    """Find files of volumes, as :func:`~cwmi_seg.prediction.inputs.find_images` finds those of images."""
    return found_files(where, _volumes, _without_ending, _KINDS)


def _volumes(paths: Sequence[Path]) -> list[Path]:
    """Those with the ending of a format; hidden ones are left out. A Zarr volume is a folder."""
    shown = [path for path in paths if not path.name.startswith(".")]
    return [path for path in shown if re.search(rf"{SUFFIX}$", path.name, re.IGNORECASE)]


def _without_ending(path: Path) -> Path:
    return path.with_name(stem(path))
