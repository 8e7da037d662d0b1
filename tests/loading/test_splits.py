import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.datasets.snemi3d import SNEMI3D
from cwmi_seg.loading.splits import SplitPlan
from tests.support import fake_data


def info(count: int = 10, parts: tuple[str | None, ...] = (None,)) -> DatasetInfo:
    images = tuple(
        ImageInfo(f"im{i}", 8, 8, (32, 32), group=f"person{i // 2}", part=parts[i % len(parts)]) for i in range(count)
    )
    return DatasetInfo("set", "made", 1, 2, (0.0,), (1.0,), images)


@pytest.mark.parametrize("grouped", [False, True])
def test_every_image_is_tested_in_exactly_one_fold(grouped: bool) -> None:
    splits = [SplitPlan(fold=fold, num_folds=3, group_folds=grouped).apply(info()) for fold in range(3)]
    assert Counter(name for split in splits for name in split.test) == Counter(f"im{i}" for i in range(10))
    for split in splits:
        assert len(split.train) + len(split.val) + len(split.test) == 10
        assert split.val


def test_groups_stay_together() -> None:
    for fold in range(3):
        split = SplitPlan(fold=fold, group_folds=True).apply(info())
        groups = [{int(name[2:]) // 2 for name in part} for part in (split.train, split.val, split.test)]
        assert sum(map(len, groups)) == len(set.union(*groups))


def test_the_same_seed_gives_the_same_split_and_another_one_not() -> None:
    assert SplitPlan(seed=1).apply(info()) == SplitPlan(seed=1).apply(info())
    assert SplitPlan(seed=1).apply(info()) != SplitPlan(seed=2).apply(info())


def doubled(parts: tuple[str | None, ...] = (None,)) -> DatasetInfo:
    """im0 and im5 are the same image, im1 and im6, ..."""
    images = (replace(image, image_sha256=str(i % 5)) for i, image in enumerate(info(10, parts).images))
    return replace(info(), images=tuple(images))


def test_an_image_that_is_there_twice_stays_in_one_part() -> None:
    for fold in range(3):
        split = SplitPlan(fold=fold).apply(doubled())
        sums = [{int(name[2:]) % 5 for name in part} for part in (split.train, split.val, split.test)]
        assert sum(map(len, sums)) == len(set.union(*sums)) == 5


def test_the_same_image_under_two_names_in_two_parts_is_a_leak(tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    path.write_text(json.dumps({"train": ["im0", "im5"], "val": ["im1"], "test": ["im2"]}))
    SplitPlan(kind=str(path)).apply(doubled())
    path.write_text(json.dumps({"train": ["im0"], "val": ["im1"], "test": ["im5"]}))
    with pytest.raises(ValueError, match="im0 in train and im5 in test are the same image; leave one of them out"):
        SplitPlan(kind=str(path)).apply(doubled())
    with pytest.raises(ValueError, match="are the same image"):
        SplitPlan(kind="official").apply(doubled(("train", "test", "val")))


def test_blocks_of_slices_stay_together_where_asked(tmp_path: Path) -> None:
    prepare(SNEMI3D(block_size=2), fake_data.write_snemi3d(tmp_path / "raw", pages=12), tmp_path / "snemi3d")
    slices = PreparedImages(tmp_path / "snemi3d").info
    blocks = {image.name: image.group for image in slices.images}
    split = SplitPlan(group_folds=True).apply(slices)
    parts = [{blocks[name] for name in part} for part in (split.train, split.val, split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 6


def test_official_parts_are_kept() -> None:
    split = SplitPlan(kind="official").apply(info(9, ("train", "val", "test")))
    assert split.test == ("im2", "im5", "im8")
    assert split.val == ("im1", "im4", "im7")
    with pytest.raises(ValueError, match=r"fold: expected 0 for split=official with a val part, got 1; repeat"):
        SplitPlan(kind="official", fold=1).apply(info(9, ("train", "val", "test")))


def test_without_a_test_part_val_is_tested() -> None:
    split = SplitPlan(kind="official").apply(info(12, ("train", "val")))
    tested = [image.name for image in info(12, ("train", "val")).images if image.part == "val"]
    assert list(split.test) == tested
    assert set(split.val) | set(split.train) == {image.name for image in info(12, ("train",)).images} - set(tested)
    assert split.val


def test_official_parts_without_validation_draw_another_one_in_every_fold() -> None:
    splits = [SplitPlan(kind="official", fold=fold).apply(info(24, ("train", "test"))) for fold in range(3)]
    assert len({split.test for split in splits}) == 1
    assert len({split.val for split in splits}) == 3


def test_a_split_file(tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    path.write_text(json.dumps({"train": ["im0"], "val": ["im1"], "test": ["im2"]}))
    assert SplitPlan(kind=str(path)).apply(info()).test == ("im2",)
    with pytest.raises(ValueError, match="fold: expected 0 for a split file, got 2; repeat with seed=0,1,2"):
        SplitPlan(kind=str(path), fold=2).apply(info())


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"train": ["im0"], "val": ["im1"], "test": ["im0"]}, "im0 is in train and in test"),
        ({"train": ["im0"], "val": ["im1"], "test": ["nobody"]}, "no image nobody"),
        ({"train": ["im0"], "val": [], "test": ["im1"]}, "the part val is empty"),
        ({"train": ["im0", "im0"], "val": ["im1"], "test": ["im2"]}, "named twice"),
        ({"train": ["im0"]}, "expected"),
    ],
)
def test_a_bad_split_file_is_refused(tmp_path: Path, parts: dict[str, list[str]], message: str) -> None:
    path = tmp_path / "split.json"
    path.write_text(json.dumps(parts))
    with pytest.raises(ValueError, match=message):
        SplitPlan(kind=str(path)).apply(info())


def test_a_group_in_two_parts_is_a_leak_where_groups_matter(tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    path.write_text(json.dumps({"train": ["im0"], "val": ["im2"], "test": ["im1"]}))
    SplitPlan(kind=str(path)).apply(info())
    with pytest.raises(ValueError, match="person0 is in train and in test"):
        SplitPlan(kind=str(path), group_folds=True).apply(info())


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (SplitPlan(num_folds=11), r"split\.num_folds: expected 2 to 10"),
        (SplitPlan(num_folds=6, group_folds=True), "expected 2 to 5, the number of groups"),
        (SplitPlan(fold=3), "fold: expected 0 to 2, got 3"),
        (SplitPlan(kind="official"), "no official"),
        (SplitPlan(kind="nowhere.json"), r"nowhere\.json"),
        (SplitPlan(val_fraction=1.5), "val_fraction"),
    ],
)
def test_an_impossible_plan_is_refused(plan: SplitPlan, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plan.apply(info())


@pytest.mark.parametrize("options", [{"group_folds": "maybe"}, {"kind": 3}, {"kind": None}])
def test_options_of_another_type_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"split\.(kind|groups): expected"):
        SplitPlan(**options)
