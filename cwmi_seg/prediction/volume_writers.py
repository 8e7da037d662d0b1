"""Results of volumes in the format of the volume, with its order of axes, spacing and place in space.

``write_like(volume, path, result)`` writes a result D H W, or D H W C of several channels, that is mapped into memory,
slab by slab where the library of the format can. A reader of the package finds the spacing again where the volume has
said it.
"""

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.volume_files.arranged import Volume
from cwmi_seg.files.atomic import replacing, replacing_folder

Result = NDArray[Any]
_ENDINGS = r"(?:(?:\.ome)?\.(?:tiff?|zarr)|\.nii(?:\.gz)?|\.nrrd|\.h5|\.hdf5|\.npy|\.npz)$"
_CHUNK = 64  # samples along each axis of the parts of HDF5 and Zarr
_TO_METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "µm": 1e-6, "nm": 1e-9, "Å": 1e-10, "pm": 1e-12}
_OME_UNITS = {
    "m": "meter", "cm": "centimeter", "mm": "millimeter", "µm": "micrometer", "nm": "nanometer", "Å": "angstrom",
    "pm": "picometer",
}  # fmt: skip


def ending_of(path: Path) -> str:
    """The ending of a file of a volume in small letters, with both parts of one such as ``.nii.gz``."""
    found = re.search(_ENDINGS, path.name, re.IGNORECASE)
    return found[0].lower() if found else ".npy"


def write_like(volume: Volume, path: Path, result: Result) -> None:
    """Write a result beside those of other volumes; the file appears complete or not at all.

    Args:
        volume: The volume that it is of, opened.
        path: File or, for Zarr, folder, with the ending of ``volume``.
        result: D H W, or D H W C.
    """
    ending = ending_of(path)
    if ending.endswith(".zarr"):
        with replacing_folder(path) as folder:
            _zarr(volume, folder, result)
        return
    with replacing(path) as temporary:
        _WRITERS[ending.rpartition(".")[2]](volume, temporary, result)


def _stored_axes(volume: Volume, result: Result) -> str:
    """The letters of the axes of space in the order of the volume's file, and behind them the one of channels."""
    space = "".join(letter for letter in volume.axes if letter in "ZYX")
    return space + "C" * (result.ndim - 3)


def _as_stored(volume: Volume, result: Result) -> Result:
    """A view of the result in the order of the axes of the volume's file."""
    return result.transpose(["ZYXC".index(letter) for letter in _stored_axes(volume, result)])


def _steps(volume: Volume, axes: str) -> list[float]:
    """The spacing along each of some axes; 1 along channels, and where the file has not said it."""
    known = dict(zip("ZYX", volume.spacing or (1.0, 1.0, 1.0), strict=True))
    return [known.get(letter, 1.0) for letter in axes]


def _tif(volume: Volume, path: Path, result: Result) -> None:
    """Pages H W [C], as OME-TIFF where the volume is one."""
    import tifffile

    axes = "ZYX" + "S" * (result.ndim - 3)
    _, high, wide = _steps(volume, "ZYX")
    options: dict[str, Any] = {"ome": True} if ".ome.tif" in volume.path.name.lower() else {"shaped": True}
    metadata: dict[str, Any] = {"axes": axes, "UUID": _uuid(result)} if "ome" in options else {"axes": axes}
    if volume.spacing is not None and "ome" in options:
        for letter, step in zip("ZYX", volume.spacing, strict=True):
            metadata |= {f"PhysicalSize{letter}": step, f"PhysicalSize{letter}Unit": volume.unit or "pixel"}
    elif volume.spacing is not None:
        metadata |= {"spacing": volume.spacing[0], "unit": "um" if volume.unit == "µm" else volume.unit}
    with tifffile.TiffWriter(path, bigtiff=result.nbytes > 2**31, **options) as file:
        file.write(
            _planes(result), shape=result.shape, dtype=result.dtype, compression="zlib", photometric="minisblack",
            planarconfig="contig" if result.ndim == 4 else None, metadata=metadata,
            resolution=None if volume.spacing is None else (1 / wide, 1 / high),
        )  # fmt: skip


def _uuid(result: Result) -> str:
    """An identity of the samples, for a random one would make equal results unequal files."""
    digest = hashlib.sha256(f"{result.dtype} {result.shape}".encode())
    for plane in _planes(result):
        digest.update(plane.data)
    return str(uuid.uuid5(uuid.NAMESPACE_OID, digest.hexdigest()))


def _planes(result: Result) -> Iterator[Result]:
    return (np.ascontiguousarray(plane) for plane in result)


def _nifti(volume: Volume, path: Path, result: Result) -> None:
    """With the affine and the units of the volume; packed where the volume is."""
    import gzip

    import nibabel

    source: Any = nibabel.load(volume.path)
    header = source.header.copy()
    header.set_data_dtype(result.dtype)
    header.set_slope_inter(1, 0)
    header["cal_min"] = header["cal_max"] = 0
    image = type(source)(_as_stored(volume, result), source.affine, header)
    packed = volume.path.name.lower().endswith(".gz")
    # packed without name and time, so that equal results are equal files
    with path.open("wb") as plain, gzip.GzipFile("", "wb", 4, plain, mtime=0) if packed else nullcontext(plain) as file:
        image.file_map["image"].fileobj = file
        image.to_file_map()


def _nrrd(volume: Volume, path: Path, result: Result) -> None:
    """With what the header of the volume says about its axes and its place in space."""
    import nrrd

    header = nrrd.read_header(str(volume.path))
    kept = [place for place, letter in enumerate(volume.axes) if letter in "ZYX"]
    of_space = ("space", "space dimension", "space units", "space origin", "measurement frame")
    found = {key: header[key] for key in of_space if key in header}
    for key in ("spacings", "units", "kinds", "labels", "centers", "thicknesses", "space directions"):
        if key in header:
            found[key] = [header[key][place] for place in kept] + [_NRRD_CHANNELS.get(key, np.nan)] * (result.ndim - 3)
    if "space directions" in found:
        rows = [[np.nan] * 3 if row is None or np.ndim(row) == 0 else row for row in found["space directions"]]
        found["space directions"] = np.array(rows, dtype=float)
    nrrd.write(str(path), _as_stored(volume, result), {**found, "encoding": "gzip"}, compression_level=4)


_NRRD_CHANNELS: dict[str, Any] = {"units": "", "kinds": "vector", "labels": "", "centers": "???"}
"""What the header says about an axis of channels."""


def _hdf5(volume: Volume, path: Path, result: Result) -> None:
    """One data set ``data``, its axes labelled, with the attribute ``element_size_um`` where the spacing is known."""
    import h5py

    axes, stored = _stored_axes(volume, result), _as_stored(volume, result)
    chunks = tuple(min(_CHUNK, length) for length in stored.shape)
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", stored.shape, stored.dtype, chunks=chunks, compression="gzip")
        for part in _slabs(stored):
            data[part] = stored[part]
        for dimension, letter in zip(data.dims, axes, strict=True):
            dimension.label = letter.lower()
        if volume.spacing is not None and volume.unit in _TO_METRES:
            micrometres = _TO_METRES[volume.unit] / _TO_METRES["µm"]
            data.attrs["element_size_um"] = [step * micrometres for step in volume.spacing]


def _zarr(volume: Volume, path: Path, result: Result) -> None:
    """OME-Zarr of one resolution, in the version of Zarr that the volume has."""
    import zarr

    axes, stored = _stored_axes(volume, result), _as_stored(volume, result)
    second = any((volume.path / name).is_file() for name in (".zgroup", ".zarray"))
    group = zarr.open_group(path, mode="w", zarr_format=2 if second else 3)
    unit = {"unit": _OME_UNITS[volume.unit]} if volume.unit in _OME_UNITS else {}
    named = [{"name": a.lower(), **({"type": "channel"} if a == "C" else {"type": "space", **unit})} for a in axes]
    scale = [{"type": "scale", "scale": _steps(volume, axes)}]
    image: Any = [{"axes": named, "datasets": [{"path": "0", "coordinateTransformations": scale}]}]
    group.attrs.update({"multiscales": image} if second else {"ome": {"version": "0.5", "multiscales": image}})
    chunks = tuple(min(_CHUNK, length) for length in stored.shape)
    array = group.create_array("0", shape=stored.shape, chunks=chunks, dtype=stored.dtype)
    for part in _slabs(stored):
        array[part] = stored[part]


def _slabs(stored: Result) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, len(stored), _CHUNK))


def _npy(volume: Volume, path: Path, result: Result) -> None:
    with path.open("wb") as file:
        np.save(file, _as_stored(volume, result))


def _npz(volume: Volume, path: Path, result: Result) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, data=_as_stored(volume, result))


_WRITERS: dict[str, Callable[[Volume, Path, Result], None]] = {
    "tif": _tif, "tiff": _tif, "nii": _nifti, "gz": _nifti, "nrrd": _nrrd, "h5": _hdf5, "hdf5": _hdf5, "npy": _npy,
    "npz": _npz,
}  # fmt: skip
