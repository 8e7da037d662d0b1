"""The way to open a file of a volume, whatever its format."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib import import_module
from pathlib import Path

from cwmi_seg.datasets.read_errors import named_errors
from cwmi_seg.datasets.stored_pixels import UnfitImage
from cwmi_seg.datasets.volume_files.arranged import Volume, arranged
from cwmi_seg.datasets.volume_files.slices import open_slices
from cwmi_seg.datasets.volume_files.stored import StoredVolume

SUFFIX = r"(?:(?:\.ome)?\.(?:tiff?|zarr)|\.nii(?:\.gz)?|\.nrrd|\.h5|\.hdf5|\.npy|\.npz)"
"""Regular expression of the endings of files of volumes."""
_KEYED = {
    ".h5": ("hdf5", "open_hdf5"), ".hdf5": ("hdf5", "open_hdf5"), ".zarr": ("zarr_folder", "open_zarr"),
    ".npz": ("numpy_array", "open_npz"),
}  # fmt: skip
_PLAIN = {
    ".tif": ("tif", "open_tif"), ".tiff": ("tif", "open_tif"), ".nii": ("nifti", "open_nifti"),
    ".gz": ("nifti", "open_nifti"), ".nrrd": ("nrrd_file", "open_nrrd"), ".npy": ("numpy_array", "open_npy"),
}  # fmt: skip


@contextmanager
def open_volume(
    path: Path, axes: str | None = None, key: str | None = None, *, labels: bool = False
) -> Iterator[Volume]:
    """Open a file of a volume; its parts are read while the block lasts.

    Args:
        path: tif, OME-TIFF, NIfTI, NRRD, HDF5, npy, npz, a folder of Zarr or OME-Zarr, or one of images, the slices.
        axes: A letter for each axis as it is stored, such as ``CZYX``; None takes what the file says, and Z, Y, X
            where it says nothing about three axes.
        key: Name of the array in a file that may hold several (HDF5, Zarr, npz).
        labels: Whether a mask is meant: of images the stored numbers are read, not what a viewer shows.

    Raises:
        FileNotFoundError, PermissionError, Mistake: The file cannot be read, or holds no volume; the message names it.
    """
    with ExitStack() as opened:
        with named_errors(path, "a volume"):
            volume = arranged(opened.enter_context(_open(path, key, labels)), path, axes)
        yield volume


def stem(path: Path) -> str:
    """Name of a file without the ending of its format."""
    return re.sub(rf"{SUFFIX}$", "", path.name, flags=re.IGNORECASE)


def _open(path: Path, key: str | None, labels: bool) -> AbstractContextManager[StoredVolume]:
    ending = path.suffix.lower()
    if path.is_dir() and ending != ".zarr":
        return open_slices(path, labels=labels)
    if ending in _KEYED:
        return _opener(*_KEYED[ending])(path, key)
    if ending in _PLAIN:
        return _opener(*_PLAIN[ending])(path)
    raise UnfitImage(f"expected a file of a volume, got {ending}; save it as tif, nii, zarr, h5, nrrd or npy")


def _opener(module: str, name: str) -> Callable[..., AbstractContextManager[StoredVolume]]:
    """A function of the module of a format, whose library may be missing."""
    try:
        return getattr(import_module(f"cwmi_seg.datasets.volume_files.{module}"), name)
    except ImportError as error:
        raise UnfitImage(f"needs a package that is not installed ({error}); pip install 'cwmi-seg[volumes]'") from error
