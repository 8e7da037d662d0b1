"""Damaged and odd volumes: each stops the preparation with one line that names the file, and nothing is left behind."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import nrrd
import numpy as np
import pytest
import tifffile
import zarr

from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.datasets.volume_files.opening import open_volume
from cwmi_seg.datasets.volume_folder import VolumeFolder
from cwmi_seg.mistakes import Mistake
from tests.support import fake_data, volume_writers
from tests.support.damaged_volumes import (
    STACK,
    ZERO,
    colour,
    detached,
    external_data,
    huge,
    huge_chunks,
    huge_npz,
    lost_pages,
    nifti_of,
    outside_zarr,
    pickling_zarr,
    then_cut,
    two_stacks,
    with_file,
)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Two good volumes a and b of 4 x 20 x 28 in ImageJ's tif."""
    return fake_data.write_folder_volumes(tmp_path / "raw")


def replace(raw: Path, name: str, write: Callable[[Path], object]) -> None:
    """Write images/b or masks/b in another format."""
    path = raw / name
    for old in path.parent.glob("b.*"):
        old.unlink()
    write(path)


SAVED = [
    ("images/b.tif", lambda path: path.write_bytes(b""), "cannot be read as a volume"),
    ("images/b.tif", lambda path: path.write_text("no tif"), "cannot be read as a volume"),
    ("images/b.tif", then_cut(lambda path: volume_writers.imagej(path, STACK, "ZYX")), "cut short"),
    ("images/b.tif", lost_pages, "cut short, behind page 2"),
    ("images/b.tif", then_cut(lambda path: volume_writers.tiled_tif(path, STACK, "ZYX")), "cut short"),
    ("images/b.nii", then_cut(nifti_of(STACK.T)), "cut short"),
    ("images/b.nii.gz", then_cut(nifti_of(STACK.T)), "cannot be read as a volume"),
    ("images/b.nrrd", then_cut(lambda path: nrrd.write(str(path), STACK.T, {"encoding": "raw"})), "cut short"),
    ("images/b.nrrd", then_cut(lambda path: nrrd.write(str(path), STACK.T)), "cannot be read as a volume"),
    ("images/b.nrrd", detached, "expected the data in the same file"),
    ("images/b.nrrd", huge, "expected at most 17,179,869,184 values, got a volume of 90000 x 90000 x 90000"),
    ("images/b.h5", then_cut(lambda path: with_file(path, a=STACK)), "cannot be read as a volume .*truncated"),
    ("images/b.h5", lambda path: with_file(path, a=ZERO, b=ZERO), "expected one data set .* got a, b; name it by"),
    ("images/b.h5", lambda path: with_file(path, a=h5py.ExternalLink("o.h5", "a")), "three axes or more, got none"),
    ("images/b.h5", external_data, "got parts of other files"),
    ("images/b.npy", lambda path: np.save(path, np.array([{}] * 3), allow_pickle=True), "Python objects"),
    ("images/b.npy", then_cut(lambda path: np.save(path, STACK)), "cannot be read as a volume"),
    ("images/b.npy", lambda path: np.save(path, STACK.astype(complex)), "got complex128; convert"),
    ("images/b.npy", lambda path: np.save(path, STACK[:0]), r"expected a voxel at least, got the shape \(0, 20, 28\)"),
    ("images/b.npy", lambda path: np.save(path, STACK[0]), r"got an image of the shape \(20, 28\); leave it out"),
    ("images/b.npy", lambda path: np.save(path, STACK[None]), r"expected known axes, got the shape \(1, 4, 20, 28\)"),
    ("images/b.npz", lambda path: np.savez(path, a=ZERO, b=ZERO), "expected one array, got a, b; name it by"),
    ("images/b.npz", huge_npz, "expected at most 17,179,869,184 values"),
    ("images/b.npz", lambda path: np.savez(path, np.array([{}], dtype=object)), "Python objects|object"),
    ("images/b.zarr", pickling_zarr, "expected zarr's own codecs, got pickle"),
    ("images/b.zarr", huge_chunks, "expected chunks of at most 1,073,741,824 values"),
    ("images/b.zarr", outside_zarr, r"expected the path of an array in the folder, got \.\./a\.zarr/0"),
    ("images/b.zarr", lambda path: zarr.open_group(path, mode="w"), "expected one array .* got none"),
    ("images/b.zarr", lambda path: path.mkdir(), "neither zarr.json nor .zarray"),
    ("images/b.tif", lambda path: tifffile.imwrite(path, STACK[0]), "expected a volume, got an image"),
    ("images/b.tif", two_stacks, "expected one stack, got 2 of the sizes 4x20x28, 4x10x28"),
    ("images/b.nii", nifti_of(np.zeros((28, 20, 4, 3), np.uint8)), "got 3 points in time .*axes XYZT"),
    ("images/b.nii", nifti_of(ZERO.T, 2.0), r"expected the spacing of a\.tif, 3 x 0\.5 x 0\.5 µm, got 2 x 2 x 2"),
    ("images/b.npy", lambda path: np.save(path, STACK), r"expected the spacing of a\.tif, .*, got none; resample it"),
    ("masks/b.tif", colour(4), "expected a mask of one channel, got 3; are images and masks swapped"),
    ("masks/b.npy", lambda path: np.save(path, STACK / 255), "expected whole numbers, got 0.*save class numbers"),
    ("masks/b.npy", lambda path: np.save(path, STACK), "expected a mask of 0 and 1 or 0 and 255, got"),
    ("masks/b.npy", lambda path: np.save(path, ZERO + np.uint8(7)), "expected a mask of 0 and 1 .* got 7; name the"),
    ("masks/b.npy", lambda path: np.save(path, ZERO + np.uint64(2**63)), "expected whole numbers of 63 bits"),
    ("masks/b.npy", lambda path: np.save(path, ZERO[:3]), "expected the size of its mask b.npy, 3 x 20 x 28 .*4 x 20"),
    ("masks/b.tif", lambda path: tifffile.imwrite(path, ZERO > 0), None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "write", "message"), SAVED, ids=lambda value: value if isinstance(value, str) else "")
def test_one_line_names_the_file(raw: Path, name: str, write: Callable[[Path], object], message: str | None) -> None:
    replace(raw, name, write)
    target = raw.parent / "set"
    if message is None:
        assert prepare(VolumeFolder(), raw, target).written
        return
    spacing = None if "spacing" in message else (3.0, 0.5, 0.5)  # so that it is not what is wrong
    with pytest.raises((ValueError, OSError), match=message) as caught:
        prepare(VolumeFolder(spacing=spacing), raw, target)
    said = str(caught.value)
    assert "\n" not in said
    assert "b." in said.partition(": ")[0]
    assert not target.exists()
    assert not list(raw.rglob("sprung"))


@pytest.mark.parametrize("place", ["codecs", "index_codecs"])
def test_codecs_inside_a_shard_are_checked_too(place: str, tmp_path: Path) -> None:
    volume_writers.ome_zarr(3, shards=(8, 32, 32))(tmp_path / "a.zarr", STACK, "ZYX")
    path = tmp_path / "a.zarr/0/zarr.json"
    metadata = json.loads(path.read_text())
    (sharding,) = metadata["codecs"]
    sharding["configuration"][place].append({"name": "numcodecs.pickle", "configuration": {}})
    path.write_text(json.dumps(metadata))
    with pytest.raises(Mistake, match=r"a\.zarr: expected zarr's own codecs, got numcodecs\.pickle"):
        open_volume(tmp_path / "a.zarr").__enter__()


def test_chunks_without_a_file_are_told(raw: Path) -> None:
    shutil.rmtree(raw / "images")
    (raw / "images").mkdir()
    for name in "ab":
        volume_writers.ome_zarr(3)(raw / "images" / f"{name}.zarr", STACK + np.uint8(1), "ZYX")
    chunks = [path for path in (raw / "images/b.zarr/0/c").rglob("*") if path.is_file()]
    chunks[0].unlink()
    info = prepare(VolumeFolder(), raw, raw.parent / "set").info
    told = f"images/b.zarr: 1 of {len(chunks)} chunks have no file and are read as 0"
    assert told in info.notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (np.nan, "expected finite values, got NaN or infinity"),
        (np.inf, "expected finite values, got NaN or infinity"),
        (1e300, "expected finite values, got NaN or infinity"),
        (None, r"expected 1 channel of uint8 as in a\.npy, got 1 of float32; convert them to one kind"),
    ],
)
def test_values_that_a_network_cannot_take(raw: Path, change: float | None, message: str) -> None:
    for name in "ab":
        (raw / f"images/{name}.tif").unlink()
        np.save(raw / f"images/{name}.npy", STACK.astype(np.float64) if change or name == "b" else STACK)
    if change:
        array = np.load(raw / "images/b.npy")
        array[3, 5, 6] = change
        np.save(raw / "images/b.npy", array)
    with pytest.raises(ValueError, match=rf"b\.npy: {message}"):
        prepare(VolumeFolder(), raw, raw.parent / "set")
    assert not (raw.parent / "set").exists()


def test_whole_numbers_that_float32_would_change(raw: Path) -> None:
    for name in "ab":
        (raw / f"images/{name}.tif").unlink()
        np.save(raw / f"images/{name}.npy", STACK.astype(np.int32) * 2**20 + 1)
    with pytest.raises(ValueError, match=r"a\.npy: expected whole numbers of at most 24 bits"):
        prepare(VolumeFolder(), raw, raw.parent / "set")


def test_links_out_of_a_file_are_not_followed(raw: Path) -> None:
    with_file(raw / "images/other.h5", a=ZERO)
    for name in "ab":
        (raw / f"images/{name}.tif").unlink()
        with_file(raw / f"images/{name}.h5", a=h5py.ExternalLink("other.h5", "a"))
    (raw / "images/other.h5").rename(raw / "other.h5")
    with pytest.raises(ValueError, match=r"a\.h5: expected data at a, got a link"):
        prepare(VolumeFolder(image_key="a"), raw, raw.parent / "set")
    with pytest.raises(ValueError, match=r"a\.h5: expected a data set b/c, got none at all; name it by"):
        prepare(VolumeFolder(image_key="b/c"), raw, raw.parent / "set")


def test_colours_among_grey(raw: Path) -> None:
    replace(raw, "images/b.tif", colour(4))
    with pytest.raises(ValueError, match=r"b\.tif: expected 1 channel of uint8 as in a\.tif, got 3 of uint8"):
        prepare(VolumeFolder(spacing=(3, 1, 1)), raw, raw.parent / "set")


def test_a_folder_of_no_part_beside_parts(tmp_path: Path) -> None:
    for part in ("training", "test"):
        fake_data.write_folder_volumes(tmp_path / "raw" / part)
    with pytest.raises(ValueError, match=r"training: expected train, val or test where several folders hold images"):
        prepare(VolumeFolder(), tmp_path / "raw", tmp_path / "set")


def test_pairs_and_names(raw: Path) -> None:
    (raw / "masks/b.tif").rename(raw / "masks/c.tif")
    with pytest.raises(FileNotFoundError, match=r"b\.tif: no mask .*masks/b\.tif \(or \.nii\.gz, \.zarr, \.\.\.\)"):
        prepare(VolumeFolder(), raw, raw.parent / "set")
    (raw / "masks/c.tif").rename(raw / "masks/b.tif")
    shutil.copy(raw / "masks/b.tif", raw / "masks/b.ome.tif")
    with pytest.raises(ValueError, match="expected names that differ without ending"):
        prepare(VolumeFolder(), raw, raw.parent / "set")
    with pytest.raises(FileNotFoundError, match=r"expected scans/NAME\.tif, NAME\.nii\.gz"):
        prepare(VolumeFolder(image_folder="scans"), raw, raw.parent / "set")


@pytest.mark.parametrize(
    ("argument", "value"),
    [("axes", "ZY"), ("axes", "ZYXX"), ("mask_axes", "ABC"), ("axes", 3), ("spacing", (1, 2)), ("spacing", "far"),
     ("spacing", (1, 0, 1)), ("spacing", (1, 1, float("nan"))), ("block_size", 0), ("block_size", True),
     ("classes", {0: 0, 1: 2})],
)  # fmt: skip
def test_arguments_that_cannot_be(argument: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^{argument}: expected .*"):
        VolumeFolder(**{argument: value})  # type: ignore[arg-type]


def test_axes_of_the_config_that_the_file_has_not(raw: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.tif: expected 4 axes as in axes=CZYX, got the shape \(4, 20, 28\)"):
        prepare(VolumeFolder(axes="CZYX"), raw, raw.parent / "set")


def test_a_mask_of_0_and_255_in_one_slab_and_1_in_another_is_none(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cwmi_seg.datasets.volume_files.arranged._PIECE", 20 * 28)
    mask = ZERO.copy()
    mask[0, 0, 0], mask[3, 0, 0] = 255, 1
    replace(raw, "masks/b.npy", lambda path: np.save(path, mask))
    with pytest.raises(ValueError, match=r"b\.npy: expected a mask of 0 and 1 or 0 and 255, got 0, 1, 255"):
        prepare(VolumeFolder(), raw, raw.parent / "set")
    prepare(VolumeFolder(classes={0: 0, 1: 1, 255: 1}), raw, raw.parent / "set")
    np.testing.assert_array_equal(PreparedImages(raw.parent / "set").read(1)[1], mask > 0)


def test_volumes_where_images_are_looked_for(raw: Path) -> None:
    for path in raw.rglob("*.tif"):
        nifti_of(ZERO)(path.with_suffix(".nii.gz"))
        path.unlink()
    with pytest.raises(
        FileNotFoundError, match=r"\(images/a\.nii\.gz is a volume: dataset=folder_volumes prepares such\)"
    ):
        prepare(ImageFolder(), raw, raw.parent / "set")


@pytest.mark.parametrize("name", ["a.tif", "a.nii", "a.nii.gz", "a.nrrd", "a.zarr", "a.npy", "a.npz"])
def test_any_damage_is_one_line_or_none(name: str, tmp_path: Path) -> None:
    """Bytes of the head changed at random: the file is read, or refused in a line that names it."""
    writers = {"tif": volume_writers.tiled_tif, "nrrd": volume_writers.nrrd_of("gzip"), "npy": volume_writers.npy,
               "zarr": volume_writers.ome_zarr(3), "npz": volume_writers.npz}  # fmt: skip
    write = writers.get(name.rpartition(".")[2], volume_writers.nifti)
    axes = "XYZ" if write is volume_writers.nifti or name == "a.nrrd" else "ZYX"
    write(tmp_path / name, STACK, axes)
    file = tmp_path / name if (tmp_path / name).is_file() else tmp_path / name / "0/zarr.json"
    whole, rng, refusals = file.read_bytes(), np.random.default_rng(0), []
    for _ in range(40):
        content = bytearray(whole)
        for place in rng.integers(min(len(content), 600), size=3):
            content[place] = rng.integers(256)
        file.write_bytes(content)
        try:
            with open_volume(tmp_path / name) as volume:
                assert all(slab.shape[1:] == volume.shape[1:] for slab in volume.slabs(range(volume.shape[0])))
        except (Mistake, FileNotFoundError) as error:
            refusals.append(str(error))
    assert refusals
    assert all(told.startswith(f"{tmp_path / name}: ") and "\n" not in told for told in refusals)
