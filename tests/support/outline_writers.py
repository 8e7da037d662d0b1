"""Writers of annotation files as the tools leave them, with masks that matplotlib, not the package, draws."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from tests.support.layouts import SIZE, Expected, jpg, photo

Corners = NDArray[np.float64]
HEIGHT, WIDTH = SIZE


def star(seed: int, size: tuple[int, int] = SIZE, corners: int = 7) -> Corners:
    """A simple polygon, x and y, that may reach beyond the image; no pixel's centre is on an edge."""
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = rng.uniform(2, 0.6 * min(size), corners)
    centre = rng.uniform(0.3, 0.7, 2) * size[::-1]
    return centre + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def inside(corners: Corners, size: tuple[int, int] = SIZE) -> NDArray[np.bool_]:
    """The pixels whose centres are inside."""
    rows, columns = np.indices(size)
    centres = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=1)
    return Outline(np.concatenate([corners, corners[:1]]), closed=True).contains_points(centres).reshape(size)


def runs(mask: NDArray[np.bool_]) -> list[int]:
    """Run lengths down the columns, background first."""
    flat = np.concatenate([[False], mask.T.ravel()])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    return np.diff([0, *changes.tolist(), mask.size]).tolist()


def packed(counts: Sequence[int]) -> str:
    """Run lengths as text, as the C code of the COCO tools writes them."""
    text = ""
    for place, count in enumerate(counts):
        number = count - counts[place - 2] if place > 2 else count
        more = True
        while more:
            low, number = number & 0x1F, number >> 5
            more = number != (-1 if low & 0x10 else 0)
            text += chr((low | 0x20 if more else low) + 48)
    return text


def annotation(image: int, category: int, segmentation: object, crowd: int = 0, number: int = 0) -> dict[str, Any]:
    return {"id": number, "image_id": image, "category_id": category, "segmentation": segmentation, "iscrowd": crowd,
            "bbox": [0, 0, 1, 1], "area": 1}  # fmt: skip


def write_coco(
    path: Path, files: Sequence[str], annotations: Sequence[object], names: Sequence[str] = ("a", "b")
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"id": i, "file_name": file, "height": HEIGHT, "width": WIDTH} for i, file in enumerate(files)]
    # numbers with gaps, from 1 on, as COCO has them
    categories = [{"id": 2 * i + 1, "name": name, "supercategory": "x"} for i, name in enumerate(names)]
    content: dict[str, object] = {"info": {}, "images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(content))


def write_labelme(
    path: Path, image: str, shapes: Sequence[tuple[str, str, object]], size: tuple[int, int] = SIZE
) -> None:
    content: dict[str, object] = {
        "version": "5.5.0", "flags": {}, "imagePath": image, "imageData": None, "imageHeight": size[0],
        "imageWidth": size[1],
        "shapes": [{"label": label, "shape_type": kind, "points": np.asarray(points).tolist(), "group_id": None}
                   for label, kind, points in shapes],
    }  # fmt: skip
    path.write_text(json.dumps(content))


def coco(root: Path, table: str, image: str, parts: Sequence[str]) -> Expected:
    """A file of COCO and three images for each part: two stars, the upper one of class b, and a third without any."""
    found: Expected = {}
    for offset, part in enumerate(parts):
        names, annotations = [f"{part or 'x'}{i}" for i in range(3)], []
        for i, name in enumerate(names):
            seed = 10 * offset + i
            pixels = jpg(root / image.format(part=part, name=name), photo(seed))
            truth = np.zeros(SIZE, np.uint8)
            for category in (1, 2) if i < 2 else ():
                corners = star(100 * category + seed)
                truth[inside(corners)] = category
                annotations.append(annotation(i, 2 * category - 1, [corners.ravel().tolist()]))
            prepared = {"train": "train_", "val": "val_", "valid": "val_", "": ""}[part]
            found[f"{prepared}{name}"] = (pixels, truth)
        write_coco(root / table.format(part=part), [f"{name}.jpg" for name in names], annotations, ("a", "b", "unused"))
    return found


def coco_itself(root: Path) -> Expected:
    (root / "annotations").mkdir(parents=True)
    (root / "annotations" / "captions_train2017.json").write_text('{"images": [], "annotations": []}')
    return coco(root, "annotations/instances_{part}2017.json", "{part}2017/{name}.jpg", ("train", "val"))


def coco_of_roboflow(root: Path) -> Expected:
    return coco(root, "{part}/_annotations.coco.json", "{part}/{name}.jpg", ("train", "valid"))


def coco_alone(root: Path) -> Expected:
    return coco(root, "result.json", "images/{name}.jpg", ("",))


def labelme(root: Path, image: str, table: str) -> Expected:
    """A file of labelme beside each of three images; the last has no shape."""
    found: Expected = {}
    for seed, name in enumerate(("a1", "a2", "b1")):
        path = root / image.format(name=name)
        pixels, truth, shapes = jpg(path, photo(seed)), np.zeros(SIZE, np.uint8), []
        for number, label in ((2, "vein"), (1, "artery")) if seed < 2 else ():
            corners = star(100 * number + seed)
            truth[inside(corners)] = number
            shapes.append((label, "polygon", corners))
        (root / table.format(name=name)).parent.mkdir(parents=True, exist_ok=True)
        write_labelme(root / table.format(name=name), path.name, shapes)
        found[name] = (pixels, truth)
    return found


def labelme_beside(root: Path) -> Expected:
    return labelme(root, "{name}.jpg", "{name}.json")


def labelme_apart(root: Path) -> Expected:
    return labelme(root, "images/{name}.jpg", "labels/{name}.json")
