"""Wrong values in the open groups of the config, each said in one line that names its key."""

import re
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from cwmi_seg.config.target import Target
from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.training.build import _try_out
from cwmi_seg.training.schedule import build_schedule
from tests.conftest import TINY, Command

ADAM = {"_target_": "torch.optim.Adam", "_partial_": True, "lr": 1e-4, "betas": [0.9, 0.999]}
TRAINER = {"_target_": "pytorch_lightning.Trainer", "accelerator": "cpu", "logger": False}
IMAGES = {"_target_": "cwmi_seg.datasets.synthetic.SyntheticImages"}


@pytest.mark.parametrize(
    ("group", "node", "said"),
    [
        ("optimizer", {**ADAM, "lr": "foo"}, "optimizer.lr: expected a number, got foo; "),
        ("optimizer", {**ADAM, "lr": None}, "optimizer.lr: expected a number, got null; "),
        ("trainer", {**TRAINER, "max_epochs": "abc"}, "trainer.max_epochs: expected a whole number, got abc; "),
        ("trainer", {**TRAINER, "max_epochs": 1.5}, "trainer.max_epochs: expected a whole number, got 1.5; "),
        ("trainer", {**TRAINER, "max_epochs": True}, "trainer.max_epochs: expected a whole number, got True; "),
        ("trainer", {**TRAINER, "benchmark": "maybe"}, "trainer.benchmark: expected true or false, got maybe; "),
        ("optimizer", {**ADAM, "_partial_": {"a": 1}}, "optimizer._partial_: expected true or false, got {'a': 1}; "),
        ("trainer", {**TRAINER, "precision": 17}, "trainer: Precision 17 is invalid"),
        ("dataset.images", {**IMAGES, "size": 16}, "dataset.images.size: expected at least 32 pixels, got 16; "),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_key(group: str, node: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as raised:
        Target.of(node, group).make()
    assert str(raised.value).startswith(said)


def test_values_of_the_right_kind_pass() -> None:
    assert Target.of({**TRAINER, "max_epochs": None, "max_steps": 3.0, "limit_val_batches": 1}, "trainer").make()
    assert Target.of({**ADAM, "lr": 1, "foreach": None}, "optimizer").make()


def test_an_optimizer_or_scheduler_with_impossible_values_is_refused_before_the_training() -> None:
    model = nn.Linear(1, 1)
    with pytest.raises(ValueError, match="optimizer: Invalid learning rate: -1"):
        _try_out(model, Target.of({**ADAM, "lr": -1}, "optimizer").make(), None)
    schedule = {"_target_": "torch.optim.lr_scheduler.LinearLR", "_partial_": True, "start_factor": 2}
    with pytest.raises(ValueError, match="scheduler: Starting multiplicative factor"):
        _try_out(model, Target.of(ADAM, "optimizer").make(), build_schedule(Target.of(schedule, "scheduler")))


@pytest.mark.parametrize("classes", [[0, 1, 2], {"a": 0, "b": 1}])
def test_classes_of_other_than_numbers_are_refused(classes: Any) -> None:
    with pytest.raises(ValueError, match=r"classes: expected a class number for each pixel value, got .*; use"):
        ImageFolder(classes=classes)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("seed=-1", "seed: expected 0 to 4294967295, got -1; "),
        ("data.num_workers=-1", "data.num_workers: expected at least 0, got -1; "),
        ("trainer.max_epochs=0", "trainer.max_epochs: expected more than 0, got 0; "),
        ("trainer.limit_test_batches=0", "trainer.limit_test_batches: expected more than 0, got 0; "),
        ("trainer.limit_train_batches=0", "trainer.limit_train_batches: expected more than 0, got 0; "),
    ],
)
def test_a_training_with_an_impossible_value_is_one_line(
    command: Command, capsys: pytest.CaptureFixture[str], override: str, said: str
) -> None:
    assert command("train", *TINY, "loss=dice", override) == 1
    assert capsys.readouterr().err.startswith(f"error: {said}")
    assert not list(Path("outputs").glob("studies/*/*.json"))  # a refused run is in no report
