"""Writers of the raw layouts, as their sites hand them out, filled with small or real-size random pixels."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def photograph(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """H W 3 of noise; compresses badly, so a lost pixel shows."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def lines(seed: int, height: int, width: int) -> NDArray[np.bool_]:
    """H W, True on a few straight lines and one blob that touches the border."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((height, width), dtype=bool)
    mask[rng.integers(0, height, 3)] = True
    mask[:, rng.integers(0, width, 3)] = True
    mask[: height // 6, : width // 5] = True
    return mask


def save(path: Path, pixels: NDArray[np.generic]) -> Path:
    """Write an image, making its folder; the format follows the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def write_chase_db1(root: Path, persons: int = 2, size: tuple[int, int] = (30, 32)) -> Path:
    """``Image_01L.jpg``, ``Image_01L_1stHO.png`` (1 bit), ``Image_01L_2ndHO.png``."""
    for number in range(2 * persons):
        stem = f"Image_{number // 2 + 1:02d}{'LR'[number % 2]}"
        save(root / f"{stem}.jpg", photograph(number, *size))
        save(root / f"{stem}_1stHO.png", lines(number, *size))
        save(root / f"{stem}_2ndHO.png", lines(100 + number, *size))
    (root / "SOURCE.txt").write_text("from somewhere")
    return root


def write_topomortar(root: Path, counts: tuple[int, int, int] = (3, 2, 2), size: tuple[int, int] = (24, 24)) -> Path:
    """``{train,val,test}/images/NNN.png`` and ``{train,val,test}/accurate/NNN.png`` (0/255), numbered through."""
    parts = [part for part, count in zip(("train", "val", "test"), counts, strict=True) for _ in range(count)]
    for number, part in enumerate(parts, start=1):
        save(root / part / "images" / f"{number:03d}.png", photograph(number, *size))
        save(root / part / "accurate" / f"{number:03d}.png", lines(number, *size).astype(np.uint8) * 255)
    return root


def write_folder(root: Path, names: tuple[str, ...] = ("a", "b", "c"), size: tuple[int, int] = (20, 28)) -> Path:
    """``images/NAME.png`` and ``masks/NAME.png`` (0/255)."""
    for number, name in enumerate(names):
        save(root / "images" / f"{name}.png", photograph(number, *size))
        save(root / "masks" / f"{name}.png", lines(number, *size).astype(np.uint8) * 255)
    return root
