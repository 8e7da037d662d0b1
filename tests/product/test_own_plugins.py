"""Mistakes in a user's own losses, models and metrics, each said in one line by the train command."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from cwmi_seg.config.target import targets_of
from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.topology.masks import Labels
from cwmi_seg.training.build import build_metrics
from tests.conftest import TINY, Command

ALLOWED = "allowed_targets=[my_plugins]"
Train = Callable[..., int]
PLUGINS = """
import torch
from torch import nn

class NanLater(nn.Module):
    epoch = 0
    def forward(self, logits, target):
        loss = nn.functional.cross_entropy(logits, target)
        return loss * float("nan") if self.epoch == 1 else loss

class Odd(nn.Module):
    def forward(self, logits, target):
        raise ValueError("something odd")

class Vector(nn.Module):
    def forward(self, logits, target):
        return nn.functional.cross_entropy(logits, target, reduction="none")

class Pair(nn.Conv2d):
    def __init__(self, in_channels, num_classes):
        super().__init__(in_channels, num_classes, 1)
    def forward(self, images):
        return super().forward(images), images
"""


@pytest.fixture
def train(command: Command, in_empty_folder: Path) -> Train:
    """``train("loss", yaml, *overrides)`` trains with a yaml of the user's in a group."""
    (in_empty_folder / "my_plugins.py").write_text(PLUGINS)

    def run(group: str, yaml: str, *overrides: str) -> int:
        path = in_empty_folder / "my_conf" / group / "mine.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(yaml)
        tiny = [each for each in TINY if not each.startswith(f"{group}.")]
        return command("train", "--config-dir=my_conf", *tiny, f"{group}=mine", ALLOWED, *overrides)

    return run


def error(capsys: pytest.CaptureFixture[str]) -> str:
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    return line


def test_a_loss_of_nan_fails_the_run_in_its_epoch(train: Train, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("loss", "_target_: my_plugins.NanLater", "trainer.max_epochs=3") == 1
    assert "loss: expected a finite number, got nan in epoch 1; lower optimizer.lr" in error(capsys)
    (run,) = Path("outputs/runs").iterdir()
    assert json.loads((run / "status.json").read_text())["state"] == "failed"
    assert len((run / "metrics.csv").read_text().splitlines()) == 1 + 1


@pytest.mark.parametrize(
    ("group", "yaml", "said"),
    [
        ("loss", "_target_: my_plugins.Vector", r"loss: expected one number, got a tensor \(2, 32, 32\); "),
        ("loss", "_target_: my_plugins.Odd", r"error: something odd \(traceback in outputs/runs/.*/train.log\)$"),
        ("loss", "weight: 1", "loss: expected a yaml with _target_, got only weight; "),
        ("model", "_target_: my_plugins.Pair", "model: expected a tensor of logits, got a tuple; "),
    ],
)
def test_a_mistake_in_an_own_plug_in_is_one_line(
    train: Train, capsys: pytest.CaptureFixture[str], group: str, yaml: str, said: str
) -> None:
    assert train(group, yaml) == 1
    line = error(capsys)
    assert re.search(said, line), line


class Metric(PerImageMetric):
    names = ("a", "b")

    def score(self, prediction: Labels, target: Labels) -> Sequence[float]:
        return (1.0,)


class Word(Metric):
    names = "abc"  # type: ignore[assignment]


def test_a_metric_must_have_a_tuple_of_names_and_as_many_values() -> None:
    with pytest.raises(ValueError, match=r"metrics: expected a tuple in Word.names, got 'abc'; add a comma"):
        build_metrics(targets_of({"word": {"_target_": f"{__name__}.Word"}}, "metrics.test"), 2, None)
    masks = torch.zeros(1, 2, 2, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"Metric.score: expected 2 numbers, one for each of a, b, got \(1.0,\); "):
        Metric().update(masks, masks, torch.tensor([0]))


def test_two_metrics_of_one_stage_have_different_names() -> None:
    overlap = {"_target_": "cwmi_seg.metrics.overlap.Overlap"}
    with pytest.raises(ValueError, match="metrics: expected names that differ, got miou twice; "):
        build_metrics(targets_of({"one": overlap, "two": overlap}, "metrics.test"), 2, None)
