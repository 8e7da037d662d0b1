import json
from collections import Counter
from pathlib import Path

import pytest

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.splits import SplitPlan


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


def test_official_parts_are_kept() -> None:
    split = SplitPlan(kind="official").apply(info(9, ("train", "val", "test")))
    assert split.test == ("im2", "im5", "im8")
    assert split.val == ("im1", "im4", "im7")


def test_a_split_file(tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    path.write_text(json.dumps({"train": ["im0"], "val": ["im1"], "test": ["im2"]}))
    assert SplitPlan(kind=str(path)).apply(info()).test == ("im2",)


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
        (SplitPlan(num_folds=11), r"data\.num_folds: expected 2 to 10"),
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
