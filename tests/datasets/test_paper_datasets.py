"""The four datasets of the paper, from files in their raw formats, against conversions of a few lines."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.datasets.archive import unpacked
from cwmi_seg.datasets.drive import DRIVE
from cwmi_seg.datasets.glas import GlaS
from cwmi_seg.datasets.mass_road import MassachusettsRoads
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.datasets.snemi3d import SNEMI3D, membranes
from tests.support import fake_data
from tests.support.conversions import PREPARERS, boundaries, mass_road


@pytest.mark.parametrize("name", PREPARERS)
def test_pixels_are_those_of_an_independent_conversion(tmp_path: Path, name: str) -> None:
    write, preparer, convert, count = PREPARERS[name]
    raw = write(tmp_path / "raw")
    prepare(preparer, raw, tmp_path / name)
    images = PreparedImages(tmp_path / name)
    assert len(images.info.images) == count
    for index, entry in enumerate(images.info.images):
        for read, expected in zip(images.read(index), convert(raw, entry.name), strict=True):
            np.testing.assert_array_equal(read, expected)
        assert entry.class_counts[1] > 0


def nested(raw: Path) -> Path:
    return Path(shutil.move(raw, raw.parent / "outer" / "middle" / raw.name)).parents[1]


def zipped(raw: Path) -> Path:
    return Path(shutil.make_archive(str(raw), "zip", raw.parent, raw.name))


def upper_case(raw: Path) -> Path:
    for path in sorted(raw.rglob("*"), reverse=True):
        path.rename(path.with_name(path.name.upper()))
    return raw


def other_suffix(raw: Path) -> Path:
    for path in sorted(raw.rglob("*.tif*")):
        path.rename(path.with_suffix({".tif": ".tiff", ".tiff": ".tif"}[path.suffix]))
    return raw


def strange_path(raw: Path) -> Path:
    return raw.rename(raw.with_name("neue Ordner (1) 数据 ü"))


@pytest.mark.parametrize("shape", [nested, zipped, upper_case, other_suffix, strange_path])
@pytest.mark.parametrize("name", PREPARERS)
def test_raw_folders_in_the_shapes_people_have(tmp_path: Path, name: str, shape: Callable[[Path], Path]) -> None:
    write, preparer, _, _ = PREPARERS[name]
    plain = preparer(write(tmp_path / "plain")).samples
    shaped = preparer(unpacked(shape(write(tmp_path / "raw")), tmp_path / "unpacked")).samples
    assert [sample.name.lower() for sample in plain] == [sample.name.lower() for sample in shaped]
    for pair in zip(plain, shaped, strict=True):
        for expected, read in zip(*(sample.read() for sample in pair), strict=True):
            np.testing.assert_array_equal(read, expected)


def test_boundaries_are_on_both_sides_and_not_across_corners() -> None:
    labels = np.array([[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 1, 1], [0, 3, 1, 1]])
    assert membranes(labels).tolist() == [[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]]
    corner = np.array([[5, 0], [0, 6]])
    assert membranes(corner).tolist() == [[0, 1], [1, 0]]


def test_boundaries_of_random_labels() -> None:
    for seed in range(20):
        labels = np.random.default_rng(seed).integers(0, 4, (17, 23)).astype(np.uint16)
        np.testing.assert_array_equal(membranes(labels), boundaries(labels))


def test_neighbouring_slices_are_a_group(tmp_path: Path) -> None:
    raw = fake_data.write_snemi3d(tmp_path / "raw")
    groups = [sample.group for sample in SNEMI3D(block_size=2)(raw).samples]
    assert groups == ["block_000", "block_000", "block_001", "block_001", "block_002"]
    with pytest.raises(ValueError, match="block_size: expected at least 1"):
        SNEMI3D(block_size=0)


def test_stacks_of_different_length_are_refused(tmp_path: Path) -> None:
    raw = fake_data.write_snemi3d(tmp_path / "raw", pages=3)
    shutil.copy(fake_data.write_snemi3d(tmp_path / "other", pages=2) / "train-labels.tif", raw)
    with pytest.raises(ValueError, match=r"train-labels\.tif: expected 3 pages as in train-input\.tif, got 2"):
        SNEMI3D()(raw)


def test_patients_are_groups_where_grade_csv_is_there(tmp_path: Path) -> None:
    graded = GlaS()(fake_data.write_glas(tmp_path / "graded"))
    assert {sample.group for sample in graded.samples} == {"patient_1", "patient_2"}
    assert [sample.part for sample in graded.samples] == ["test"] * 3 + ["train"] * 3
    assert not graded.notes
    plain = GlaS()(fake_data.write_glas(tmp_path / "plain", grades=False))
    assert [sample.group for sample in plain.samples] == [sample.name for sample in plain.samples]
    assert "no Grade.csv" in plain.notes[0]


@pytest.mark.parametrize("table", ["", "name;patient ID\ntrain_1;2\n", "name,patient ID\ntrain_1\n", "\x89PNG"])
def test_another_grade_csv_is_refused(tmp_path: Path, table: str) -> None:
    raw = fake_data.write_glas(tmp_path / "raw")
    (raw / "Grade.csv").write_text(table, encoding="latin-1")
    with pytest.raises(ValueError, match=r"Grade\.csv: expected the columns 'name' and 'patient ID'"):
        GlaS()(raw)


def test_drive_without_test_labels_uses_the_training_images_and_says_so(tmp_path: Path) -> None:
    dataset = DRIVE()(fake_data.write_drive(tmp_path / "raw", test_labels=False))
    assert [sample.name for sample in dataset.samples] == ["21", "22", "23"]
    assert dataset.notes == ("no labels in test/1st_manual: the 3 training images are all there is",)


def road_pixels(raw: Path, name: str) -> int:
    image, roads = mass_road(raw, name)
    return int((roads & (image != 255).any(-1)).sum())


def test_roads_are_taken_from_those_with_most_roads_outside_the_blank_area(tmp_path: Path) -> None:
    raw = fake_data.write_mass_road(tmp_path / "raw", count=9)
    names = [path.stem for path in (raw / "tiff" / "train").iterdir()]
    best = sorted(names, key=lambda name: -road_pixels(raw, name))
    everything = MassachusettsRoads(num_images=4, num_candidates=4)(raw)
    assert {sample.name for sample in everything.samples} == set(best[:4])
    choices = [{s.name for s in MassachusettsRoads(3, 6, seed)(raw).samples} for seed in (0, 0, 1, 2, 3)]
    assert choices[0] == choices[1]
    assert len(set(map(frozenset, choices))) > 1
    assert all(len(choice) == 3 and choice <= set(best[:6]) for choice in choices)


def test_fewer_road_images_are_all_taken_and_it_is_said(tmp_path: Path) -> None:
    dataset = MassachusettsRoads()(fake_data.write_mass_road(tmp_path / "raw", count=5, others=0))
    assert len(dataset.samples) == 5
    assert dataset.notes == ("5 images, at random from the 5 with most roads of 5; 120 were asked for",)


def test_roads_in_the_folders_of_the_first_site(tmp_path: Path) -> None:
    raw = fake_data.write_mass_road(tmp_path / "raw", count=3)
    (raw / "train").mkdir()
    (raw / "tiff" / "train").rename(raw / "train" / "sat")
    (raw / "tiff" / "train_labels").rename(raw / "train" / "map")
    assert len(MassachusettsRoads()(raw).samples) == 3


def test_a_road_mask_of_another_size_is_named(tmp_path: Path) -> None:
    raw = fake_data.write_mass_road(tmp_path / "raw")
    path = next((raw / "tiff" / "train_labels").iterdir())
    fake_data.save(path, np.zeros((48, 47), dtype=np.uint8))
    with pytest.raises(ValueError, match=f"{path.stem}.tiff: expected the size of its mask {path.name}, 48 x 47, got"):
        MassachusettsRoads()(raw)


@pytest.mark.parametrize("name", PREPARERS)
def test_what_is_missing_and_where_to_download_it_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(FileNotFoundError, match=r"raw: expected .* found none among 0 files; download: .*https://"):
        PREPARERS[name][1](tmp_path / "raw")
