"""Folders as people have them: what is understood, pixel by pixel."""

import ast
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.prepared import PreparedImages
from tests.conftest import Command
from tests.support import layouts
from tests.support.fake_data import cells, save
from tests.support.layouts import LAYOUTS, Expected
from tests.support.prepared_pixels import prepare, require_pixels

Capture = pytest.CaptureFixture[str]
SAID = re.compile(r"understood as (\d+) pairs?: .*\nto say it explicitly: (.*)\n")
SAID_QUICKLY = (layouts.image_and_label, layouts.csv_of_pairs, layouts.voc)
"""By patterns, by a table, with classes: the layouts whose explicit words are tried without ``--slow`` too."""


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


def test_a_file_of_values_and_names(command: Command, capsys: Capture) -> None:
    layouts.values_named_in_a_file(Path("raw"))
    prepare(command, capsys, "raw=raw", "name=own", "dataset.preparer.classes=raw/_classes.csv")
    assert PreparedImages("data/own").info.class_names == ("background", "crack", "deep crack")
    mask = PreparedImages("data/own").read(1)[1]
    np.testing.assert_array_equal(mask, layouts.mask(1) + layouts.mask(10))


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
