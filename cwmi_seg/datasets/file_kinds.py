"""The kinds of image and mask files that are read.

Pictures of other kinds may lie beside those that are meant, so some kinds are looked for only where others are not.
"""

from collections.abc import Sequence
from pathlib import Path

_RARE = (".webp", ".jp2", ".ppm", ".pgm", ".pnm")
IMAGES = ((".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".gif"), (*_RARE, ".npy"))
"""Endings of images; the second where there is none of the first."""
MASKS = ((".png", ".tif", ".tiff", ".bmp", ".gif"), (".jpg", ".jpeg", *_RARE, ".pbm", ".npy", ".npz"))
"""Endings of masks in a folder of masks alone; the second where there is none of the first."""
OUTLINES = ".json"
"""Ending of a file of labelme, which is to an image what a mask is."""
PORTABLE = (".ppm", ".pgm", ".pbm", ".pnm")
"""Endings of the portable formats of netpbm."""
VOLUMES = (".nii", ".nii.gz", ".nrrd", ".zarr", ".h5", ".hdf5")
"""Endings of volumes that are no images; tif and npy may be either."""
_TIF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # first bytes; + is a BigTIFF


def of_kinds(paths: Sequence[Path], kinds: Sequence[Sequence[str]]) -> list[Path]:
    """The files of the first kind that occurs among the paths; hidden files are left out."""
    shown = [path for path in paths if not path.name.startswith(".")]
    found = ([path for path in shown if path.suffix.lower() in kind] for kind in kinds)
    return next((some for some in found if some), [])


def is_numpy(path: Path) -> bool:
    """Whether the name is that of a numpy array."""
    return path.suffix.lower() in (".npy", ".npz")


def alternatives(endings: Sequence[str]) -> str:
    """Regular expression of a file's ending, as in ``\\.(?:png|tif)``."""
    return rf"\.(?:{'|'.join(ending[1:] for ending in endings)})"


def is_portable(path: Path) -> bool:
    """Whether the name is that of a portable pixmap, greymap or bitmap."""
    return path.suffix.lower() in PORTABLE


def is_tif(path: Path) -> bool:
    """Whether the first bytes are those of a tif; the name of a file may say something else."""
    with path.open("rb") as file:
        return file.read(4) in _TIF
