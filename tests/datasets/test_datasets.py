"""Every raw layout, converted and compared pixel by pixel with an independent conversion of a few lines."""

import pickle
import shutil
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cwmi_seg.datasets.cache import PixelCache
from cwmi_seg.datasets.chase_db1 import ChaseDB1
from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.datasets.preparation import check, prepare
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.datasets.topomortar import TopoMortar
from cwmi_seg.loading.splits import SplitPlan
from cwmi_seg.training import console
from tests.support import fake_data
from tests.support.fake_data import save


def test_chase_db1_takes_the_first_observer_and_groups_by_person(tmp_path: Path) -> None:
    raw = fake_data.write_chase_db1(tmp_path / "CHASEDB1")
    prepare(ChaseDB1(), raw, tmp_path / "chase_db1")
    images = PreparedImages(tmp_path / "chase_db1")
    assert [image.name for image in images.info.images] == ["01L", "01R", "02L", "02R"]
    assert [image.group for image in images.info.images] == ["01", "01", "02", "02"]
    for index, entry in enumerate(images.info.images):
        image, mask = images.read(index)
        np.testing.assert_array_equal(image, np.asarray(Image.open(raw / f"Image_{entry.name}.jpg")))
        np.testing.assert_array_equal(mask, np.asarray(Image.open(raw / f"Image_{entry.name}_1stHO.png")))
        assert entry.class_counts == ((mask == 0).sum(), (mask == 1).sum())


def test_topomortar_keeps_the_official_parts(tmp_path: Path) -> None:
    raw = fake_data.write_topomortar(tmp_path / "TopoMortar")
    info = prepare(TopoMortar(), raw, tmp_path / "topomortar").info
    assert {image.name: image.part for image in info.images} == {
        **dict.fromkeys(("001", "002", "003"), "train"),
        **dict.fromkeys(("004", "005"), "val"),
        **dict.fromkeys(("006", "007"), "test"),
    }
    images = PreparedImages(tmp_path / "topomortar")
    for index, entry in enumerate(images.info.images):
        image, mask = images.read(index)
        np.testing.assert_array_equal(image, np.asarray(Image.open(raw / str(entry.part) / f"images/{entry.name}.png")))
        label = np.asarray(Image.open(raw / str(entry.part) / f"accurate/{entry.name}.png"))
        np.testing.assert_array_equal(mask, label // 255)


def test_mean_and_std_are_those_of_all_pixels_at_once(tmp_path: Path) -> None:
    raw = fake_data.write_topomortar(tmp_path / "raw")
    info = prepare(TopoMortar(), raw, tmp_path / "topomortar").info
    pixels = np.concatenate([np.asarray(Image.open(p)).reshape(-1, 3) for p in raw.glob("*/images/*.png")])
    np.testing.assert_allclose(info.mean, pixels.mean(0), rtol=1e-12)
    np.testing.assert_allclose(info.std, pixels.std(0), rtol=1e-12)
    assert PreparedImages(tmp_path / "topomortar").info == info


@pytest.mark.parametrize("cache_bytes", [0, 4 * 24 * 24 * 3, 4 * 24 * 24 * 4 - 1, 2**20])
def test_the_cache_is_bounded_and_changes_no_pixel(tmp_path: Path, cache_bytes: int) -> None:
    prepare(TopoMortar(), fake_data.write_topomortar(tmp_path / "raw"), tmp_path / "topomortar")
    images = pickle.loads(pickle.dumps(PreparedImages(tmp_path / "topomortar", cache_bytes)))
    first = [images.read(index) for index in range(7)]
    kept = sum(np.shares_memory(images.read(index)[0], images.read(index)[0]) for index in range(7))
    assert kept == min(7, cache_bytes // (4 * 24 * 24))
    for index in range(7):
        np.testing.assert_array_equal(images.read(index)[0], first[index][0])
        np.testing.assert_array_equal(images.read(index)[1], first[index][1])
    with pytest.raises(ValueError, match="read-only"):
        first[0][0][0] = 0


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_processes_share_the_cache(tmp_path: Path) -> None:
    prepare(TopoMortar(), fake_data.write_topomortar(tmp_path / "raw"), tmp_path / "topomortar")
    images = PreparedImages(tmp_path / "topomortar")
    expected = [images._decode(image) for image in images.info.images]
    readers = [get_context("fork").Process(target=images.read, args=(index,)) for index in range(7)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    shutil.rmtree(tmp_path / "topomortar")
    for index in range(7):
        for read, pixels in zip(images.read(index), expected[index], strict=True):
            np.testing.assert_array_equal(read, pixels)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_16_bit_images_of_odd_size_are_kept_whole(channels: int) -> None:
    entries = tuple(ImageInfo(str(size), size, 5, (1, 1), "") for size in (3, 5, 2, 7))
    cache = PixelCache(DatasetInfo("set", "made", channels, 2, (), (), entries, dtype="uint16"), 2**20)
    rng = np.random.default_rng(0)
    pixels = [
        (rng.integers(0, 2**16, (e.height, 5, channels), np.uint16), rng.integers(0, 9, (e.height, 5), np.uint8))
        for e in entries
    ]
    for index in (2, 0, 3):
        cache.put(index, pixels[index])
    assert cache.get(1) is None
    for index in (0, 2, 3):
        kept = cache.get(index)
        assert kept is not None
        for read, expected in zip(kept, pixels[index], strict=True):
            assert read.dtype == expected.dtype
            np.testing.assert_array_equal(read, expected)


def test_reading_names_what_is_missing_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="topomortar: no prepared dataset here; run cwmi-prepare dataset=topo"):
        PreparedImages(tmp_path / "topomortar")
    prepare(TopoMortar(), fake_data.write_topomortar(tmp_path / "raw"), tmp_path / "topomortar")
    images = PreparedImages(tmp_path / "topomortar")
    path = tmp_path / "topomortar" / "images" / "003.png"
    index = [image.name for image in images.info.images].index("003")
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ValueError, match=r"003\.png: cannot be read"):
        images.read(index)
    with pytest.raises(ValueError, match=r"003\.png was changed \(1 in all\)"):
        check(tmp_path / "topomortar")
    fake_data.save(path, fake_data.photograph(0, 24, 25))
    with pytest.raises(ValueError, match=r"003\.png: expected shape \(24, 24, 3\) as in dataset.json, got \(24, 25, 3"):
        images.read(index)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"003\.png: no such file"):
        images.read(index)


def folders_of_images(root: Path, *folders: str) -> Path:
    for number, folder in enumerate(folders):
        for kind in ("images", "masks"):
            save(root / folder / kind / f"{number}.png", np.full((8, 8), 0 if kind == "masks" else number, np.uint8))
    return root


def test_images_of_an_unknown_part_beside_others_are_refused(tmp_path: Path) -> None:
    raw = folders_of_images(tmp_path, "holdout", "test")
    with pytest.raises(ValueError, match=r"holdout: expected train, val or test .*, got holdout; rename"):
        ImageFolder()(raw)


def test_a_single_folder_may_have_any_name(tmp_path: Path) -> None:
    (sample,) = ImageFolder()(folders_of_images(tmp_path, "training")).samples
    assert sample.part is None


@pytest.mark.parametrize(("split", "said"), [("kfold", True), ("official", False)])
def test_the_first_lines_of_a_run_say_where_its_test_images_come_from(
    split: str, said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    images = SyntheticImages(size=32, num_train=4, num_val=1, num_test=2)
    with caplog.at_level("INFO"):
        console.tell_dataset(images.info, SplitPlan(split).apply(images.info), split, 0)
    assert f"test images ({split}, fold 0)" in caplog.messages[0]
    assert ("kfold pools its 2 test images" in caplog.text) == said
