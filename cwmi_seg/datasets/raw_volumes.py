"""The volumes that a preparer finds, read slab by slab; what :mod:`cwmi_seg.datasets.raw` has for images."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cwmi_seg.datasets.raw import RawDataset


@dataclass(frozen=True)
class Slabs:
    """An array that is read in pieces.

    Args:
        shape: D H W I of a volume, D H W of a mask.
        dtype: Type in which it is prepared: uint8, uint16 or float32, of a mask uint8.
        pieces: Reads the array in pieces along its depth, from the first slice to the last.
    """

    shape: tuple[int, ...]
    dtype: str
    pieces: Callable[[], Iterator[NDArray[Any]]]


@dataclass(frozen=True)
class RawVolume:
    """A volume and its mask (class indices), not opened yet.

    ``files`` are what they are read from, the image's first and the mask's last; ``group`` and ``part`` as for images.
    """

    name: str
    files: tuple[Path, ...]
    image: Callable[[], AbstractContextManager[Slabs]]
    mask: Callable[[], AbstractContextManager[Slabs]]
    group: str
    part: str | None = None


@dataclass(frozen=True)
class RawVolumes:
    """The volumes of a raw folder, all of one spacing (depth, height, width); None where it is not known.

    The other fields are those of :class:`~cwmi_seg.datasets.raw.RawDataset`.
    """

    source: str
    samples: tuple[RawVolume, ...]
    num_classes: int = 2
    ignore_index: int | None = None
    notes: tuple[str, ...] = ()
    spacing: tuple[float, ...] | None = None
    unit: str = ""
    class_names: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    understood: tuple[str, ...] = ()


Raw = RawDataset | RawVolumes
"""What a preparer gives."""
