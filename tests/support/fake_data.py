"""Writers of the raw layouts, as their sites hand them out, filled with small or real-size random pixels."""

from pathlib import Path
from typing import Literal

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


def cells(seed: int, height: int, width: int, count: int = 12) -> NDArray[np.uint16]:
    """H W of labels 1 to ``count`` that touch each other, with a gap of 0 here and there; 300 is among them."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 1, (count, 2)) * (height, width)
    rows, columns = np.ogrid[:height, :width]
    distance = np.stack([(rows - r) ** 2 + (columns - c) ** 2 for r, c in centres])
    labels = distance.argmin(0).astype(np.uint16) + 1
    labels[labels == count] = 300
    labels[rng.integers(0, height, 2)] = 0
    return labels


def write_snemi3d(root: Path, pages: int = 5, size: tuple[int, int] = (36, 44)) -> Path:
    """``train-input.tif`` (uint8) and ``train-labels.tif`` (uint16), pages in one file."""
    import tifffile

    root.mkdir(parents=True, exist_ok=True)
    with (
        tifffile.TiffWriter(root / "train-input.tif") as stack,
        tifffile.TiffWriter(root / "train-labels.tif") as labels,
    ):
        for page in range(pages):
            stack.write(photograph(page, *size)[..., 0], photometric="minisblack")
            labels.write(cells(page, *size), photometric="minisblack")
    return root


def write_snemi3d_volume(root: Path) -> Path:
    """The same files as for the slices."""
    return write_snemi3d(root)


def write_folder_volumes(root: Path, names: tuple[str, ...] = ("a", "b"), depth: int = 4) -> Path:
    """``images/NAME.tif`` and ``masks/NAME.tif`` (0/255), of ImageJ, 3 x 0.5 x 0.5 µm."""
    import tifffile

    words = {"axes": "ZYX", "spacing": 3.0, "unit": "um"}
    for number, name in enumerate(names):
        image = np.stack([photograph(10 * number + z, 20, 28)[..., 0] for z in range(depth)])
        mask = np.stack([lines(10 * number + z, 20, 28) for z in range(depth)]).astype(np.uint8) * 255
        for folder, array in (("images", image), ("masks", mask)):
            (root / folder).mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(root / folder / f"{name}.tif", array, imagej=True, resolution=(2, 2), metadata=words)
    return root


def write_glas(
    root: Path, counts: tuple[int, int, int] = (3, 2, 1), grades: bool = True, size: tuple[int, int] = (30, 40)
) -> Path:
    """``{train,testA,testB}_N.bmp`` (RGB) and ``..._N_anno.bmp`` (8-bit ids) of differing sizes, ``Grade.csv``."""
    lines_ = ["name,patient ID, grade (GlaS), grade (Sirinukunwattana et al. 2015)"]
    for seed, (part, count) in enumerate(zip(("train", "testA", "testB"), counts, strict=True)):
        for number in range(1, count + 1):
            stem, own = f"{part}_{number}", (size[0] + number, size[1] - seed)
            save(root / f"{stem}.bmp", photograph(100 * seed + number, *own))
            glands = np.where(lines(number, *own), 0, cells(number, *own) % 256).astype(np.uint8)
            save(root / f"{stem}_anno.bmp", glands)
            lines_.append(f"{stem},{number % 2 + 1}, benign, adenomatous")
    if grades:
        (root / "Grade.csv").write_text("\r\n".join(lines_) + "\r\n")
    return root


def write_drive(root: Path, count: int = 3, size: tuple[int, int] = (40, 37), test_labels: bool = True) -> Path:
    """``{training,test}/{images,1st_manual,mask}`` with tif photographs and gif masks of 0 and 255."""
    for number in range(2 * count):
        part = "test" if number < count else "training"
        stem = f"{number + 1 + (20 - count if part == 'training' else 0):02d}"
        save(root / part / "images" / f"{stem}_{part}.tif", photograph(number, *size))
        save(root / part / "mask" / f"{stem}_{part}_mask.gif", np.full(size, 255, np.uint8))
        if test_labels or part == "training":
            save(root / part / "1st_manual" / f"{stem}_manual1.gif", lines(number, *size).astype(np.uint8) * 255)
            save(root / part / "2nd_manual" / f"{stem}_manual2.gif", lines(50 + number, *size).astype(np.uint8) * 255)
    return root


def write_mass_road(root: Path, count: int = 6, size: tuple[int, int] = (48, 48), others: int = 1) -> Path:
    """``tiff/{train,val,test}/NAME.tiff`` and ``tiff/{train,val,test}_labels/NAME.tif`` (0/255); every other image
    is white in its left half."""
    for part, images in (("train", count), ("val", others), ("test", others)):
        for number in range(images):
            stem, image = f"{10078660 + number}_15", photograph(number, *size)
            if number % 2:
                image[:, : size[1] // 2] = 255
            save(root / "tiff" / part / f"{stem}.tiff", image)
            roads = np.zeros(size, dtype=np.uint8)
            roads[:: 2 + number] = 255
            save(root / "tiff" / f"{part}_labels" / f"{stem}.tif", roads)
    return root


def write_classes(root: Path, count: int = 6, size: tuple[int, int] = (32, 32), channels: int = 5) -> Path:
    """``images/NAME.tif`` of 16 bit and many channels, ``masks/NAME.png`` with the values 0, 128, 255 (7: ignored)."""
    import tifffile

    for number in range(count):
        mask = (cells(number, *size, count=3) % 3).astype(np.uint8)
        image = photograph(number, *size)[..., :1].astype(np.uint16) * 20 + 2**14 * mask[..., None].astype(np.uint16)
        (root / "images").mkdir(parents=True, exist_ok=True)
        stack = np.concatenate([image + 100 * channel for channel in range(channels)], axis=2)
        layout: Literal["contig"] | None = "contig" if channels > 1 else None
        tifffile.imwrite(root / "images" / f"{number}.tif", stack, photometric="minisblack", planarconfig=layout)
        values = np.array([0, 128, 255], dtype=np.uint8)[mask]
        values[:2] = 7
        save(root / "masks" / f"{number}.png", values)
    return root
