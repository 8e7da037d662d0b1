"""Run folders as the first versions wrote them stay of use: resumed, reported, evaluated, predicted from.

``goldens/run_folders`` holds the same training twice, whole and killed after three of six epochs, with what the network
of the whole one predicted for an image.
"""

import csv
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.conftest import Command

GOLDENS = Path(__file__).parents[1] / "goldens" / "run_folders"
NAME = "synthetic-unet-cwmi-f0-s0-feda22eb"
TRAINING = (
    "experiment=smoke",
    "model.width=1",
    "optimizer.lr=0.03",
    "data.crops_per_image=16",
    "trainer.max_epochs=6",
    "study=golden",
)


@pytest.fixture
def finished(in_empty_folder: Path) -> Path:
    """A copy of the whole run, in ``outputs``."""
    shutil.copytree(GOLDENS / "finished", in_empty_folder / "outputs")
    return Path("outputs/runs") / NAME


def scores(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, index_col="name").drop(columns=["index", "group"], errors="ignore")


def test_the_same_command_knows_a_finished_run(
    command: Command, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (finished / "results.json").read_bytes()
    assert command("train", *TRAINING) == 0
    assert "done before" in capsys.readouterr().out
    assert (finished / "results.json").read_bytes() == before
    assert [folder.name for folder in Path("outputs/runs").iterdir()] == [NAME]


@pytest.mark.slow
def test_the_same_command_resumes_an_interrupted_run(command: Command, in_empty_folder: Path) -> None:
    shutil.copytree(GOLDENS / "interrupted", "outputs")
    assert command("train", *TRAINING) == 0
    run, whole = Path("outputs/runs") / NAME, GOLDENS / "finished/runs" / NAME
    with (run / "metrics.csv").open() as resumed, (whole / "metrics.csv").open() as uninterrupted:
        pairs = list(zip(csv.DictReader(resumed), csv.DictReader(uninterrupted), strict=True))
    assert len(pairs) == 6
    losses = [tuple(float(row["train/loss"]) for row in pair) for pair in pairs]
    assert all(ours == theirs for ours, theirs in losses[:3])
    # after that the last bit of a sum decides: it doubles from step to step in a network this small at a rate this high
    assert losses[3][0] == pytest.approx(losses[3][1], rel=5e-4)
    assert [ours for ours, _ in losses[4:]] == pytest.approx([theirs for _, theirs in losses[4:]], rel=1e-2)
    assert scores(run / "test_images.csv").shape == scores(whole / "test_images.csv").shape


def test_it_is_evaluated_with_the_scores_that_it_had(command: Command, finished: Path) -> None:
    assert command("evaluate", f"run={finished}", "out=again") == 0
    pd.testing.assert_frame_equal(scores(Path("again/images.csv")), scores(finished / "test_images.csv"), atol=2e-3)


def test_it_predicts_what_it_predicted(command: Command, finished: Path) -> None:
    Path("images").mkdir()
    shutil.copy(GOLDENS / "predicted/image.png", "images")
    assert command("predict", f"run={finished}", "images=images", "out=out") == 0
    ours, theirs = (np.asarray(Image.open(p)) for p in ("out/masks/image.png", GOLDENS / "predicted/mask.png"))
    assert (ours != theirs).mean() < 1e-3
    assert 0.05 < (ours > 0).mean() < 0.95


def test_it_is_reported(command: Command, finished: Path) -> None:
    assert command("report", "study=golden", "wandb=false") == 0
    runs = pd.read_csv("outputs/studies/golden/report/runs.csv")
    assert list(runs["state"]) == ["done"]
    assert runs["test/miou"][0] == pytest.approx(0.7488, abs=1e-4)
