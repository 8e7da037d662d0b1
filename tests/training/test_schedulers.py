"""Learning rate schedules: stepped when they say, as long as the training, and refused where they cannot be."""

import csv
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from cwmi_seg.config.target import Target
from cwmi_seg.training.schedule import Schedule, build_schedule
from cwmi_seg.training.task import SegmentationTask
from tests.conftest import TINY, Command
from tests.support.interrupted import killed
from tests.support.outputs import only_run

TORCH = "torch.optim.lr_scheduler."


def rates(folder: Path) -> list[float]:
    return [float(row["lr"]) for row in csv.DictReader((folder / "metrics.csv").read_text().splitlines())]


@pytest.mark.slow
def test_a_schedule_of_steps_goes_through_once_also_when_it_is_resumed(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four steps in two epochs; the table has the rate of the last step of each."""
    cycle = (*TINY, "loss=dice", "dataset.images.num_test=1", "trainer.max_epochs=2", "scheduler=one_cycle")
    with monkeypatch.context() as patch:
        killed(patch, epoch=1)
        assert command("train", *cycle) == 1
    assert command("train", *cycle) == 0
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    expected = OneCycleLR(optimizer, max_lr=1e-2, total_steps=4)
    held = []
    for _ in range(4):
        held.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        expected.step()
    assert rates(only_run()) == pytest.approx([held[1], held[3]])


@pytest.mark.parametrize(
    ("name", "key", "values"),
    [("Rprop", "etas", [0.5, 1.2]), ("RAdam", "betas", [0.9, 0.99]), ("Adafactor", "eps", [1e-30, 1e-3])],
)
def test_lists_of_a_config_can_be_loaded_from_a_checkpoint(
    tmp_path: Path, name: str, key: str, values: list[float]
) -> None:
    node = {"_target_": f"torch.optim.{name}", "_partial_": True, key: values}
    optimizer = Target.of(node, "optimizer").make()([torch.zeros(1)])
    steps = {"_target_": f"{TORCH}MultiStepLR", "_partial_": True, "milestones": [1, 2]}
    states = [optimizer.state_dict(), Target.of(steps, "scheduler").make()(optimizer).state_dict()]
    torch.save(states, tmp_path / "states.pt")
    loaded, schedule = torch.load(tmp_path / "states.pt", weights_only=True)
    assert loaded["param_groups"][0][key] == values
    assert schedule["milestones"] == {1: 1, 2: 1}


def schedule(name: str, **keys: Any) -> Schedule:
    found = build_schedule(Target.of({"_target_": f"{TORCH}{name}", "_partial_": True, **keys}, "scheduler"))
    assert found is not None
    return found


def trainer(steps: float = 12, batches: int = 4) -> Any:
    return SimpleNamespace(estimated_stepping_batches=steps, num_training_batches=batches, accumulate_grad_batches=2)


@pytest.mark.parametrize(("interval", "length"), [("step", 12), ("epoch", 6)])
@pytest.mark.parametrize(
    ("name", "key", "others"),
    [("OneCycleLR", "total_steps", {"max_lr": 1.0}), ("PolynomialLR", "total_iters", {}),
     ("CosineAnnealingLR", "T_max", {})],
)  # fmt: skip
def test_a_length_of_null_is_that_of_the_training(
    interval: str, length: int, name: str, key: str, others: dict[str, float]
) -> None:
    made = schedule(name, interval=interval, **{key: None}, **others)
    configured = made.configured(torch.optim.Adam([torch.zeros(1)]), trainer())
    assert configured["interval"] == interval
    assert getattr(configured["scheduler"], key) == length


def test_a_schedule_that_ends_too_early_or_never_is_refused() -> None:
    optimizer = torch.optim.Adam([torch.zeros(1)])
    made = schedule("OneCycleLR", interval="step", max_lr=1.0, total_steps=11)
    with pytest.raises(ValueError, match=r"scheduler.total_steps: expected at least the 12 steps .* got 11; null"):
        made.configured(optimizer, trainer())
    endless = schedule("OneCycleLR", interval="step", max_lr=1.0, total_steps=None)
    with pytest.raises(ValueError, match=r"trainer.max_epochs: expected a number"):
        endless.configured(optimizer, trainer(steps=float("inf")))


@pytest.mark.parametrize(
    ("name", "keys", "said"),
    [
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 8}, "scheduler.interval: expected step or epoch for OneCycleLR"),
        ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0}, "scheduler.interval: expected step or epoch for CyclicLR"),
        ("StepLR", {"step_size": 1, "interval": "batch"}, "scheduler.interval: expected epoch or step, got batch"),
        ("ReduceLROnPlateau", {"mode": "max"}, "scheduler.monitor: expected a value that is logged each epoch"),
        ("StepLR", {"step_size": 1, "monitor": "val/miou"}, "scheduler.monitor: expected none for StepLR"),
    ],
)
def test_a_schedule_that_would_be_stepped_wrongly_is_refused(name: str, keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        schedule(name, **keys)


def epoch_of(task: SegmentationTask, values: dict[str, torch.Tensor], validated: bool) -> None:
    trainer: Any = task.trainer
    trainer.callback_metrics = values
    task._validated = validated
    task.on_train_epoch_end()


def test_a_plateau_is_that_of_the_validated_epochs() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    plateau = ReduceLROnPlateau(optimizer, mode="max", patience=1)
    made = Schedule(partial(ReduceLROnPlateau), monitor="val/miou")
    task = SegmentationTask(torch.nn.Identity(), torch.nn.Identity(), torch.optim.Adam, made)
    held = SimpleNamespace(scheduler=plateau, interval="epoch")
    task.trainer = SimpleNamespace(lr_scheduler_configs=[held])  # type: ignore[assignment]
    values = {"val/miou": torch.tensor(0.5)}
    for validated, rate in ((True, 1.0), (True, 1.0), (False, 1.0), (False, 1.0), (True, 0.1)):
        epoch_of(task, values, validated)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(rate)
    with pytest.raises(ValueError, match=r"scheduler.monitor: expected one of train/loss, got val/miou"):
        epoch_of(task, {"train/loss": torch.tensor(0.5)}, validated=True)
