"""``cwmi-train -m``: what is planned, launched, skipped and told."""

import json
import sys
from pathlib import Path

import pytest
from hydra.core.plugins import Plugins

from cwmi_seg import child, sweep
from tests.conftest import TINY, Command

ACTS = """
import json, os, pathlib, sys
from cwmi_seg.job import Job
job = Job.load(pathlib.Path(sys.argv[1]))
with open("trained.txt", "a") as file:
    print(job.identity.loss, job.identity.fold, file=file)
todo = json.loads(pathlib.Path("todo.json").read_text()).get(job.identity.loss, "results")
if todo == "raise":
    raise RuntimeError("boom in " + job.identity.name)
if todo == "exit":
    sys.exit(3)
if todo == "kill":
    os.kill(os.getpid(), 9)
(job.folder / "results.json").write_text(json.dumps({"test": {"miou": {"mean": 0.5, "std": 0.1}}}))
"""


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch, in_empty_folder: Path) -> None:
    """Children that do what ``todo.json`` says of their loss instead of a training."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    monkeypatch.setattr(child, "COMMAND", (sys.executable, "-c", ACTS))
    todo()


def todo(**losses: str) -> None:
    Path("todo.json").write_text(json.dumps(losses))


def trained() -> list[str]:
    """Losses and folds that were trained since the last call, in order."""
    lines = Path("trained.txt").read_text().splitlines() if Path("trained.txt").exists() else []
    Path("trained.txt").unlink(missing_ok=True)
    return lines


@pytest.mark.usefixtures("pretend")
def test_no_failure_ends_the_sweep_and_the_same_command_trains_what_is_left(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    todo(dice="raise", cwmi="exit", cwmi_real="kill")
    grid = ("-m", *TINY, "loss=dice,cwmi,cwmi_real,cross_entropy", "study=grid")
    assert command("train", *grid) == 1
    assert trained() == ["dice 0", "cwmi 0", "cwmi_real 0", "cross_entropy 0"]
    shown = capsys.readouterr().out
    assert "sweep    4 runs: 1 done, 3 failed" in shown
    assert shown.count("start ") == 4
    for cause in ("exit status 1", "exit status 3", "killed by SIGKILL"):
        assert cause in shown
    runs = sweep.study_runs(Path("outputs"), "grid")
    assert [identity.loss for folder, identity in runs.items() if sweep.is_done(folder)] == ["cross_entropy"]
    (dice,) = (folder for folder, identity in runs.items() if identity.loss == "dice")
    assert "boom in " in (dice / "train.log").read_text()
    assert str(dice / "train.log") in shown
    todo()
    assert command("train", *grid) == 0
    assert trained() == ["dice 0", "cwmi 0", "cwmi_real 0"]
    assert command("train", *grid) == 0
    assert trained() == []


@pytest.mark.usefixtures("pretend")
def test_sweeps_that_overlap_share_runs_and_overwrite_does_not_skip(command: Command) -> None:
    command("train", "-m", *TINY, "loss=dice", "fold=0,1", "study=a")
    command("train", "-m", *TINY, "loss=dice", "fold=range(1,3)", "study=b", "paths.data=elsewhere")
    assert trained() == ["dice 0", "dice 1", "dice 2"]
    assert len(list(Path("outputs/runs").iterdir())) == 3
    command("train", "-m", *TINY, "loss=dice", "fold=0", "study=b", "overwrite=true")
    assert trained() == ["dice 0"]
    assert [len(sweep.study_runs(Path("outputs"), study)) for study in "ab"] == [2, 3]


@pytest.mark.usefixtures("pretend")
def test_every_planned_run_is_a_member_before_the_first_is_trained(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cwmi_seg.train.train_in_child", lambda job: 1 / 0)
    assert command("train", "-m", *TINY, "loss=dice,cwmi", "fold=0,1") == 1
    runs = sweep.study_runs(Path("outputs"), "default")
    assert [sweep.run_state(folder) for folder in runs] == ["waiting"] * 4


@pytest.mark.usefixtures("pretend")
def test_a_broken_launcher_still_tells_what_is_done(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no cluster")

    command("train", "-m", *TINY, "loss=dice")
    launcher = Plugins.instance().class_name_to_class["hydra._internal.core_plugins.basic_launcher.BasicLauncher"]
    monkeypatch.setattr(launcher, "launch", broken)
    assert command("train", "-m", *TINY, "loss=dice,cwmi") == 1
    shown = capsys.readouterr().out
    assert "launcher OSError: no cluster" in shown
    assert "2 runs: 1 done, 1 waiting" in shown


@pytest.mark.parametrize("mistake", ["model.widht=3", "loss=dice,unknown", "study=a/b", "loss._target_=os.system"])
@pytest.mark.usefixtures("pretend")
def test_a_mistake_in_one_cell_ends_the_command_before_any_training(
    command: Command, capfd: pytest.CaptureFixture[str], mistake: str
) -> None:
    assert command("train", "-m", *TINY, "fold=0,1", mistake) == 1
    assert trained() == []
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.usefixtures("pretend")
def test_a_seed_that_follows_the_run_seed_leaves_the_hash_alone_and_an_own_seed_does_not(command: Command) -> None:
    for seed in ("${seed}", "7"):
        command("train", "-m", *TINY, "loss=dice", "seed=0,1", f"dataset.images.seed={seed}")
    hashes = [folder.name.rpartition("-")[2] for folder in sorted(Path("outputs/runs").iterdir())]
    assert len(hashes) == 4
    assert len(set(hashes)) == 2


def test_a_real_child_trains_as_the_command_itself_does(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    assert command("train", "-m", *TINY, "loss=dice", "paths.output=swept") == 0
    command("train", *TINY, "loss=dice", "paths.output=single")
    (swept,), (single,) = (Path(output, "runs").iterdir() for output in ("swept", "single"))
    assert swept.name == single.name
    assert (swept / "test_images.csv").read_text() == (single / "test_images.csv").read_text()
    assert {path.name for path in single.iterdir()} <= {path.name for path in swept.iterdir()}
