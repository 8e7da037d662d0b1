"""Writers of the layouts in which people have their images, each with the pixels that a preparation must find.

Every writer takes an empty folder and gives, by the name of each image in the prepared dataset, its pixels and its mask
of class numbers, made here from the arrays that were written, not read back by the package.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.support.fake_data import cells, lines, photograph, save

Expected = dict[str, tuple[NDArray[np.generic], NDArray[np.uint8]]]
SIZE = (20, 28)
COUNT = 6


def photo(seed: int) -> NDArray[np.uint8]:
    return photograph(seed, *SIZE)


def mask(seed: int) -> NDArray[np.uint8]:
    return lines(seed, *SIZE).astype(np.uint8)


def jpg(path: Path, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Write a jpg and give what any reader finds in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, quality=90)
    return np.asarray(Image.open(path))


def pairs(root: Path, image: str, label: str, names: dict[str, tuple[str, str]]) -> Expected:
    """``image`` and ``label`` are paths with {part} and {name}; names: prepared name to part and name."""
    found: Expected = {}
    for seed, (prepared, (part, name)) in enumerate(names.items()):
        pixels, truth = photo(seed), mask(seed)
        path = root / image.format(part=part, name=name)
        pixels = jpg(path, pixels) if path.suffix == ".jpg" else pixels
        if path.suffix != ".jpg":
            save(path, pixels)
        save(root / label.format(part=part, name=name), truth * 255)
        found[prepared] = (pixels, truth)
    return found


def single(
    root: Path, image: str, label: str, names: tuple[str, ...] = ("a1", "a2", "b1", "b2", "c1", "c2")
) -> Expected:
    return pairs(root, image, label, {name: ("", name) for name in names})


NUMBERS = ("17", "18", "19", "20", "101", "102")
PARTS = {"train_1": ("train", "1"), "train_2": ("train", "2"), "val_3": ("val", "3"), "test_4": ("test", "4")}


def image_and_label(root: Path) -> Expected:
    return single(root, "image/{name}.png", "label/{name}.png")


def camvid(root: Path) -> Expected:
    return pairs(root, "{part}/{name}.png", "{part}annot/{name}.png", PARTS)


def ade20k(root: Path) -> Expected:
    names = {"train_x_1": ("training", "x_1"), "train_x_2": ("training", "x_2"), "val_x_3": ("validation", "x_3")}
    return pairs(root / "ADE", "images/{part}/{name}.jpg", "annotations/{part}/{name}.png", names)


def nnunet(root: Path) -> Expected:
    for number in range(2):
        save(root / f"imagesTs/case_9{number}_0000.png", photo(90 + number))
    names = {f"Tr_case_0{i}".replace("Tr", "train"): ("Tr", f"case_0{i}") for i in range(4)}
    return pairs(root, "images{part}/{name}_0000.png", "labels{part}/{name}.png", names)


def suffix_beside(root: Path) -> Expected:
    return single(root, "{name}.png", "{name}_mask.png", ("001", "002", "003", "010"))


def prefix_beside(root: Path) -> Expected:
    return single(root, "{name}.tif", "labels{name}.tif", NUMBERS)


def jpg_and_png(root: Path) -> Expected:
    return single(root, "{name}.jpg", "{name}.png")


def jpg_and_bmp_in_parts(root: Path) -> Expected:
    names = {"train_i_1": ("train", "i_1"), "train_i_2": ("train", "i_2"), "test_i_3": ("test", "i_3")}
    return pairs(root, "{part}/{name}.jpg", "{part}/{name}.bmp", names)


def parts_outside(root: Path) -> Expected:
    return pairs(root / "data", "{part}/img/{name}.png", "{part}/gt/{name}.png", PARTS)


def masks_with_suffix(root: Path) -> Expected:
    return single(root, "images/{name}.jpg", "masks/{name}_mask.png")


def two_prefixes(root: Path) -> Expected:
    return single(root, "all/img_{name}.png", "all/gt_{name}.png", NUMBERS)


def csv_of_pairs(root: Path) -> Expected:
    found = single(root, "one/{name}.png", "two/t{name}x.png", ("p", "q", "r", "s"))
    rows = [
        {"image": f"one/{n}.png", "mask": f"two/t{n}x.png", "split": part}
        for n, part in zip("pqrs", ("train",) * 3 + ("test",), strict=True)
    ]
    with (root / "index.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return {f"{row['split']}_{row['image'][4]}": found[row["image"][4]] for row in rows}


def json_of_pairs(root: Path) -> Expected:
    found = single(root, "pixels/{name}.png", "pixels/z{name}.png", ("k", "l", "m"))
    training = [{"image": f"./pixels/{n}.png", "label": f"./pixels/z{n}.png"} for n in "klm"]
    (root / "dataset.json").write_text(json.dumps({"name": "x", "training": training, "test": ["./pixels/k.png"]}))
    return {f"train_{name}": value for name, value in found.items()}


def folder_of_each_patient(root: Path) -> Expected:
    names = {f"p{p}_{n}": (f"P{p}", str(n)) for p in range(3) for n in range(2)}
    return pairs(root, "{part}/images/{name}.tif", "{part}/masks/{name}.tif", names)


def slices_of_each_patient(root: Path) -> Expected:
    names = {f"TCGA_{p}_{n}": (f"TCGA_{p}", f"TCGA_{p}_{n}") for p in range(3) for n in range(1, 4)}
    return pairs(root / "kaggle_3m", "{part}/{name}.tif", "{part}/{name}_mask.tif", names)


def _instances(root: Path, image: str, masks: str) -> Expected:
    found: Expected = {}
    for seed, name in enumerate(("ab12", "cd34", "ef56")):
        labels = cells(seed, *SIZE, count=4)
        save(root / image.format(name=name), photo(seed))
        for i, label in enumerate(np.unique(labels[labels > 0])):
            save(root / masks.format(name=name) / f"{seed}{i}ff.png", (labels == label).astype(np.uint8) * 255)
        found[name] = (photo(seed), (labels > 0).astype(np.uint8))
    return found


def one_file_per_nucleus(root: Path) -> Expected:
    return _instances(root / "stage1_train", "{name}/images/{name}.png", "{name}/masks")


def folder_of_objects(root: Path) -> Expected:
    return _instances(root, "images/{name}.png", "masks/{name}")


def stack(path: Path, pages: list[NDArray[np.uint8]]) -> None:
    """Write a tif of several pages."""
    import tifffile

    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.stack(pages), photometric="minisblack")


def two_stacks(image: Path, label: Path, name: str, seed: int = 0) -> Expected:
    """Three pages of images and three of masks."""
    pages = [photo(10 * seed + page)[..., 0] for page in range(3)]
    truths = [mask(10 * seed + page) for page in range(3)]
    stack(image, pages)
    stack(label, [255 * truth for truth in truths])
    return {f"{name}_{page:03d}": (pages[page][..., None], truths[page]) for page in range(3)}


def stacks(root: Path) -> Expected:
    left = two_stacks(root / "raw/left.tif", root / "labels/left.tif", "left")
    return left | two_stacks(root / "raw/right.tif", root / "labels/right.tif", "right", seed=1)


def isbi(root: Path) -> Expected:
    """The membranes of ISBI 2012."""
    stack(root / "test-volume.tif", [photo(90 + page)[..., 0] for page in range(2)])
    return two_stacks(root / "train-volume.tif", root / "train-labels.tif", "train")


def epfl(root: Path) -> Expected:
    """The mitochondria of EPFL."""
    train = two_stacks(root / "training.tif", root / "training_groundtruth.tif", "train")
    return train | two_stacks(root / "testing.tif", root / "testing_groundtruth.tif", "test", seed=1)


def stack_of_images_and_of_masks(root: Path) -> Expected:
    return two_stacks(root / "images.tif", root / "masks.tif", "images")


def stack_and_its_labels(root: Path) -> Expected:
    return two_stacks(root / "stack.tif", root / "stack_labels.tif", "stack")


def stacks_of_each_part(root: Path) -> Expected:
    train = two_stacks(root / "train/input.tif", root / "train/target.tif", "train")
    return train | two_stacks(root / "val/input.tif", root / "val/target.tif", "val", seed=1)


def voc(root: Path) -> Expected:
    colours = np.array([(0, 0, 0), (128, 0, 0), (0, 128, 0), (224, 224, 192)], np.uint8)
    found: Expected = {}
    for seed, name in enumerate(("2007_1", "2007_2", "2008_1")):
        truth = (cells(seed, *SIZE, count=4) % 4).astype(np.uint8)
        pixels = jpg(root / "VOC" / "JPEGImages" / f"{name}.jpg", photo(seed))
        save(root / "VOC" / "SegmentationClass" / f"{name}.png", colours[truth])
        found[name] = (pixels, np.where(truth == 3, 255, truth).astype(np.uint8))
    return found


def voc_palette(root: Path) -> None:
    """Classes by position in the palette of VOC; the border of an object is 255, which is white."""
    table = np.zeros((256, 3), np.uint8)
    table[[1, 15, 255]] = (128, 0, 0), (192, 128, 128), (224, 224, 192)
    for seed in range(3):
        jpg(root / f"JPEGImages/{seed}.jpg", photo(seed))
        image = Image.fromarray(np.array([0, 1, 15, 255], np.uint8)[cells(seed, *SIZE, count=4) % 4])
        image.putpalette(table.tobytes())
        (root / "SegmentationClass").mkdir(exist_ok=True)
        image.save(root / f"SegmentationClass/{seed}.png")


def voc_with_lists(root: Path) -> Expected:
    """Most photographs have no mask; the lists of names say which have, and the parts."""
    names = {f"{part}_2007_{i:03d}": ("", f"2007_{i:03d}") for i, part in enumerate(("train",) * 3 + ("val",) * 2)}
    found = pairs(root / "VOC2012", "JPEGImages/{name}.jpg", "SegmentationClass/{name}.png", names)
    pairs(root / "VOC2012", "JPEGImages/{name}.jpg", "SegmentationObject/{name}.png", names)
    for number in range(5, 20):
        jpg(root / f"VOC2012/JPEGImages/2007_{number:03d}.jpg", photo(number))
    stems = [f"2007_{number:03d}" for number in range(20)]
    lists = {
        "Segmentation/train": stems[:3], "Segmentation/val": stems[3:5], "Segmentation/trainval": stems[:5],
        "Main/train": stems[:10], "Main/val": stems[10:], "Main/cat_train": [f"{stem} -1" for stem in stems],
    }  # fmt: skip
    for name, content in lists.items():
        path = root / f"VOC2012/ImageSets/{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(content) + "\n")
    return found


def cityscapes_of_the_download(root: Path) -> Expected:
    """Beside the classes lie colours, numbers of objects and outlines."""
    found = cityscapes(root)
    for path in sorted(root.glob("gtFine/*/*/*_labelIds.png")):
        truth = np.asarray(Image.open(path))
        save(path.with_name(path.name.replace("labelIds", "instanceIds")), truth.astype(np.uint16) * 100)
        save(path.with_name(path.name.replace("labelIds", "color")), np.stack([truth] * 3, axis=2))
        path.with_name(path.name.replace("labelIds.png", "polygons.json")).write_text("{}")
    return found


def parts_without_masks_beside(root: Path) -> Expected:
    names = {f"train_{i}": ("train", str(i)) for i in range(5)}
    for part, number in (("valid", 90), ("test", 95)):
        jpg(root / part / f"{number}_sat.jpg", photo(number))
    return pairs(root, "{part}/{name}_sat.jpg", "{part}/{name}_mask.png", names)


def cityscapes(root: Path) -> Expected:
    names = {
        f"{part}_{city}_{n}": (f"{part}/{city}", f"{city}_{n}")
        for part, city in (("train", "ulm"), ("train", "jena"), ("val", "bonn"))
        for n in range(2)
    }
    return pairs(root, "leftImg8bit/{part}/{name}_leftImg8bit.png", "gtFine/{part}/{name}_gtFine_labelIds.png", names)


def drive_like(root: Path) -> Expected:
    names = {"train_21": ("training", "21"), "train_22": ("training", "22"), "test_01": ("test", "01")}
    return pairs(root, "{part}/images/{name}_{part}.tif", "{part}/1st_manual/{name}_manual1.gif", names)


def rare_endings(root: Path) -> Expected:
    return single(root, "photos/{name}.ppm", "truth/{name}.pgm")


def arrays(root: Path) -> Expected:
    found: Expected = {}
    for seed in range(4):
        pixels, truth = photo(seed).astype(np.uint16) * 200, mask(seed)
        for folder, array in (("x", pixels), ("y", truth.astype(bool))):
            (root / folder).mkdir(parents=True, exist_ok=True)
            np.save(root / folder / f"{seed}.npy", array)
        found[str(seed)] = (pixels, truth)
    return found


def told_by_content(root: Path) -> Expected:
    return single(root, "one/{name}.png", "two/{name}.png")


LAYOUTS: dict[Callable[[Path], Expected], tuple[str, ...]] = {
    image_and_label: (),
    camvid: (),
    ade20k: (),
    nnunet: (),
    suffix_beside: (),
    prefix_beside: (),
    jpg_and_png: (),
    jpg_and_bmp_in_parts: (),
    parts_outside: (),
    masks_with_suffix: (),
    two_prefixes: (),
    csv_of_pairs: (),
    json_of_pairs: (),
    folder_of_each_patient: (),
    slices_of_each_patient: (),
    one_file_per_nucleus: (),
    folder_of_objects: (),
    stacks: ("dataset.preparer.dimensions=2",),
    isbi: ("dataset.preparer.dimensions=2",),
    epfl: ("dataset.preparer.dimensions=2",),
    stack_of_images_and_of_masks: ("dataset.preparer.dimensions=2",),
    stack_and_its_labels: ("dataset.preparer.dimensions=2",),
    stacks_of_each_part: ("dataset.preparer.dimensions=2",),
    voc: ("dataset.preparer.classes={0/0/0:sky,128/0/0:road,0/128/0:tree,224/224/192:ignore}",),
    voc_with_lists: (),
    cityscapes: (),
    cityscapes_of_the_download: (),
    parts_without_masks_beside: (),
    drive_like: (),
    rare_endings: (),
    arrays: (),
    told_by_content: (),
}
"""What has to be said besides ``raw=``, for each layout."""


def values_named_in_a_file(root: Path) -> None:
    for seed in range(3):
        save(root / f"images/{seed}.png", photo(seed))
        save(root / f"masks/{seed}.png", (mask(seed) + mask(seed + 9)).astype(np.uint8) * 3)
    (root / "_classes.csv").write_text("Pixel Value, Class\n0, background\n3, crack\n6, deep crack\n")
