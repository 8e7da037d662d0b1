"""``cwmi-runs``: states, best scores and time left from run folders."""

from dataclasses import replace
from pathlib import Path

import pytest

from cwmi_seg.files.csv_files import write_rows
from cwmi_seg.files.json_files import write_json
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.members import join_study
from cwmi_seg.study.progress import best_runs, counts, seconds_left, study_progress
from cwmi_seg.study.run_folder import RunFolder
from tests.conftest import Command

IDENTITY = RunIdentity("synthetic", "unet", "dice", 0, 0, "0123abcd")
OUTPUT = Path("outputs")


def joined(fold: int, model: str = "unet") -> Path:
    """A new run of the study, waiting."""
    identity = replace(IDENTITY, fold=fold, model=model)
    join_study(OUTPUT, "week", identity)
    return RunFolder.of(OUTPUT, identity).path


def done(folder: Path, seconds: float, best: float) -> None:
    RunFolder(folder).write_status("done", epoch=4, max_epochs=4, best=best)
    (folder / "config.yaml").touch()
    write_json(folder / "results.json", {"train_seconds": seconds - 1, "test_seconds": 1, "test": {}})


@pytest.mark.usefixtures("in_empty_folder")
def test_time_left_is_the_work_left_shared_by_what_runs() -> None:
    done(joined(0), 100.0, best=0.5)
    done(joined(1), 300.0, best=0.7)
    joined(2)
    assert seconds_left(study_progress(OUTPUT, "week")) == pytest.approx(200.0)
    half = joined(3)
    write_rows(half / "metrics.csv", [{"epoch": 0, "train/seconds": 20.0}, {"epoch": 1, "train/seconds": 30.0}])
    with RunFolder(half).claim():
        RunFolder(half).write_status("running", epoch=2, max_epochs=4, best=0.6)
        runs = study_progress(OUTPUT, "week")
        assert counts(runs) == {"done": 2, "running": 1, "waiting": 1}
        assert seconds_left(runs) == pytest.approx((100 + 300 + 100) / 3 + 50)
        quarter = joined(4)
        with RunFolder(quarter).claim():
            RunFolder(quarter).write_status("running")
            assert seconds_left(study_progress(OUTPUT, "week")) == pytest.approx((2 * 500 / 3 + 50) / 2)
    assert counts(study_progress(OUTPUT, "week")) == {"done": 2, "interrupted": 2, "waiting": 1}


@pytest.mark.usefixtures("in_empty_folder")
def test_nobody_knows_the_time_before_a_run_has_told() -> None:
    joined(0)
    assert seconds_left(study_progress(OUTPUT, "week")) is None


@pytest.mark.usefixtures("in_empty_folder")
def test_the_best_of_each_dataset_and_model() -> None:
    for fold, (model, best) in enumerate([("unet", 0.5), ("unet", 0.7), ("unet", 0.6), ("smp", 0.1)]):
        done(joined(fold, model), 10.0, best)
    leaders = best_runs(study_progress(OUTPUT, "week"))
    assert [(run.identity.model, run.identity.fold) for run in leaders] == [("smp", 3), ("unet", 1)]


def test_the_command_lists_what_needs_a_look(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    done(joined(0), 100.0, best=0.5)
    RunFolder(joined(1)).write_status(
        "failed", epoch=1, max_epochs=4, error="Traceback\nValueError: my\n  own", message="mine"
    )
    joined(2)
    assert command("runs") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "week: 3 runs: 1 done, 1 failed, 1 waiting; about 0:02:55 left"
    assert "f0-s0-0123abcd  val/miou 0.5000" in lines[1]
    assert lines[2].startswith("  failed      synthetic-unet-dice-f1-s0-0123abcd  epoch 1/4  mine  outputs")
    assert len(lines) == 3
    assert command("runs", "study=week", "states=[waiting]") == 0
    assert "f2-s0" in capsys.readouterr().out


@pytest.mark.parametrize(("override", "named"), [("study=other", "'other'"), ("states=[lost]", "lost")])
def test_a_mistake_is_one_clear_line(
    command: Command, capsys: pytest.CaptureFixture[str], override: str, named: str
) -> None:
    joined(0)
    assert command("runs", override) == 1
    assert named in capsys.readouterr().err


def test_no_study_is_one_clear_line(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("runs") == 1
    assert "expected a study in outputs/studies, got none" in capsys.readouterr().err
