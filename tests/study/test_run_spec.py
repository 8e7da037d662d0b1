"""A config is read once, into typed values; what it lacks or says wrongly is named by its key."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cwmi_seg.config.target import Target
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_spec import RunSpec
from tests.support.jobs import described

GOLDEN = Path(__file__).parents[1] / "goldens" / "run_folders" / "finished" / "runs"
WRONG: dict[str, object] = {
    "fold": "one",
    "seed": -1,
    "study": 3,
    "overwrite": "no",
    "allowed_targets": "mine",
    "data.batch_size": 2.5,
    "data.crops_per_image": True,
    "data.num_workers": None,
    "split.num_folds": "3",
    "split.val_fraction": "half",
    "split.kind": 7,
    "split.groups": "maybe",
    "paths.data": None,
    "paths.output": 1,
    "metrics.every_n_epochs": "often",
    "metrics.test": None,
    "metrics.val": ["overlap"],
    "callbacks": [],
    "model": None,
    "loss": {"weight": 1},
    "scheduler": "step",
    "logger": ["csv"],
    "dataset.images": {},
}
MAY_BE_GONE = {"metrics.every_n_epochs", "metrics.val", "split.kind", "split.groups"}
"""Keys that have a neutral value, or for which the dataset speaks."""


@cache
def config() -> dict[str, Any]:
    return described("loss=dice").config


def without(key: str) -> dict[str, Any]:
    """The config without one key."""
    found = copy.deepcopy(config())
    node: dict[str, Any] = found
    *path, last = key.split(".")
    for part in path:
        node = node[part]
    del node[last]
    return found


def changed(key: str, value: object) -> dict[str, Any]:
    """The config with another value at a key."""
    found = without(key)
    node: dict[str, Any] = found
    *path, last = key.split(".")
    for part in path:
        node = node[part]
    node[last] = value
    return found


@pytest.mark.parametrize("key", WRONG)
def test_a_value_of_another_kind_is_named_by_its_key(key: str) -> None:
    with pytest.raises(Mistake, match=rf"^{key}: expected .*, got "):
        RunSpec.of(changed(key, WRONG[key]))


@pytest.mark.parametrize("key", sorted(set(WRONG) - MAY_BE_GONE))
def test_a_key_that_is_gone_is_named(key: str) -> None:
    with pytest.raises(Mistake, match=rf"^{key}: expected "):
        RunSpec.of(without(key))


def test_metrics_may_leave_out_all_but_those_of_the_test() -> None:
    spec = RunSpec.of(without("metrics.val"))
    assert spec.metrics.val == {}
    assert RunSpec.of(without("metrics.every_n_epochs")).metrics.every_n_epochs == 0


def test_what_is_null_is_left_out() -> None:
    spec = described("scheduler=constant", "logger=none", "callbacks.overlays=null").spec
    assert spec.scheduler is None
    assert spec.logger is None
    assert "checkpoint" in spec.callbacks
    assert "overlays" not in spec.callbacks


def test_the_record_of_a_run_of_before_the_renaming_is_read() -> None:
    (folder,) = GOLDEN.iterdir()
    record = RunFolder(folder).config()
    spec = RunSpec.of(record)
    assert spec.loss == Target.of(record["loss"], "loss")
    assert spec.loss.node == record["loss"]
    old = {key: value for key, value in config().items() if key != "split"}
    old["data"] = {**old["data"], "num_folds": 5, "val_fraction": 0.25, "split_seed": 3}
    old["dataset"] = {**old["dataset"], "split": "kfold", "group_folds": True}
    split = RunSpec.of(old).split
    assert (split.kind, split.num_folds, split.val_fraction, split.seed) == ("kfold", 5, 0.25, 3)
    assert split.group_folds
