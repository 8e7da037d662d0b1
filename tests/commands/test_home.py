"""A ``~`` in quotes, which Hydra demands for it, is the home folder in every command."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import TINY, Command
from tests.support import fake_data


@pytest.fixture(autouse=True)
def home(in_empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (in_empty_folder / "home").mkdir()
    monkeypatch.setenv("HOME", str(in_empty_folder / "home"))
    return in_empty_folder / "home"


@pytest.mark.slow
def test_runs_and_their_study(command: Command, home: Path) -> None:
    assert command("train", *TINY, "loss=dice", 'paths.output="~/x"') == 0
    (run,) = (home / "x" / "runs").iterdir()
    assert command("runs", 'paths.output="~/x"') == 0
    assert command("evaluate", f'run="~/x/runs/{run.name}"', "part=val") == 0
    assert (run / "evaluation_val" / "results.json").is_file()
    assert command("report", "study=default", 'paths.output="~/x"') == 0
    assert command("report", 'results="~/x/studies/default/report"', 'out="~/again"') == 0
    assert (home / "again" / "report.html").is_file()
    assert [path.name for path in Path().iterdir()] == ["home"]


@pytest.mark.slow
def test_a_sweep(command: Command, home: Path) -> None:
    assert command("train", *TINY, "loss=unknown", 'paths.output="~/x"', "-m") == 1
    assert command("train", *TINY, "model.width=0", 'paths.output="~/x"', "-m") == 1
    assert len(list((home / "x" / "runs").iterdir())) == 1
    assert [path.name for path in Path().iterdir()] == ["home"]


def test_masks(command: Command, home: Path) -> None:
    for folder in ("masks", "true"):
        fake_data.save(home / folder / "a.png", np.eye(32, dtype=np.uint8) * 255)
    assert command("evaluate", 'predictions="~/masks"', 'targets="~/true"', 'out="~/scores"') == 0
    assert (home / "scores" / "results.json").is_file()


def test_data(command: Command, home: Path) -> None:
    fake_data.write_folder(home / "raw")
    assert command("prepare", "dataset=folder", 'raw="~/raw"', 'paths.data="~/d"') == 0
    assert (home / "d" / "folder" / "dataset.json").is_file()
    assert [path.name for path in Path().iterdir()] == ["home"]
