"""Mistakes in a user's own losses, models and metrics, each said in one line by the train command."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

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
