"""Folders that cannot be read, or in more than one way, are refused in one line, and nothing is written."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Command
from tests.support import layouts
from tests.support.fake_data import save

Capture = pytest.CaptureFixture[str]


def palette_without_255(root: Path) -> None:
    """No border is marked in the first file."""
    layouts.voc_palette(root)
    path = root / "SegmentationClass/0.png"
    image = Image.open(path)
    pixels, table = np.asarray(image), image.getpalette()
    assert table
    again = Image.fromarray(np.where(pixels == 255, 7, pixels).astype(np.uint8))
    again.putpalette(table)
    again.save(path)


def three_kinds(root: Path) -> None:
    layouts.single(root, "{name}.jpg", "{name}_1stHO.png")
    layouts.single(root, "{name}.jpg", "{name}_2ndHO.png")


def two_observers(root: Path) -> None:
    layouts.single(root, "images/{name}.png", "first_manual/{name}.png")
    layouts.single(root, "images/{name}.png", "second_manual/{name}.png")


def two_stacks_of_masks(root: Path) -> None:
    layouts.stack_of_images_and_of_masks(root)
    layouts.two_stacks(root / "volume.tif", root / "labels.tif", "")


def stacks_of_different_length(root: Path) -> None:
    layouts.isbi(root)
    layouts.stack(root / "train-labels.tif", [255 * layouts.mask(page) for page in range(4)])


def stacks_and_another(root: Path) -> None:
    layouts.stack_of_images_and_of_masks(root)
    layouts.stack(root / "overview.tif", [layouts.mask(page) for page in range(3)])


def matlab(root: Path) -> None:
    for seed in range(3):
        layouts.jpg(root / f"image/{seed}.jpg", layouts.photo(seed))
        (root / "groundTruth").mkdir(exist_ok=True)
        (root / f"groundTruth/{seed}.mat").write_bytes(b"MATLAB 5.0 MAT-file")


def lists_of_lost_names(root: Path) -> None:
    layouts.image_and_label(root)
    (root / "train.txt").write_text("a1\na2\nzz\n")


def lists_of_two_words(root: Path) -> None:
    layouts.image_and_label(root)
    (root / "train.txt").write_text("a1 1\n")


LISTS = (
    "dataset.preparer.image_pattern='image/{name}'",
    "dataset.preparer.mask_pattern='label/{name}'",
    "dataset.preparer.pairs='{part}.txt'",
)


def another_table(root: Path) -> None:
    layouts.single(root, "photo/{name}.png", "truth/{name}.png")
    layouts.single(root, "photo/{name}.png", "extra/z{name}.png", ("a1", "a2"))
    (root / "pairs.csv").write_text("image,mask\nphoto/a1.png,extra/za1.png\nphoto/a2.png,extra/za2.png\n")


def missing_mask(root: Path) -> None:
    layouts.image_and_label(root)
    (root / "label/b1.png").unlink()


def photographs_alone(root: Path) -> None:
    for seed in range(4):
        save(root / f"holiday_{seed}.png", layouts.photo(seed))


def stack_of_pages(root: Path) -> None:
    layouts.stacks(root)


def table_of_nothing(root: Path) -> None:
    layouts.image_and_label(root)
    (root / "pairs.csv").write_text("left,right\n1,2\n")


def table_of_lost_files(root: Path) -> None:
    layouts.image_and_label(root)
    (root / "pairs.csv").write_text("image,mask\nimage/a1.png,label/zz.png\n")


def soft_masks(root: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        save(root / f"images/{name}.png", layouts.photo(seed))
        layouts.jpg(root / f"masks/{name}.jpg", layouts.mask(seed) * 255)


WRONG: list[tuple[Callable[[Path], object], tuple[str, ...], str]] = [
    (
        three_kinds,
        (),
        r"raw: expected a folder that can be read in one way, got .*\{name\}_1stHO\.png.*, or 6 pairs by .*_2ndHO",
    ),
    (two_observers, (), r"one way, got 6 pairs by .*first_manual.*, or 6 pairs by .*second_manual"),
    (
        two_stacks_of_masks,
        (),
        r"one way, got 1 pair by .*images\.tif.*labels\.tif.*, or .*images\.tif.*masks\.tif.*, or .*volume\.tif",
    ),
    (
        stacks_of_different_length,
        ("dataset.preparer.dimensions=2",),
        r"train-labels\.tif: expected 3 pages as in its image, got 4; copy it again",
    ),
    (layouts.isbi, (), r"train-volume\.tif: expected a single image, got 3 pages.*dimensions=2.*dimensions=3"),
    (stacks_and_another, (), r"raw: expected images/NAME\.png"),
    (
        layouts.image_and_label,
        ("dataset.preparer.image_pattern='image/*'", "dataset.preparer.mask_pattern='label/*'"),
        r"mask_pattern: expected \{name\} in a pattern of several files, got label/\*, which is label/a1\.png and ",
    ),
    (
        layouts.image_and_label,
        ("dataset.preparer.image_pattern='image'", "dataset.preparer.mask_pattern='label'"),
        r"image_pattern: expected files image in .*; write \{name\} for what differs",
    ),
    (another_table, (), r"one way, got 6 pairs by .*truth.*, or 2 pairs by 'dataset\.preparer\.pairs=\"pairs\.csv\"'"),
    (missing_mask, (), r"image/b1\.png: no mask label/\{name\}; add it, or list the pairs in a csv"),
    (photographs_alone, (), r"expected images/NAME\.png \(\.png, .*\.webp, \.jp2, \.ppm, \.pgm, \.pnm, \.npy\)"),
    (matlab, (), r"\(groundTruth/0\.mat may hold masks in a form that is not read: docs/own_data\.md, Outlines"),
    (
        layouts.values_named_in_a_file,
        (),
        r"got 0, 3, 6; name them by .*, dataset\.preparer\.classes=raw/_classes\.csv, or",
    ),
    (lists_of_lost_names, LISTS, r"raw: no image zz, which a list names; add it"),
    (lists_of_two_words, LISTS, r"train\.txt: expected a name a line, got 'a1 1'; write a csv"),
    (layouts.image_and_label, LISTS, r"pairs: expected lists \{part\}\.txt in raw, got none"),
    (layouts.image_and_label, LISTS[2:], r"pairs: expected image_pattern and mask_pattern beside lists of names"),
    (
        stack_of_pages,
        (),
        r"expected a single image, got 3 pages, which may be images of their own .*dimensions=2\) or a volume",
    ),
    (table_of_nothing, ("dataset.preparer.pairs=pairs.csv",), r"pairs\.csv: expected the columns image and mask"),
    (
        table_of_lost_files,
        ("dataset.preparer.pairs=pairs.csv",),
        r"pairs\.csv: expected the file label/zz\.png in raw, found none",
    ),
    (
        layouts.image_and_label,
        ("dataset.preparer.pairs=no.csv",),
        r"pairs: expected a csv or json no\.csv in raw, got none",
    ),
    (
        layouts.image_and_label,
        ("dataset.preparer.image_pattern='image/{name}'",),
        r"mask_pattern: expected a pattern, as for the other",
    ),
    (
        layouts.image_and_label,
        ("dataset.preparer.image_pattern='image/{nam}'", "dataset.preparer.mask_pattern='label/{name}'"),
        r"image_pattern: expected a path with \{name\}",
    ),
    (
        layouts.image_and_label,
        ("dataset.preparer.image_pattern='image/{name}'", "dataset.preparer.mask_pattern='labels/{name}'"),
        r"mask_pattern: expected files labels/\{name\} in .*, found none among 12",
    ),
    (
        soft_masks,
        (),
        r"a\.jpg: expected .*, got \d+ values \(0: .*%, 255: .*%, the \d+ others together: .*%\); .*threshold=128",
    ),
    (
        layouts.voc,
        (),
        r"2007_1\.png: expected .* one channel, got the colours .*128/0/0.*, as in 'dataset\.preparer\.classes=",
    ),
    (
        layouts.voc_palette,
        (),
        r"0\.png: expected .* 0 and 255, got a palette with the numbers 0, 1, 15, 255; name the class of each, as in "
        r"'dataset\.preparer\.classes=\{0:0,1:1,15:2\}' dataset\.preparer\.ignore_value=255 \(other .*"
        r"'dataset\.preparer\.classes=\{0/0/0:0,128/0/0:1",
    ),
    (palette_without_255, (), r"0\.png: .* numbers 0, 1, 7, 15; .*classes=\{0:0,1:1,7:2,15:3\}' \(other"),
    (
        layouts.voc_palette,
        ("dataset.preparer.ignore_value=255",),
        r"0\.png: .* numbers 0, 1, 15; .*classes=\{0:0,1:1,15:2\}' \(other",
    ),
    (
        layouts.voc_palette,
        ("dataset.preparer.classes={0:0,1:1,15:2}",),
        r"0\.png: expected the pixel values \[0, 1, 15\], got 255; .*set dataset\.preparer\.ignore_value",
    ),
    (
        layouts.voc,
        ("dataset.preparer.classes={0/0/0:sky,128/0/0:road}",),
        r"expected the colours of dataset\.preparer\.classes, got 0/128/0, 224/224/192",
    ),
    (
        layouts.image_and_label,
        ("dataset.preparer.threshold=128", "dataset.preparer.classes={0:0,255:1}"),
        r"classes: expected it alone, got threshold too",
    ),
    (
        layouts.image_and_label,
        ("dataset.preparer.classes={0:a,128:b,255:c}", "dataset.preparer.invert=true"),
        r"invert: expected two classes, got 3",
    ),
    (
        layouts.image_and_label,
        ("dataset.preparer.class_names=[a]",),
        r"class_names: expected 2 names, one for each class, got 1",
    ),
    (
        layouts.image_and_label,
        ("dataset.preparer.instances=edges",),
        r"instances: expected one of objects, membranes, touching, got edges",
    ),
    (
        layouts.image_and_label,
        ("groups='^(x)'",),
        r"groups: expected a group of every image, got none of a1, a2, b1 and 3 more",
    ),
    (
        layouts.image_and_label,
        ("groups=nobody.csv",),
        r"nobody\.csv: expected a csv with the column name, found no file",
    ),
    (layouts.image_and_label, ("tags='('",), r"tags: expected a regular expression or a csv, got \("),
    (layouts.image_and_label, ("name=drive",), r"name: expected a name that no config of the package has, got drive"),
    (layouts.image_and_label, ("name=a/b",), r"name: expected letters, digits, '_', '\.' and '-', got 'a/b'"),
]
"""Layout, what is said, and the line."""


@pytest.mark.parametrize(("write", "said", "line"), WRONG, ids=[f"{w.__name__}-{i}" for i, (w, *_) in enumerate(WRONG)])
def test_a_mistake_is_one_line_and_writes_nothing(
    command: Command, capsys: Capture, write: Callable[[Path], object], said: tuple[str, ...], line: str
) -> None:
    write(Path("raw"))
    name = () if any(each.startswith("name=") for each in said) else ("name=wrong",)
    assert command("prepare", "dataset=folder", "raw=raw", *name, *said) == 1
    shown = capsys.readouterr()
    assert len(shown.err.strip().splitlines()) == 1
    assert re.search(line, shown.err), shown.err
    assert shown.out == ""
    assert not Path("data").exists()
