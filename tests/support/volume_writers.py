"""Volumes written by the library of each format, in the order of axes that is asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import nibabel
import nrrd
import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray

Array = NDArray[Any]
SPACING = (3.0, 0.5, 0.25)
"""Of depth, height and width, in µm."""
SHAPE = {"Z": 5, "Y": 12, "X": 9, "C": 2}


def in_order(volume: Array, axes: str) -> Array:
    """An array D H W [I] with its axes in another order, as the letters say."""
    return np.ascontiguousarray(volume.transpose(["ZYXC".index(letter) for letter in axes]))


def steps(axes: str) -> list[float]:
    """The spacing along each axis, 1 along channels."""
    return [dict(zip("ZYXC", (*SPACING, 1.0), strict=True))[letter] for letter in axes]


def imagej(path: Path, array: Array, axes: str) -> None:
    metadata = {"axes": axes, "spacing": SPACING[0], "unit": "um"}
    tifffile.imwrite(path, array, imagej=True, resolution=(1 / SPACING[2], 1 / SPACING[1]), metadata=metadata)


def ome_tif(path: Path, array: Array, axes: str, **options: object) -> None:
    metadata: dict[str, object] = {"axes": axes}
    for letter, step in zip("ZYX", SPACING, strict=True):
        metadata |= {f"PhysicalSize{letter}": step, f"PhysicalSize{letter}Unit": "µm"}
    tifffile.imwrite(path, array, ome=True, photometric="minisblack", metadata=metadata, **options)  # type: ignore[arg-type]


def tiled_ome_tif(path: Path, array: Array, axes: str) -> None:
    ome_tif(path, array, axes, tile=(16, 16), compression="zlib")


def tiled_tif(path: Path, array: Array, axes: str) -> None:
    """Packed in tiles, page by page; nothing says what the axes are."""
    assert axes == "ZYX"
    with tifffile.TiffWriter(path) as file:
        for page in array:
            file.write(page, tile=(16, 16), compression="zlib", metadata=None, photometric="minisblack")


def pages(path: Path, array: Array, axes: str) -> None:
    assert axes == "ZYX"
    with tifffile.TiffWriter(path, bigtiff=True, byteorder=">") as file:
        for page in array:
            file.write(page, metadata=None, photometric="minisblack")


def nifti(path: Path, array: Array, axes: str) -> None:
    assert axes in ("XYZ", "XYZC")
    image = nibabel.Nifti1Image(array, np.diag([*steps("XYZ"), 1.0]))
    image.header.set_xyzt_units("micron")
    nibabel.save(image, path)


def nrrd_of(encoding: str) -> Callable[[Path, Array, str], None]:
    def write(path: Path, array: Array, axes: str) -> None:
        kinds = ["domain" if letter in "XYZ" else "vector" for letter in axes]
        units = ["um" if letter in "XYZ" else "" for letter in axes]
        header = {"spacings": steps(axes), "kinds": kinds, "units": units, "encoding": encoding}
        nrrd.write(str(path), array, header)

    return write


def nrrd_directions(path: Path, array: Array, axes: str) -> None:
    rows = [step * np.eye(3)["XYZ".index(letter)] if letter in "XYZ" else [np.nan] * 3
            for step, letter in zip(steps(axes), axes, strict=True)]  # fmt: skip
    header = {"space dimension": 3, "space directions": np.array(rows), "space units": ["um"] * 3, "encoding": "raw"}
    nrrd.write(str(path), array, header)


def hdf5(path: Path, array: Array, axes: str) -> None:
    with h5py.File(path, "w") as file:
        data = file.create_dataset("volume/data", data=array, chunks=tuple(min(4, n) for n in array.shape))
        data.attrs["element_size_um"] = SPACING
        for dimension, letter in zip(data.dims, axes, strict=True):
            dimension.label = letter.lower()


def ome_zarr(version: int, **options: object) -> Callable[[Path, Array, str], None]:
    def write(path: Path, array: Array, axes: str) -> None:
        group = zarr.open_group(path, mode="w", zarr_format=version)  # type: ignore[arg-type]
        kinds = {"C": "channel"}
        named: Any = [{"name": letter.lower(), "type": kinds.get(letter, "space"),
                  **({} if letter == "C" else {"unit": "micrometer"})} for letter in axes]  # fmt: skip
        scale = [{"type": "scale", "scale": steps(axes)}]
        image: Any = [{"axes": named, "datasets": [{"path": "0", "coordinateTransformations": scale}]}]
        group.attrs.update(
            {"ome": {"version": "0.5", "multiscales": image}} if version == 3 else {"multiscales": image}
        )
        chunks = tuple(min(4, length) for length in array.shape)
        stored = group.create_array("0", shape=array.shape, chunks=chunks, dtype=array.dtype, **options)  # type: ignore[arg-type]
        stored[...] = array

    return write


def npy(path: Path, array: Array, axes: str) -> None:
    np.save(path, np.asfortranarray(array) if axes.startswith("X") else array)


def npz(path: Path, array: Array, axes: str) -> None:
    np.savez_compressed(path, volume=array)
