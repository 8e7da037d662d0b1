"""A mode that takes the worst score for the best is refused, whatever looks at the score."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torchmetrics.classification import BinaryAccuracy

from cwmi_seg.metrics.betti import BettiError
from cwmi_seg.metrics.directions import Direction, direction_of
from cwmi_seg.metrics.overlap import Overlap
from cwmi_seg.training.monitor_modes import Watched, check_mode, known_directions, watched
from cwmi_seg.training.schedule import Schedule
from cwmi_seg.training.task import SegmentationTask
from tests.conftest import TINY, Command

BETTER: dict[str, Direction] = {"val/miou": "higher", "val/cldice": "higher", "val/vi": "lower", "val/hd": "lower",
                                "train/loss": "lower"}  # fmt: skip


@pytest.mark.parametrize(
    ("monitor", "mode"),
    [
        ("val/miou", "max"),
        ("val/vi", "min"),
        ("train/loss", "min"),
        ("val/miou - 0.01*val/vi", "max"),
        ("0.01*val/vi - val/miou", "min"),
        ("val/vi + 0*val/miou", "min"),
        ("val/own", "min"),
        ("val/own", "max"),
        ("val/vi + 2*val/own", "min"),
        ("val/vi", None),
    ],
)
def test_what_is_better_may_be_called_so(monitor: str, mode: str | None) -> None:
    check_mode(Watched("callbacks.checkpoint", monitor, mode), BETTER)


@pytest.mark.parametrize(
    ("monitor", "mode", "said"),
    [
        ("val/vi", "max", "c.mode: expected min for val/vi, of which less is better, got max; use ++c.mode=min."),
        ("val/miou", "min", "c.mode: expected max for val/miou, of which more is better, got min; use ++c.mode=max."),
        ("train/loss", "max", "c.mode: expected min for train/loss"),
        ("-1*val/miou", "max", "c.mode: expected min for -1*val/miou, of which less is better"),
        ("val/vi + 0.1*val/hd", "max", "c.mode: expected min for val/vi + 0.1*val/hd, of which less is better"),
        (
            "val/miou + 0.01*val/vi", "max",
            "c.monitor: expected a sum of which more is better, for mode=max, got 'val/miou + 0.01*val/vi'; "
            "subtract val/vi, of which less is better.",
        ),
        ("val/vi + val/hd - val/cldice", "max", "c.mode: expected min for val/vi + val/hd - val/cldice, of which less"),
        ("val/miou + val/vi", "min", "for mode=min, got .*; subtract val/miou, of which more is better."),
        ("-val/miou - val/vi", "min", "for mode=min, got .*; add val/vi, of which less is better."),
        ("val/own + val/vi", "max", "for mode=max, got .*; subtract val/vi, of which less is better."),
    ],
)  # fmt: skip
def test_the_worst_is_not_called_the_best(monitor: str, mode: str, said: str) -> None:
    with pytest.raises(ValueError, match=said if ".*" in said else re.escape(said)):
        check_mode(Watched("c", monitor, mode), BETTER)


def test_everything_that_looks_at_a_score_is_found_with_its_mode(tmp_path: Path) -> None:
    callbacks = {
        "checkpoint": ModelCheckpoint(tmp_path, monitor="val/vi", mode="max"),
        "early": EarlyStopping("val/miou"),
        "last": ModelCheckpoint(tmp_path),
    }
    said = partial(ReduceLROnPlateau, mode="max")
    for make, mode in ((said, "max"), (partial(ReduceLROnPlateau), "min"), (lambda optimizer: None, None)):
        found = list(watched(callbacks, Schedule(make, monitor="val/hd")))  # type: ignore[arg-type]
        assert found == [
            ("callbacks.checkpoint", "val/vi", "max"),
            ("callbacks.early", "val/miou", "min"),  # the default of Lightning
            ("scheduler", "val/hd", mode),
        ]


def test_metrics_of_others_say_it_themselves() -> None:
    class Silent(BettiError):
        pass

    assert direction_of(BinaryAccuracy(), "accuracy") == "higher"
    assert direction_of(Silent(), "betti_0_error") is None
    task = SegmentationTask(torch.nn.Identity(), torch.nn.Identity(), torch.optim.Adam, None, val_metrics=[Overlap()])
    assert known_directions(task) == {"train/loss": "lower", "val/miou": "higher", "val/mdice": "higher"}


PLATEAU = ("scheduler=plateau", "scheduler.mode=min")
EARLY = ("+callbacks.early._target_=pytorch_lightning.callbacks.EarlyStopping", "+callbacks.early.monitor=val/miou")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("callbacks.checkpoint.monitor=val/vi",), "callbacks.checkpoint.mode: expected min for val/vi, of which less"),
        (EARLY, "callbacks.early.mode: expected max for val/miou, of which more is better, got min; use ++callbacks.e"),
        (PLATEAU, "scheduler.mode: expected max for val/miou, of which more is better, got min; use ++scheduler.mode"),
    ],
)
def test_it_is_one_line_before_the_training(
    command: Command, capsys: pytest.CaptureFixture[str], line: Any, said: str
) -> None:
    assert command("train", *TINY, *line) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not list(Path("outputs").glob("runs/*/best.ckpt"))
