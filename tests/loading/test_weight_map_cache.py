"""Weight maps on disk: made once, found again, made again when damaged."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cwmi_seg.augmentations import Flips
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.loading.datamodule import SegmentationData
from cwmi_seg.loading.samples import Crops, TrainingCrops
from cwmi_seg.loading.splits import Split
from cwmi_seg.loading.weight_map_cache import WeightMapCache
from cwmi_seg.losses import UNetWeightedLoss
from cwmi_seg.training.build import build_maps
from cwmi_seg.weight_maps import unet

Mask = NDArray[np.uint8]
MASKS = [(np.random.default_rng(seed).random((24, 20)) < 0.4).astype(np.uint8) for seed in range(4)]
SETTINGS = {"w0": 10.0, "sigma": 5.0}


def read_mask(index: int) -> Mask:
    return MASKS[index]


def cache(folder: Path, **changes: float) -> WeightMapCache:
    return WeightMapCache(folder, "unet", {**SETTINGS, **changes})


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"), key=str)


def only_file(folder: Path) -> Path:
    (path,) = (folder / "unet").iterdir()
    return path


def test_maps_are_made_once_and_read_by_window(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    made = cache(tmp_path)
    made.prepare(range(4), read_mask, num_workers=0)
    assert "unet: making 4 of 4" in caplog.text
    before = {path: path.stat().st_mtime_ns for path in files(tmp_path)}
    caplog.clear()
    made.prepare(range(4), read_mask, num_workers=0)
    for mask in MASKS:
        found = made.load(mask)
        assert isinstance(found, np.memmap)
        assert not found.flags.writeable
        assert np.array_equal(found, unet.weight_map(mask))
    assert {path: path.stat().st_mtime_ns for path in files(tmp_path)} == before
    assert caplog.text == ""


def test_several_processes_prepare_the_same_masks_at_once(tmp_path: Path) -> None:
    cache(tmp_path).prepare([0, 1] * 6, read_mask, num_workers=2)
    assert len(list((tmp_path / "unet").iterdir())) == 2
    assert np.array_equal(cache(tmp_path).load(MASKS[1]), unet.weight_map(MASKS[1]))


def test_what_changes_a_map_changes_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, (settings, mask) in enumerate(
        [({}, MASKS[0]), ({"sigma": 3.0}, MASKS[0]), ({}, MASKS[1]), ({}, MASKS[0].reshape(20, 24))], start=1
    ):
        assert np.array_equal(cache(tmp_path, **settings).load(mask), unet.weight_map(mask, **settings))
        assert len(list((tmp_path / "unet").iterdir())) == number
    monkeypatch.setattr(unet, "VERSION", unet.VERSION + 1)
    cache(tmp_path).load(MASKS[0])
    assert len(list((tmp_path / "unet").iterdir())) == 5


def flipped_bit(content: bytes) -> bytes:
    return content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "bit": flipped_bit,
    "cut": lambda content: content[:-500],
    "checksum cut": lambda content: content[:-2],
    "zeros": lambda content: bytes(len(content)),
    "empty": lambda content: b"",
    "text": lambda content: b"not a map",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_found_and_made_again(tmp_path: Path, damage: str) -> None:
    made = cache(tmp_path)
    made.prepare([0], read_mask, num_workers=0)
    path = only_file(tmp_path)
    content = path.read_bytes()
    path.write_bytes(DAMAGE[damage](content))
    made.prepare([0], read_mask, num_workers=0)
    assert only_file(tmp_path).read_bytes() == content


@pytest.mark.parametrize("damage", ["cut", "zeros", "empty", "text"])
def test_a_map_lost_during_training_is_made_again(tmp_path: Path, damage: str) -> None:
    made = cache(tmp_path)
    made.load(MASKS[0])
    path = only_file(tmp_path)
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    assert np.array_equal(made.load(MASKS[0]), unet.weight_map(MASKS[0]))
    path.unlink()
    assert np.array_equal(made.load(MASKS[0]), unet.weight_map(MASKS[0]))


def test_a_process_killed_while_writing_leaves_no_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            cache(tmp_path).load(MASKS[0])
    assert list((tmp_path / "unet").iterdir()) == []
    assert np.array_equal(cache(tmp_path).load(MASKS[0]), unet.weight_map(MASKS[0]))


def test_maps_follow_crops_and_flips(tmp_path: Path) -> None:
    source = SyntheticImages("membranes", size=64, num_train=3, num_val=1, num_test=1)
    split = Split(*(tuple(i.name for i in source.info.images if i.part == part) for part in ("train", "val", "test")))
    whole = SegmentationData(source, split, Crops(None), Flips(), cache(tmp_path), batch_size=3)
    whole.prepare_data()
    seen = TrainingCrops(source, [0, 1, 2], Crops(None), Flips(), cache(tmp_path), seed=0)
    flipped = [seen[epoch, index] for epoch in range(4) for index in range(3)]
    for sample in flipped:  # a map of distances turns with the mask
        np.testing.assert_allclose(sample["weight_map"], unet.weight_map(sample["target"].numpy()), rtol=1e-5)
    assert not all(np.array_equal(sample["target"], source.read(sample["index"])[1]) for sample in flipped)
    crop = next(iter(SegmentationData(source, split, Crops((24, 40)), Flips(), cache(tmp_path)).train_dataloader()))
    assert crop["weight_map"].shape == (3, 1, 24, 40)
    assert ((crop["weight_map"][:, 0] > 0) == (crop["target"] == 1)).all()


def test_maps_of_more_than_two_classes_are_refused() -> None:
    info = DatasetInfo("cells", "made", 1, 3, (0.0,), (1.0,), ())
    with pytest.raises(ValueError, match="loss: expected one without a weight map for 3 classes"):
        build_maps(Path("data"), info, UNetWeightedLoss())
