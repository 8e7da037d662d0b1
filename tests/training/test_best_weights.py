"""What is tested are the weights with the best score, and what is saved as best is labelled with it."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import (
    Callback,
    EarlyStopping,
    LearningRateFinder,
    ModelCheckpoint,
    StochasticWeightAveraging,
)
from torch import nn

from cwmi_seg.losses import DiceLoss
from cwmi_seg.metrics.overlap import Overlap
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.training.task import SegmentationTask
from cwmi_seg.training.trainer_checks import check_callbacks, check_device
from tests.conftest import TINY, Command
from tests.support.outputs import only_run

LIVELY = (
    *TINY,
    "loss=dice",
    "dataset.images.num_test=1",
    "optimizer.lr=0.02",
    "dataset.images.num_train=6",
    "trainer.max_epochs=2",
)


def test_best_are_the_weights_that_were_scored_also_within_an_epoch(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three steps an epoch, the second is validated."""
    found: list[tuple[float, dict[str, torch.Tensor]]] = []
    log = SegmentationTask._log_scores

    def watched(task: SegmentationTask, metrics: object, stage: str) -> None:
        if stage == "val":
            score = float(task.val_metrics[0].compute()["miou"])  # type: ignore[operator]
            found.append((score, {key: value.clone() for key, value in task.state_dict().items()}))
        log(task, metrics, stage)  # type: ignore[arg-type]

    monkeypatch.setattr(SegmentationTask, "_log_scores", watched)
    assert command("train", *LIVELY, "+trainer.val_check_interval=2") == 0
    assert len(found) == 2
    score, weights = max(found, key=lambda each: each[0])
    best = torch.load(only_run() / "best.ckpt", weights_only=True)
    assert all(torch.equal(best["state_dict"][key], weights[key]) for key in weights)
    (state,) = (state for key, state in best["callbacks"].items() if key.startswith("ModelCheckpoint"))
    assert float(state["best_model_score"]) == pytest.approx(score)
    assert json.loads((only_run() / "status.json").read_text())["best"] == pytest.approx(score)


@pytest.mark.slow
def test_an_average_of_weights_is_what_is_validated_and_saved(command: Command) -> None:
    average = "{_target_: pytorch_lightning.callbacks.EMAWeightAveraging, decay: 0.5}"
    assert command("train", *LIVELY, f"+callbacks.average={average}") == 0
    assert command("evaluate", f"run={only_run()}", "part=val", "accelerator=cpu") == 0
    scored = json.loads((only_run() / "evaluation_val" / "results.json").read_text())["test"]["miou"]["mean"]
    assert scored == pytest.approx(json.loads((only_run() / "status.json").read_text())["best"])


def test_overfitting_sees_the_same_crops_in_every_epoch(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.Tensor] = []
    step = SegmentationTask.training_step

    def watched(task: SegmentationTask, batch: dict[str, torch.Tensor], batch_idx: int) -> torch.Tensor:
        seen.append(batch["image"])
        return step(task, batch, batch_idx)

    monkeypatch.setattr(SegmentationTask, "training_step", watched)
    assert command("train", *TINY, "loss=dice", "trainer.max_epochs=2", "+trainer.overfit_batches=1") == 0
    assert len(seen) == 2
    assert torch.equal(seen[0], seen[1])


@pytest.mark.slow
def test_a_training_that_ends_within_its_first_epoch_has_results(command: Command) -> None:
    """After two of four steps: the time is over from the start, and two steps are the least."""
    ends = ("+trainer.max_time=00:00:00:00", "+trainer.min_steps=2", "+trainer.min_epochs=0")
    assert command("train", *TINY, "loss=dice", "data.batch_size=1", *ends) == 0
    assert json.loads((only_run() / "results.json").read_text())["train_seconds"] == 0


def test_a_device_without_float64_is_refused() -> None:
    check_device(torch.device("cpu"))
    with pytest.raises(ValueError, match=r"trainer\.accelerator: expected cpu or gpu, got mps.*; use trainer=cpu"):
        check_device(torch.device("mps"))


BEST: dict[str, Any] = {"dirpath": "run", "filename": "best", "monitor": "val/miou", "mode": "max"}


@pytest.mark.parametrize(
    ("callback", "said"),
    [
        (ModelCheckpoint(**{**BEST, "monitor": "nope"}), r"\.monitor: expected val/miou, val/mdice or train/loss, got"),
        (ModelCheckpoint(**{**BEST, "filename": "mine"}), ": expected best.ckpt in the folder of the run.*mine.ckpt;"),
        (ModelCheckpoint(**{**BEST, "dirpath": "other"}), ": expected best.ckpt in the folder of the run.*other/best"),
        (ModelCheckpoint(**BEST, every_n_train_steps=2), ": expected every_n_epochs for the monitor val/miou"),
        (EarlyStopping("val/loss"), r"\.monitor: expected val/miou, val/mdice or train/loss, got val/loss"),
        (LearningRateFinder(), ": expected a callback that leaves the settings of the run alone, got LearningRateF"),
        (StochasticWeightAveraging(0.1), ": expected a network with batch normalization.*use .*EMAWeightAveraging"),
    ],
)
def test_callbacks_that_cannot_work_are_refused(in_empty_folder: Path, callback: Callback, said: str) -> None:
    """``ModelCheckpoint`` was made elsewhere: only its absolute folder counts."""
    if isinstance(callback, ModelCheckpoint):
        callback.dirpath = str(in_empty_folder / Path(str(callback.dirpath)).name)
    task = SegmentationTask(nn.Conv2d(3, 2, 1), DiceLoss(), torch.optim.Adam, val_metrics=[Overlap()])
    with pytest.raises(ValueError, match=rf"^callbacks\.mine{said}"):
        check_callbacks({"mine": callback}, task, RunFolder(Path("run")))


def test_callbacks_that_work_are_not_refused(in_empty_folder: Path) -> None:
    task = SegmentationTask(nn.BatchNorm2d(2), DiceLoss(), torch.optim.Adam, val_metrics=[Overlap()])
    others = {"a": ModelCheckpoint(**{**BEST, "filename": "{epoch}"}), "b": StochasticWeightAveraging(0.1)}
    check_callbacks(
        {"best": ModelCheckpoint(**BEST), "stop": EarlyStopping("train/loss"), **others}, task, RunFolder(Path("run"))
    )


LBFGS = ("optimizer._target_=torch.optim.LBFGS", "~optimizer.betas", "~optimizer.weight_decay")
MONITOR = ("+callbacks.rate._target_=pytorch_lightning.callbacks.LearningRateMonitor",)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [(LBFGS, "optimizer: expected one for a network"), (MONITOR, "Cannot use `LearningRateMonitor` callback with")],
)
def test_what_lightning_or_torch_refuse_late_is_one_line(
    command: Command, capfd: pytest.CaptureFixture[str], overrides: tuple[str, ...], said: str
) -> None:
    assert command("train", *TINY, "loss=dice", *overrides) == 1
    (line,) = capfd.readouterr().err.strip().splitlines()
    assert said in line
    assert not (only_run() / "last.ckpt").exists()
