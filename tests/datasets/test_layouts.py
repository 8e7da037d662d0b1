"""Folders as people have them: what is understood, pixel by pixel, and what is refused in one line."""

import ast
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.prepared import PreparedImages
from tests.conftest import Command
from tests.support import layouts
from tests.support.fake_data import cells, save
from tests.support.layouts import LAYOUTS, Expected

Capture = pytest.CaptureFixture[str]
SAID = re.compile(r"understood as (\d+) pairs?: .*\nto say it explicitly: (.*)\n")
SAID_QUICKLY = (layouts.image_and_label, layouts.csv_of_pairs, layouts.voc)
"""By patterns, by a table, with classes: the layouts whose explicit words are tried without ``--slow`` too."""


def prepare(command: Command, capsys: Capture, *overrides: str) -> str:
    assert command("prepare", "dataset=folder", *overrides) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def require_pixels(root: str, expected: Expected) -> None:
    images = PreparedImages(root)
    assert {image.name.lower() for image in images.info.images} == {name.lower() for name in expected}
    wanted = {name.lower(): pixels for name, pixels in expected.items()}
    for index, entry in enumerate(images.info.images):
        for found, pixels in zip(images.read(index), wanted[entry.name.lower()], strict=True):
            np.testing.assert_array_equal(found, pixels, entry.name)
        assert entry.part is None or entry.name.startswith(f"{entry.part}_")


@pytest.mark.parametrize("write", LAYOUTS, ids=lambda write: write.__name__)
def test_a_layout_is_understood(command: Command, capsys: Capture, write: Callable[[Path], Expected]) -> None:
    expected = write(Path("raw"))
    out = prepare(command, capsys, "raw=raw", "name=guessed", *LAYOUTS[write])
    require_pixels("data/guessed", expected)
    assert SAID.search(out)


@pytest.mark.parametrize(
    "write",
    [write if write in SAID_QUICKLY else pytest.param(write, marks=pytest.mark.slow) for write in LAYOUTS],
    ids=lambda write: write.__name__,
)
def test_a_layout_can_be_said(command: Command, capsys: Capture, write: Callable[[Path], Expected]) -> None:
    expected, said = write(Path("raw")), LAYOUTS[write]
    match = SAID.search(prepare(command, capsys, "raw=raw", "name=guessed", *said))
    assert match
    prepare(command, capsys, "raw=raw", "name=said", *said, *shlex.split(match[2]))
    require_pixels("data/said", expected)
    guessed, explicit = (PreparedImages(f"data/{name}").info for name in ("guessed", "said"))
    assert guessed.fingerprint == explicit.fingerprint
    assert "unchanged" in prepare(command, capsys, "raw=raw", "name=guessed", *said, *shlex.split(match[2]))


def test_a_folder_per_patient_is_a_group_and_parts_without_masks_are_told(command: Command, capsys: Capture) -> None:
    layouts.folder_of_each_patient(Path("patients"))
    assert "3 groups" in prepare(command, capsys, "raw=patients", "name=patients")
    layouts.nnunet(Path("nnunet"))
    assert "note: images without any mask are left out: test (2)" in prepare(
        command, capsys, "raw=nnunet", "name=cells"
    )


def test_stacks_of_a_part_without_masks_are_told(tmp_path: Path) -> None:
    layouts.isbi(tmp_path)
    found = ImageFolder(dimensions=2)(tmp_path)
    assert found.notes == ("images without any mask are left out: test (1)",)
    assert {(sample.part, sample.group) for sample in found.samples} == {("train", "train")}


def test_one_image_of_each_patient_without_a_name_is_called_as_the_patient(tmp_path: Path) -> None:
    layouts.pairs(tmp_path, "{part}/image.png", "{part}/mask.png", {"a": ("P01", ""), "b": ("P02", "")})
    samples = ImageFolder()(tmp_path).samples
    assert [(sample.name, sample.group, sample.part) for sample in samples] == [
        ("P01", "p01", None), ("P02", "p02", None),
    ]  # fmt: skip


def test_numbers_of_a_palette_are_classes_as_the_line_proposes(tmp_path: Path) -> None:
    layouts.voc_palette(tmp_path)
    path = tmp_path / "SegmentationClass/0.png"
    with pytest.raises(ValueError, match="palette") as refused:
        ImageFolder().read_mask(path)
    proposed = re.search(r"classes=(\S+)' dataset\.preparer\.ignore_value=255", str(refused.value))
    assert proposed
    found = ImageFolder(classes=ast.literal_eval(proposed[1]), ignore_value=255).read_mask(path)
    of_cells = cells(0, *layouts.SIZE, count=4) % 4
    np.testing.assert_array_equal(found, np.array([0, 1, 2, 255])[of_cells])


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


def values_named_in_a_file(root: Path) -> None:
    for seed in range(3):
        save(root / f"images/{seed}.png", layouts.photo(seed))
        save(root / f"masks/{seed}.png", (layouts.mask(seed) + layouts.mask(seed + 9)).astype(np.uint8) * 3)
    (root / "_classes.csv").write_text("Pixel Value, Class\n0, background\n3, crack\n6, deep crack\n")


def test_a_file_of_values_and_names(command: Command, capsys: Capture) -> None:
    values_named_in_a_file(Path("raw"))
    prepare(command, capsys, "raw=raw", "name=own", "dataset.preparer.classes=raw/_classes.csv")
    assert PreparedImages("data/own").info.class_names == ("background", "crack", "deep crack")
    mask = PreparedImages("data/own").read(1)[1]
    np.testing.assert_array_equal(mask, layouts.mask(1) + layouts.mask(10))


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


def pictures_of_results(root: Path) -> Expected:
    expected = layouts.single(root, "img/{name}.png", "mask/{name}.png")
    for seed, name in enumerate(expected):
        save(root / f"overlay/{name}.png", layouts.photo(50 + seed))
    return expected


def parts_in_names(root: Path) -> Expected:
    names = {f"{part}_{i}": (part, str(i)) for part in ("train", "val", "test") for i in range(2)}
    return layouts.pairs(root, "{part}crop/{name}.jpg", "{part}crop/{name}.png", names)


@pytest.mark.parametrize("write", [pictures_of_results, parts_in_names])
def test_words_that_only_siblings_tell(command: Command, capsys: Capture, write: Callable[[Path], Expected]) -> None:
    expected = write(Path("raw"))
    prepare(command, capsys, "raw=raw", "name=own")
    require_pixels("data/own", expected)


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
    (values_named_in_a_file, (), r"got 0, 3, 6; name them by .*, dataset\.preparer\.classes=raw/_classes\.csv, or"),
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
