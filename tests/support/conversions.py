"""The four datasets of the paper, converted a second time by a few lines each."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import maximum_filter, minimum_filter

from cwmi_seg.datasets.drive import DRIVE
from cwmi_seg.datasets.glas import GlaS
from cwmi_seg.datasets.mass_road import MassachusettsRoads
from cwmi_seg.datasets.raw import RawDataset
from cwmi_seg.datasets.snemi3d import SNEMI3D
from tests.support import fake_data

Conversion = Callable[[Path, str], tuple[NDArray[np.generic], NDArray[np.generic]]]
CROSS = [[0, 1, 0], [1, 1, 1], [0, 1, 0]]


def boundaries(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Largest and smallest non-zero label of the 4-neighbourhood differ, or the label is 0."""
    wide = labels.astype(np.int64)
    largest = maximum_filter(wide, footprint=CROSS)
    smallest = minimum_filter(np.where(wide == 0, 2**40, wide), footprint=CROSS)
    return (wide == 0) | (largest != smallest)


def pixels(path: Path, mode: str | None = None) -> NDArray[np.generic]:
    with Image.open(path) as image:
        return np.asarray(image.convert(mode) if mode else image)


def snemi3d(raw: Path, name: str) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    page = int(name.removeprefix("slice_"))
    stack, labels = (tifffile.imread(raw / f"train-{part}.tif", key=page) for part in ("input", "labels"))
    return stack[..., None], boundaries(labels)


def glas(raw: Path, name: str) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    return pixels(raw / f"{name}.bmp"), pixels(raw / f"{name}_anno.bmp") == 0


def drive(raw: Path, name: str) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    part = "training" if int(name) > 20 else "test"
    image = pixels(raw / part / "images" / f"{name}_{part}.tif")
    return image, pixels(raw / part / "1st_manual" / f"{name}_manual1.gif", "L") == 255


def mass_road(raw: Path, name: str) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    image = pixels(raw / "tiff" / "train" / f"{name}.tiff")
    return image, pixels(raw / "tiff" / "train_labels" / f"{name}.tif") == 255


PREPARERS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], RawDataset], Conversion, int]] = {
    "snemi3d": (fake_data.write_snemi3d, SNEMI3D(), snemi3d, 5),
    "glas": (fake_data.write_glas, GlaS(), glas, 6),
    "drive": (fake_data.write_drive, DRIVE(), drive, 6),
    "mass_road": (fake_data.write_mass_road, MassachusettsRoads(4, 5), mass_road, 4),
}
