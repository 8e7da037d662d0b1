"""The image and mask files that are read: by the ending of the name where files are looked for."""

from pathlib import Path

SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
"""Of images."""
NUMPY_SUFFIXES = (".npy", ".npz")
MASK_SUFFIXES = (*SUFFIXES, *NUMPY_SUFFIXES)
_TIF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # first bytes; + is a BigTIFF


def is_numpy(path: Path) -> bool:
    """Whether the name is that of a numpy array."""
    return path.suffix.lower() in NUMPY_SUFFIXES


def is_tif(path: Path) -> bool:
    """By the first bytes of the file, since names lie."""
    with path.open("rb") as file:
        return file.read(4) in _TIF
