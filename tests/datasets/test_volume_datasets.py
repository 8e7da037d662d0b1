"""Volumes of a raw folder as a dataset: blocks, groups, parts, notes, preview, and all or nothing."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from omegaconf import OmegaConf
from PIL import Image

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.prepared_datasets import dataset_config
from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.instances import WAYS
from cwmi_seg.datasets.preparation import check, prepare
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.datasets.running_statistics import RunningStatistics
from cwmi_seg.datasets.snemi3d import membranes
from cwmi_seg.datasets.snemi3d_volume import SNEMI3DVolume
from cwmi_seg.datasets.volume_folder import VolumeFolder
from tests.conftest import Command
from tests.support import fake_data, layouts, volume_writers
from tests.support.listing import listing


def test_snemi3d_is_one_volume_in_blocks(tmp_path: Path) -> None:
    """Blocks are as equal as can be, and membranes those of each slice."""
    raw = fake_data.write_snemi3d(tmp_path / "raw", pages=7)
    info = prepare(SNEMI3DVolume(block_size=4), raw, tmp_path / "set").info
    assert [(image.name, image.depth) for image in info.images] == [("slices_000_002", 3), ("slices_003_006", 4)]
    assert {image.group for image in info.images} == {"train"}
    assert (info.spacing, info.unit, info.dtype) == ((30, 6, 6), "nm", "uint8")
    stack = tifffile.imread(raw / "train-input.tif", key=range(7))
    labels = tifffile.imread(raw / "train-labels.tif", key=range(7))
    volumes = PreparedImages(tmp_path / "set")
    np.testing.assert_array_equal(np.concatenate([volumes.read(i)[0] for i in (0, 1)])[..., 0], stack)
    expected = np.stack([membranes(page) for page in labels])
    np.testing.assert_array_equal(np.concatenate([volumes.read(i)[1] for i in (0, 1)]), expected)
    whole = prepare(SNEMI3DVolume(block_size=None, spacing=(50, 4.6, 4.6)), raw, tmp_path / "whole").info
    assert (whole.spacing, [image.shape for image in whole.images]) == ((50, 4.6, 4.6), [(7, 36, 44)])


def test_stacks_of_differing_depth_are_refused(tmp_path: Path) -> None:
    raw = fake_data.write_snemi3d(tmp_path / "raw")
    volume_writers.pages(raw / "train-labels.tif", np.zeros((4, 36, 44), np.uint16), "ZYX")
    with pytest.raises(ValueError, match=r"train-labels\.tif: expected 5 pages as in train-input\.tif, got 4"):
        prepare(SNEMI3DVolume(), raw, tmp_path / "set")


def test_parts_and_blocks_of_a_folder(tmp_path: Path) -> None:
    for part in ("train", "test"):
        fake_data.write_folder_volumes(tmp_path / "raw" / part, names=("a",), depth=5)
    info = prepare(VolumeFolder(block_size=3), tmp_path / "raw", tmp_path / "set").info
    assert [(image.name, image.part, image.group, image.depth) for image in info.images] == [
        ("test_a_000_001", "test", "test_a", 2), ("test_a_002_004", "test", "test_a", 3),
        ("train_a_000_001", "train", "train_a", 2), ("train_a_002_004", "train", "train_a", 3),
    ]  # fmt: skip
    stack = tifffile.imread(tmp_path / "raw/train/images/a.tif")
    np.testing.assert_array_equal(PreparedImages(tmp_path / "set").read(3)[0][..., 0], stack[2:])


def test_one_file_may_hold_volume_and_mask(tmp_path: Path) -> None:
    import h5py

    (tmp_path / "raw/images").mkdir(parents=True)
    with h5py.File(tmp_path / "raw/images/a.h5", "w") as file:
        file["raw"], file["label"] = np.arange(60).reshape(3, 4, 5), np.eye(3)[:, :, None].repeat(5, 2)[:, [0, 1, 2, 2]]
    preparer = VolumeFolder(mask_folder="images", image_key="raw", mask_key="label")
    info = prepare(preparer, tmp_path / "raw", tmp_path / "set").info
    assert (info.dtype, info.images[0].class_counts) == ("float32", (40, 20))


def test_ignored_numbers_and_classes(tmp_path: Path) -> None:
    raw = fake_data.write_folder_volumes(tmp_path / "raw", names=("a",))
    mask = np.random.default_rng(0).choice([0, 3, 500, -1], (4, 20, 28)).astype(np.int32)
    tifffile.imwrite(raw / "masks/a.tif", mask, photometric="minisblack", metadata=None)
    info = prepare(VolumeFolder(classes={0: 0, 3: 1, 500: 2}, ignore_value=-1), raw, tmp_path / "set").info
    found = PreparedImages(tmp_path / "set").read(0)[1]
    for number, of_class in ((0, 0), (3, 1), (500, 2), (-1, 255)):
        np.testing.assert_array_equal(found == of_class, mask == number)
    assert info.ignore_index == 255
    assert sum(info.images[0].class_counts) == np.count_nonzero(mask != -1)


@pytest.mark.parametrize("way", ["objects", "membranes", "touching"])
def test_numbered_objects_become_structure_slice_by_slice(way: str, tmp_path: Path) -> None:
    raw = fake_data.write_folder_volumes(tmp_path / "raw", names=("a",))
    labels = np.stack([fake_data.cells(z, 20, 28, count=40) for z in range(4)])
    tifffile.imwrite(raw / "masks/a.tif", labels, photometric="minisblack", metadata=None)
    with pytest.raises(ValueError, match=r"expected a mask of 0 and 1 .* what they become by .*instances=membranes"):
        prepare(VolumeFolder(), raw, tmp_path / "set")
    prepare(VolumeFolder(instances=way), raw, tmp_path / "set")
    np.testing.assert_array_equal(PreparedImages(tmp_path / "set").read(0)[1], [WAYS[way](page) for page in labels])


def test_a_threshold_names_of_classes_and_masks_the_other_way_round(tmp_path: Path) -> None:
    raw = fake_data.write_folder_volumes(tmp_path / "raw", names=("a",))
    grey = tifffile.imread(raw / "images/a.tif")
    np.save(raw / "masks/a.npy", grey)
    (raw / "masks/a.tif").unlink()
    info = prepare(VolumeFolder(threshold=100, invert=True, class_names=["ground", "cell"]), raw, tmp_path / "set").info
    np.testing.assert_array_equal(PreparedImages(tmp_path / "set").read(0)[1], grey < 100)
    assert info.class_names == ("ground", "cell")
    with pytest.raises(ValueError, match="classes: expected numbers for masks of volumes, got colours"):
        VolumeFolder(classes={"0/0/0": 0, "255/0/0": 1})


def test_the_folder_of_images_hands_volumes_over(tmp_path: Path) -> None:
    raw = fake_data.write_folder_volumes(tmp_path / "raw")
    with pytest.raises(ValueError, match=r"a\.tif: expected a single image, got 4 pages.*dimensions=2.*dimensions=3"):
        prepare(ImageFolder(), raw, tmp_path / "none")
    volumes = prepare(ImageFolder(dimensions=3), raw, tmp_path / "volumes").info
    assert [image.shape for image in volumes.images] == [(4, 20, 28)] * 2
    images = prepare(ImageFolder(dimensions=2), raw, tmp_path / "images").info
    assert [image.shape for image in images.images] == [(20, 28)] * 8


def test_two_stacks_beside_each_other_are_one_volume(tmp_path: Path) -> None:
    """As they lie, and by the patterns that are proposed."""
    expected = layouts.isbi(tmp_path / "raw")
    pixels, truth = (np.stack([expected[f"train_{page:03d}"][which] for page in range(3)]) for which in (0, 1))
    said = ImageFolder(dimensions=3, image_pattern="{part}-volume.tif", mask_pattern="{part}-labels.tif")
    for preparer, target in ((ImageFolder(dimensions=3), tmp_path / "found"), (said, tmp_path / "said")):
        info = prepare(preparer, tmp_path / "raw", target).info
        assert [(image.name, image.part, image.shape) for image in info.images] == [("train", "train", (3, 20, 28))]
        volume, mask = PreparedImages(target).read(0)
        np.testing.assert_array_equal(volume, pixels)
        np.testing.assert_array_equal(mask, truth)


def test_one_volume_of_two_stacks_can_be_cut_into_blocks(tmp_path: Path) -> None:
    layouts.isbi(tmp_path)
    whole = ImageFolder(dimensions=3)(tmp_path)
    assert any(re.search(r"one volume cannot both train and test; .*block_size", note) for note in whole.notes)
    cut = ImageFolder(dimensions=3, block_size=2)(tmp_path)
    assert len(cut.samples) == 2
    assert not any("one volume" in note for note in cut.notes)
    with pytest.raises(ValueError, match="block_size: expected it with dimensions=3 alone, got 2"):
        ImageFolder(block_size=2)


def test_pictures_are_no_volumes(tmp_path: Path) -> None:
    layouts.image_and_label(tmp_path / "raw")
    with pytest.raises(
        ValueError, match=r"a1\.png: expected a volume .* for dimensions=3, .*; use dimensions=2 for images"
    ):
        ImageFolder(dimensions=3)(tmp_path / "raw")


def test_groups_and_tags_of_volumes(tmp_path: Path) -> None:
    raw = fake_data.write_folder_volumes(tmp_path / "raw", names=("mouse1_l", "mouse1_r", "mouse2_l"))
    info = prepare(VolumeFolder(), raw, tmp_path / "set", groups=r"mouse\d", tags=r"_(?P<side>[lr])").info
    assert [image.group for image in info.images] == ["mouse1", "mouse1", "mouse2"]
    assert info.tags["mouse1_r"] == {"side": "r"}


@pytest.mark.slow
def test_a_name_of_its_own_makes_a_dataset(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    fake_data.write_folder_volumes(Path("raw"))
    assert command("prepare", "dataset=folder_volumes", "raw=raw", "name=mine") == 0
    assert "cwmi-train dataset=mine" in capsys.readouterr().out
    config = dataset_config("mine")
    assert (config["crop_size"], config["pad_image"]) == ([4, 20, 28], None)
    shipped = OmegaConf.load(conf_dir() / "dataset/folder_volumes.yaml")
    assert set(config) == set(shipped) - {"preparer", "defaults"}


def test_the_notes_say_how_axes_and_spacing_were_read(tmp_path: Path) -> None:
    raw = fake_data.write_folder_volumes(tmp_path / "raw")
    notes = prepare(VolumeFolder(), raw, tmp_path / "set").info.notes
    assert notes == ("stored axes ZYX, as the files say", "spacing 3 x 0.5 x 0.5 µm, as the files say")
    for path in raw.rglob("*.tif"):
        np.save(path.with_suffix(".npy"), tifffile.imread(path).transpose(2, 1, 0))
        path.unlink()
    preparer = VolumeFolder(axes="xyz", mask_axes="XYZ")
    assert prepare(preparer, raw, tmp_path / "other").info.notes == (
        "stored axes XYZ, as dataset.preparer.axes says",
        "spacing unknown, counted as 1 along each axis; if that is wrong set dataset.preparer.spacing=[30,6,6] "
        "(depth, height, width)",
    )
    assert prepare(preparer, raw, tmp_path / "other").info.spacing is None


def test_a_stack_that_lies_along_another_axis_is_told(tmp_path: Path) -> None:
    """A NIfTI file of an array depth x height x width, which the format calls x, y, z."""
    for folder in ("images", "masks"):
        (tmp_path / "raw" / folder).mkdir(parents=True)
        for name, shape in (("a", (4, 20, 28)), ("b", (28, 20, 4))):
            volume_writers.nifti(tmp_path / "raw" / folder / f"{name}.nii", np.ones(shape, np.uint8), "XYZ")
    notes = prepare(VolumeFolder(), tmp_path / "raw", tmp_path / "set").info.notes
    assert [note.partition(":")[0] for note in notes if "lie along another axis" in note] == [
        "images/a.nii", "masks/a.nii",
    ]  # fmt: skip


def test_preview_shows_the_middle_slice_and_the_projection(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    mask = np.zeros((5, 96, 96), np.uint8)
    mask[0, :48] = 1  # in the projection alone
    mask[2, :, :48] = 1
    for folder, array in (("images", mask * np.uint16(60000)), ("masks", mask)):
        (raw / folder).mkdir(parents=True)
        np.save(raw / folder / "a.npy", array)
    prepare(VolumeFolder(), raw, tmp_path / "set")
    sheet = np.asarray(Image.open(tmp_path / "set/preview.png").convert("L"))
    assert sheet.shape == (192, 4 * 192)
    for column, expected in ((0, mask[2]), (1, mask[2]), (2, mask.max(0)), (3, mask.max(0))):
        np.testing.assert_array_equal(sheet[2:98, 192 * column + 2 : 192 * column + 98] > 127, expected > 0)


def test_statistics_of_pieces_are_those_of_the_whole() -> None:
    values = np.random.default_rng(0).normal((1e6, -3.0), (1e-2, 5.0), (40, 3, 7, 2))
    statistics = RunningStatistics(2)
    for start, stop in ((0, 1), (1, 17), (17, 40)):
        statistics.add(values[start:stop])
    np.testing.assert_allclose(statistics.mean(), values.mean((0, 1, 2)), rtol=1e-14)
    np.testing.assert_allclose(statistics.std(), values.std((0, 1, 2)), rtol=1e-8)


def test_a_zarr_folder_is_one_raw_file_of_the_fingerprint(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / "raw" / folder).mkdir(parents=True)
        volume_writers.ome_zarr(3)(tmp_path / "raw" / folder / "a.zarr", np.ones((8, 9, 10), np.uint8), "ZYX")
    assert prepare(VolumeFolder(), tmp_path / "raw", tmp_path / "set").written
    assert not prepare(VolumeFolder(), tmp_path / "raw", tmp_path / "set").written
    chunk = next(path for path in (tmp_path / "raw/images/a.zarr/0/c").rglob("*") if path.is_file())
    chunk.unlink()
    with pytest.raises(ValueError, match="was prepared from other files or options"):
        prepare(VolumeFolder(), tmp_path / "raw", tmp_path / "set")
    assert prepare(VolumeFolder(), tmp_path / "raw", tmp_path / "set", overwrite=True).written


def test_prepare_again_and_check(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    fake_data.write_folder_volumes(Path("raw"))
    assert command("prepare", "dataset=folder_volumes", "raw=raw") == 0
    shown = capsys.readouterr().out
    for line in ("data/folder_volumes: prepared", "2 volumes, 2 groups", "depth x height x width: 4 x 20 x 28",
                 "share of voxels: class 0", "note: spacing 3 x 0.5 x 0.5 µm, as the files say",
                 "cwmi-train dataset=folder_volumes"):  # fmt: skip
        assert line in shown
    assert sorted(path.name for path in Path("data/folder_volumes").iterdir()) == [
        "dataset.json", "images", "masks", "preview.png",
    ]  # fmt: skip
    assert command("prepare", "dataset=folder_volumes", "raw=raw") == 0
    assert "already prepared from these files, unchanged" in capsys.readouterr().out
    assert command("prepare", "dataset=folder_volumes", "check=true") == 0
    assert "every file is as it was prepared" in capsys.readouterr().out
    assert command("prepare", "dataset=folder_volumes", "raw=raw", "dataset.preparer.spacing=[3,1,1]") == 1
    assert "was prepared from other files or options than these" in capsys.readouterr().err
    with Path("data/folder_volumes/masks/b.npy").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\1")
    assert command("prepare", "dataset=folder_volumes", "check=true") == 1
    assert "data/folder_volumes/masks/b.npy was changed (1 in all)" in capsys.readouterr().err
    Path("raw/images/b.tif").write_bytes(b"II*")
    assert command("prepare", "dataset=folder_volumes", "raw=raw", "overwrite=true") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from cwmi_seg.datasets import preparation, volume_writer
from cwmi_seg.datasets.volume_folder import VolumeFolder

calls = []

def killed(self, slab):
    calls.append(1)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return add_mask(self, slab)

add_mask, volume_writer.Views.add_mask = volume_writer.Views.add_mask, killed
preparation.prepare(VolumeFolder(block_size=1), Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_killed_in_the_middle_of_a_volume_and_run_again(tmp_path: Path) -> None:
    raw = fake_data.write_folder_volumes(tmp_path / "raw")
    done = subprocess.run([sys.executable, "-c", KILLED, raw, tmp_path / "cut/set"], cwd=Path(__file__).parents[2])
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "cut/set").exists()
    for target in (tmp_path / "cut/set", tmp_path / "whole/set"):
        prepare(VolumeFolder(block_size=1), raw, target)
        check(target)
    assert listing(tmp_path / "cut") == listing(tmp_path / "whole")
