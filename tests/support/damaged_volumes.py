"""Writers of damaged and odd volumes."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import nibabel
import nrrd
import numpy as np
import tifffile
import zarr

from tests.support import fake_data, volume_writers

STACK = fake_data.photograph(7, 4 * 20, 28)[..., 0].reshape(4, 20, 28)
ZERO = np.zeros((4, 20, 28), np.uint8)


def cut(path: Path, share: float = 0.7) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def then_cut(write: Callable[[Path], object]) -> Callable[[Path], None]:
    def written(path: Path) -> None:
        write(path)
        cut(path)

    return written


def with_file(path: Path, **members: Any) -> None:
    with h5py.File(path, "w") as file:
        for name, member in members.items():
            file[name] = member


def external_data(path: Path) -> None:
    path.with_suffix(".bin").write_bytes(ZERO.tobytes())
    with h5py.File(path, "w") as file:
        file.create_dataset("data", ZERO.shape, "u1", external=[(str(path.with_suffix(".bin")), 0, ZERO.size)])


def detached(path: Path) -> None:
    nrrd.write(str(path), ZERO)
    head, _, data = path.read_bytes().partition(b"\n\n")
    path.with_suffix(".raw").write_bytes(data)
    path.write_bytes(head + b"\ndata file: ../../../etc/passwd\n\n")


def huge(path: Path) -> None:
    nrrd.write(str(path), ZERO, {"encoding": "raw"})
    path.write_bytes(path.read_bytes().replace(b"sizes: 4 20 28", b"sizes: 90000 90000 90000"))


def huge_npz(path: Path) -> None:
    np.savez_compressed(path, ZERO)
    header = np.lib.format.header_data_from_array_1_0(ZERO) | {"shape": (90000, 90000, 90000)}
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, header)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", buffer.getvalue())


def pickling_zarr(path: Path) -> None:
    """A chunk that runs what it holds when it is unpacked by the codec that the file names."""
    array = zarr.create_array(path, shape=(4, 20, 28), chunks=(4, 20, 28), dtype="u1", zarr_format=2, compressors=None)
    array[...] = 1
    metadata = json.loads((path / ".zarray").read_text())
    (path / ".zarray").write_text(json.dumps({**metadata, "filters": [{"id": "pickle", "protocol": 5}]}))
    (path / "0.0.0").write_bytes(pickle.dumps(Trap(str(path.parent / "sprung"))))


class Trap:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path(self.path),)


def huge_chunks(path: Path) -> None:
    array = zarr.create_array(path, shape=(4, 20, 28), chunks=(4, 20, 28), dtype="u1")
    array[...] = 1
    text = (path / "zarr.json").read_text()
    (path / "zarr.json").write_text(json.dumps({**json.loads(text), "chunk_grid": {
        "name": "regular", "configuration": {"chunk_shape": [100000, 100000, 100000]}}}))  # fmt: skip


def outside_zarr(path: Path) -> None:
    group = zarr.open_group(path, mode="w")
    axes = [{"name": name} for name in "zyx"]
    group.attrs["ome"] = {"multiscales": [{"axes": axes, "datasets": [{"path": "../a.zarr/0"}]}]}


def nifti_of(array: Any, zoom: float = 1.0) -> Callable[[Path], None]:
    return lambda path: nibabel.save(nibabel.Nifti1Image(array, np.diag([zoom, zoom, zoom, 1])), path)


def two_stacks(path: Path) -> None:
    with tifffile.TiffWriter(path) as file:
        file.write(ZERO, photometric="minisblack")
        file.write(ZERO[:, ::2], photometric="minisblack")


def lost_pages(path: Path) -> None:
    """Cut between two pages: what is there is whole, but the last page names the place of one that is not."""
    volume_writers.pages(path, STACK, "ZYX")
    with tifffile.TiffFile(path) as file:
        end = file.pages[2].offset
    path.write_bytes(path.read_bytes()[:end])


def colour(pages: int) -> Callable[[Path], object]:
    return lambda path: tifffile.imwrite(path, np.zeros((pages, 20, 28, 3), np.uint8), photometric="rgb")
