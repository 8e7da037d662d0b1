"""Prepared volumes: mapped into memory, checked against ``dataset.json``, every damaged file named."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.datasets.dataset_json import fields_of, info_from_fields, load_info, save_info
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.datasets.volume_store import write_volume

IMAGE = np.arange(4 * 5 * 6 * 2, dtype=np.uint16).reshape(4, 5, 6, 2)
MASK = (IMAGE[..., 0] % 3 == 0).astype(np.uint8)
VOLUME = ImageInfo("a", height=5, width=6, class_counts=(80, 40), group="a", depth=4)
INFO = DatasetInfo(
    name="volumes", source="made", channels=2, num_classes=2, mean=(1.0, 2.0), std=(1.0, 1.0), images=(VOLUME,),
    dtype="uint16", dimensions=3, spacing=(30.0, 6.0, 6.5), unit="nm",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part, array in (("images", IMAGE), ("masks", MASK)):
        (tmp_path / part).mkdir()
        write_volume(tmp_path / part / "a.npy", array.shape, str(array.dtype), (array[:3], array[3:]))
    save_info(INFO, tmp_path)
    return tmp_path


def test_volumes_are_mapped_read_only_and_like_the_arrays(folder: Path) -> None:
    volumes = PreparedImages(folder)
    assert volumes.info == INFO
    assert volumes.info.images[0].shape == (4, 5, 6)
    for source in (volumes, pickle.loads(pickle.dumps(volumes))):
        image, mask = source.read(0)
        np.testing.assert_array_equal(image, IMAGE)
        np.testing.assert_array_equal(mask, MASK)
        assert (image.dtype, mask.dtype) == (np.uint16, np.uint8)
        assert isinstance(image.base, np.memmap)
        assert not image.flags.writeable
        assert not mask.flags.writeable
    np.testing.assert_array_equal(np.load(folder / "images/a.npy"), IMAGE)


def test_float_volumes(folder: Path) -> None:
    floats = IMAGE.astype(np.float32) / 7
    write_volume(folder / "images/a.npy", floats.shape, "float32", [floats])
    save_info(replace(INFO, dtype="float32"), folder)
    np.testing.assert_array_equal(PreparedImages(folder).read(0)[0], floats)


def test_dataset_json_of_images_stays_as_it_was(tmp_path: Path) -> None:
    """Keys that images do not need are not written, so that no file and no bundle changes."""
    image = replace(VOLUME, depth=None)
    info = replace(INFO, images=(image,), dimensions=2, spacing=None, unit="")
    save_info(info, tmp_path)
    content = json.loads((tmp_path / "dataset.json").read_text())
    assert content["version"] == 1
    assert not {"dimensions", "spacing", "unit"} & set(content)
    assert "depth" not in content["images"][0]
    assert load_info(tmp_path) == info
    assert info_from_fields(json.loads(json.dumps(fields_of(INFO)))) == INFO


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _of_objects(path: Path) -> None:
    np.save(path, np.array([{}]), allow_pickle=True)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_cut_short, r"images/a\.npy: damaged .*prepare the dataset again with overwrite=true\."),
        (_of_objects, r"images/a\.npy: damaged .*Python objects"),
        (lambda path: path.write_bytes(b""), r"images/a\.npy: damaged"),
        (lambda path: path.write_text("a text"), r"images/a\.npy: damaged"),
        (lambda path: np.save(path, IMAGE[:3]), r"images/a\.npy: expected shape \(4, 5, 6, 2\).*\(3, 5, 6, 2\)"),
        (lambda path: np.save(path, IMAGE.astype(">u2")), r"images/a\.npy: expected uint16.*got >u2"),
        (lambda path: np.save(path, IMAGE / 2), r"images/a\.npy: expected uint16 as in dataset\.json, got float64"),
        (lambda path: path.unlink(), r"images/a\.npy: no such file; prepare"),
    ],
)  # fmt: skip
def test_damaged_files_are_named(folder: Path, damage: object, message: str) -> None:
    damage(folder / "images/a.npy")  # type: ignore[operator]
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        PreparedImages(folder).read(0)


@pytest.mark.parametrize(
    ("key", "value"),
    [("dimensions", 4), ("dimensions", 2), ("dtype", "object"), ("dtype", "float64"), ("spacing", [1, 1]),
     ("spacing", [1, 0, 1]), ("spacing", "abc"), ("spacing", [1, float("inf"), 1]), ("unit", 3)],
)  # fmt: skip
def test_a_dataset_json_that_cannot_be_is_refused(folder: Path, key: str, value: object) -> None:
    fields = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**fields, key: value}))
    with pytest.raises(ValueError, match=r"dataset\.json: damaged .*expected"):
        load_info(folder)


@pytest.mark.parametrize("size", [None, 0, -4, 2.5, "4"])
def test_a_size_that_cannot_be_is_refused(folder: Path, size: object) -> None:
    fields = json.loads((folder / "dataset.json").read_text())
    fields["images"][0]["depth"] = size
    (folder / "dataset.json").write_text(json.dumps(fields))
    with pytest.raises(ValueError, match="size of a: expected 3 positive whole numbers"):
        load_info(folder)


def test_slabs_that_do_not_make_the_volume_are_a_bug(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"slabs: expected a volume of .*, got -48 bytes more"):
        write_volume(tmp_path / "a.npy", (4, 4, 6), "uint16", [np.zeros((3, 4, 6))])
