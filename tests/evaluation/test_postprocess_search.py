"""The search of a post-processing on validation images."""

import json
from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.evaluation import postprocess_search
from cwmi_seg.evaluation.postprocess_search import search_postprocessing
from cwmi_seg.prediction.postprocess import Postprocessing
from tests.conftest import Command


def dotted(target: np.ndarray) -> np.ndarray:
    """A prediction that is right but for dots of 4 pixels and holes of one."""
    mask = target.copy()
    for row, column in ((3, 3), (3, 20), (25, 10)):
        if not target[max(row - 2, 0) : row + 4, max(column - 2, 0) : column + 4].any():
            mask[row : row + 2, column : column + 2] = 1
    return mask


@pytest.mark.slow
def test_dots_are_removed_and_nothing_else(
    command: Command, finished_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    truths = [np.zeros((32, 32), np.uint8) for _ in range(2)]
    for truth in truths:
        truth[12:22, 4:28] = 1
        truth[15, 9:12] = 0  # a hole that belongs there
    masks = [(dotted(truth), truth) for truth in truths]
    assert any((mask != truth).any() for mask, truth in masks)
    monkeypatch.setattr(postprocess_search, "_masks", lambda *_: iter(masks))
    assert command("evaluate", f"run={finished_run}", "part=val", "postprocess=search") == 0
    out = capsys.readouterr().out
    assert out.count("val/miou") == 1 + 1 + 4 + 4
    assert f"next     cwmi-predict run={finished_run} images=FOLDER out=FOLDER keep_largest=true\n" in out
    best, *others = json.loads((finished_run / "evaluation_val/postprocess.json").read_text())
    assert best["scores"]["miou"] == 1
    assert len(others) == 9
    assert next(trial for trial in others if trial["fill_holes"])["scores"]["miou"] < 1


def test_the_masks_are_those_of_the_network_and_the_best_comes_first(
    command: Command, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (best, *others) = search_postprocessing(finished_run, Path("out"))
    (plain,) = [trial for trial in [best, *others] if trial.postprocessing == Postprocessing()]
    assert command("evaluate", f"run={finished_run}", "part=val", "out=plain") == 0
    scores = json.loads(Path("plain/results.json").read_text())["test"]
    for name, value in plain.scores.items():
        assert value == pytest.approx(scores[name]["mean"], abs=1e-6)
    assert best.value == max(trial.value for trial in [best, *others])


def test_test_images_choose_nothing(command: Command, finished_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for said, line in {
        "part=test": "part: expected val or train for a search, got test",
        "postprocess=best": "postprocess: expected search or null, got best",
    }.items():
        words = ["postprocess=search", said] if said.startswith("part") else [said]
        assert command("evaluate", f"run={finished_run}", *words) == 1
        assert line in capsys.readouterr().err
