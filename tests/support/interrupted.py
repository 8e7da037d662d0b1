"""Trainings that a test steers: validation scores that it chooses, and a kill in the middle of an epoch."""

from collections.abc import Callable, Sequence

import pytest
import torch

from cwmi_seg.training.task import SegmentationTask


def scores_are(patch: pytest.MonkeyPatch, scores: Sequence[float]) -> None:
    """Let the n-th validation, counted by epochs, have the n-th of the scores."""

    def log(task: SegmentationTask, _: object, stage: str) -> None:
        if stage == "val":
            task.log("val/miou", scores[task.current_epoch])
        else:
            SCORE(task, _, stage)  # type: ignore[arg-type]

    patch.setattr(SegmentationTask, "_log_scores", log)


SCORE = SegmentationTask._log_scores
STEP = SegmentationTask.training_step


def before_step(patch: pytest.MonkeyPatch, epoch: int, do: Callable[[], object]) -> None:
    """Do something before the second step of an epoch."""

    def step(task: SegmentationTask, batch: object, batch_idx: int) -> torch.Tensor:
        if (task.current_epoch, batch_idx) == (epoch, 1):
            do()
        return STEP(task, batch, batch_idx)  # type: ignore[arg-type]

    patch.setattr(SegmentationTask, "training_step", step)


def killed(patch: pytest.MonkeyPatch, epoch: int) -> None:
    """Let the process end there, as far as the run folder can tell."""

    def die() -> None:
        raise RuntimeError("killed")

    before_step(patch, epoch, die)
