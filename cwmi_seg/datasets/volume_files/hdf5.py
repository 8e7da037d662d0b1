"""HDF5 by h5py: one data set of the file, by its key; links and data in other files are not followed.

The axes are known where the dimensions have labels, the spacing by the attributes ``element_size_um`` (ilastik,
PlantSeg, Fiji) and ``resolution`` in nm (CREMI), both for z, y, x.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import h5py
import numpy as np

from cwmi_seg.datasets.size_limit import refuse_huge_volume
from cwmi_seg.datasets.stored_pixels import UnfitImage
from cwmi_seg.datasets.volume_files.letters import letters
from cwmi_seg.datasets.volume_files.stored import Step, StoredVolume
from cwmi_seg.datasets.volume_files.units import possible

_SPACING = {"element_size_um": "µm", "resolution": "nm"}
_MOST_LISTED = 6
_REPAIR = "name it by dataset.preparer.image_key=NAME, of masks mask_key=NAME"


@contextmanager
def open_hdf5(path: Path, key: str | None) -> Iterator[StoredVolume]:
    """Open the data set ``key``, or the only one of three axes or more."""
    with h5py.File(path, "r", locking="best-effort") as file:
        data = _volumes(file)[0] if key is None else _at(file, key)
        if data.external is not None or data.is_virtual:
            raise UnfitImage("expected the data in the same file, got parts of other files; copy them into one")
        refuse_huge_volume(path, data.shape, data.chunks)
        axes = _axes(data)
        steps, unit = _steps(data, axes)
        yield StoredVolume(
            data.shape, data.dtype, lambda index: np.asarray(data[index]), axes, steps, unit, data.chunks
        )


def _volumes(file: h5py.File) -> list[Any]:
    """The one data set that can be meant; visiting follows neither soft nor external links."""
    found: list[Any] = []
    file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) and item.ndim >= 3 else None)
    if len(found) != 1:
        names = ", ".join(data.name.lstrip("/") for data in found[:_MOST_LISTED])
        more = ", ..." if len(found) > _MOST_LISTED else ""
        raise UnfitImage(f"expected one data set of three axes or more, got {names or 'none'}{more}; {_REPAIR}")
    return found


def _at(file: h5py.File, key: str) -> Any:
    """The data set at a path, every part of which is a hard link."""
    item: Any = file
    for name in key.strip("/").split("/"):
        link = item.get(name, getlink=True) if isinstance(item, h5py.Group) else None
        if isinstance(link, h5py.ExternalLink | h5py.SoftLink):
            raise UnfitImage(f"expected data at {key}, got a link; name the data set itself")
        if link is None:
            _refuse_key(file, key)
        item = item[name]
    if not isinstance(item, h5py.Dataset) or item.shape is None:
        _refuse_key(file, key)
    return item


def _refuse_key(file: h5py.File, key: str) -> NoReturn:
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    shown = ", ".join(names[:_MOST_LISTED]) + (", ..." if len(names) > _MOST_LISTED else "")
    raise UnfitImage(f"expected a data set {key}, got {shown or 'none at all'}; {_REPAIR}")


def _axes(data: Any) -> str:
    """Letters of the labels of the dimensions, by their attribute: the library's call for them crashes on damage."""
    labels = np.ravel(data.attrs.get("DIMENSION_LABELS", ()))
    names = [label.decode("utf-8", "replace") if isinstance(label, bytes) else label for label in labels]
    return letters(names) if len(names) == data.ndim else ""


def _steps(data: Any, axes: str) -> tuple[tuple[Step, ...], str]:
    """Steps by the first attribute that is there, for the axes z, y, x."""
    none: tuple[Step, ...] = (None,) * data.ndim
    order = axes or ("ZYX" if data.ndim == 3 else "")
    for name, unit in _SPACING.items():
        values = np.ravel(data.attrs[name]) if name in data.attrs else ()
        if len(values) == 3 and order:
            of_axis = dict(zip("ZYX", map(possible, values), strict=True))
            return tuple(of_axis.get(letter) for letter in order), unit
    return none, ""
