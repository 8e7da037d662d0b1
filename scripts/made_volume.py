"""Makes a volume of uint16 that need not fit into memory: tubes that wind through noise, as a prepared dataset."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.dataset_json import save_info
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.files.json_files import read_json, write_json

SLAB = 32  # slices that are made at a time
TUBES = 40
NAMES = ("train", "val", "test")


@dataclass
class Sums:
    """What is known of the slices that are made.

    Args:
        slices: Their number.
        structure: Number of voxels of structure.
        values, squares: Sums over the image.
    """

    slices: int = 0
    structure: int = 0
    values: float = 0.0
    squares: float = 0.0


def make(folder: Path, side: int) -> None:
    """Write three entries that share one pair of files; a call that was killed is gone on with slab by slab."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    first, *others = NAMES
    files = folder / "images" / f"{first}.npy", folder / "masks" / f"{first}.npy"
    sums = _write(*files, side, folder / "made.json")
    for path in files:
        for name in others:
            (other := path.with_name(f"{name}.npy")).unlink(missing_ok=True)
            other.hardlink_to(path)
    save_info(_info(folder.name, side, sums), folder)


def _info(name: str, side: int, sums: Sums) -> DatasetInfo:
    counts = (side**3 - sums.structure, sums.structure)
    images = tuple(ImageInfo(part, side, side, counts, part, part=part, depth=side) for part in NAMES)
    mean = sums.values / side**3
    std = (sums.squares / side**3 - mean**2) ** 0.5
    return DatasetInfo(
        name, "made", 1, 2, (mean,), (std,), images, dtype="uint16", dimensions=3, spacing=(1.0, 1.0, 1.0)
    )


def _write(image_path: Path, mask_path: Path, side: int, state: Path) -> Sums:
    sums = Sums(**(read_json(state) or {}))
    mode: Any = "r+" if sums.slices else "w+"
    image = np.lib.format.open_memmap(image_path, mode, np.dtype("uint16"), (side, side, side, 1))
    mask = np.lib.format.open_memmap(mask_path, mode, np.dtype("uint8"), (side, side, side))
    tubes = np.random.default_rng(0).uniform(0, 1, (TUBES, 5))
    for start in range(sums.slices, side, SLAB):
        part = slice(start, min(start + SLAB, side))
        mask[part] = _tubes(tubes, range(part.start, part.stop), side)
        # numbers of its own for each slab, so that it is the same after a kill
        noise = np.random.default_rng((1, start)).standard_normal(mask[part].shape, dtype=np.float32)
        values = np.clip(3000 + 1500 * noise + np.float32(6000) * mask[part], 0, 65535).astype(np.uint16)
        image[part, ..., 0] = values
        sums = Sums(
            part.stop,
            sums.structure + int(mask[part].sum(dtype=np.int64)),
            sums.values + float(values.sum(dtype=np.float64)),
            sums.squares + float(np.square(values, dtype=np.float64).sum()),
        )
        image.flush()
        mask.flush()
        write_json(state, asdict(sums))
    return sums


def _tubes(tubes: NDArray[np.float64], slices: range, side: int) -> NDArray[np.uint8]:
    """Discs of radius 3 about the places where the tubes cross each slice."""
    mask = np.zeros((len(slices), side, side), np.uint8)
    rows, columns = np.mgrid[-3:4, -3:4]
    disc = np.stack([rows, columns])[:, rows**2 + columns**2 <= 9]
    for plane, z in zip(mask, slices, strict=True):
        for y, x, bend, phase, reach in tubes:
            angle = 2 * np.pi * (z / side * (1 + 3 * bend) + phase)
            middle = np.array([y + 0.1 * reach * np.sin(angle), x + 0.1 * reach * np.cos(angle)]) * side
            places = np.round(middle).astype(int)[:, None] + disc
            inside = ((places >= 0) & (places < side)).all(0)
            plane[tuple(places[:, inside])] = 1
    return mask
