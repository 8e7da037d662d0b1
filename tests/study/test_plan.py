"""``cwmi-train -m``: what is planned, launched, skipped and told."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hydra.core.plugins import Plugins

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.reporting.analysis import Options
from cwmi_seg.reporting.study_report import write_reports
from cwmi_seg.study import members
from cwmi_seg.training import child
from tests.conftest import TINY, Command
from tests.support.jobs import described

ACTS = """
import json, os, pathlib, sys
folder = pathlib.Path(sys.argv[1]).parent
loss, fold = folder.name.split("-")[2:4]
with open("trained.txt", "a") as file:
    print(loss, fold, file=file)
todo = json.loads(pathlib.Path("todo.json").read_text()).get(loss, "results")
if todo == "raise":
    raise RuntimeError("boom in " + folder.name)
if todo == "exit":
    sys.exit(3)
if todo == "kill":
    os.kill(os.getpid(), 9)
(folder / "config.yaml").touch()
(folder / "results.json").write_text(json.dumps({"test": {"miou": {"mean": 0.5, "std": 0.1}}}))
"""


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch, in_empty_folder: Path) -> None:
    """Children that do what ``todo.json`` says of their loss instead of a training."""
    monkeypatch.setattr(child, "COMMAND", (sys.executable, "-c", ACTS))
    monkeypatch.setattr("cwmi_seg.reporting.study_report.write_reports", lambda studies, report_config: None)
    todo()


def todo(**losses: str) -> None:
    Path("todo.json").write_text(json.dumps(losses))


def trained() -> list[str]:
    """Losses and folds that were trained since the last call, in order."""
    lines = Path("trained.txt").read_text().splitlines() if Path("trained.txt").exists() else []
    Path("trained.txt").unlink(missing_ok=True)
    return lines


@pytest.mark.slow
@pytest.mark.usefixtures("pretend")
def test_no_failure_ends_the_sweep_and_the_same_command_trains_what_is_left(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    todo(dice="raise", cwmi="exit", cwmi_real="kill")
    grid = ("-m", *TINY, "loss=dice,cwmi,cwmi_real,cross_entropy", "study=grid")
    assert command("train", *grid) == 1
    assert trained() == ["dice f0", "cwmi f0", "cwmi_real f0", "cross_entropy f0"]
    shown = capsys.readouterr().out
    assert "sweep    4 runs: 1 done, 3 failed" in shown
    assert shown.count("start ") == 4
    for cause in ("exit status 1", "exit status 3", "killed by SIGKILL"):
        assert cause in shown
    runs = members.study_runs(Path("outputs"), "grid")
    assert [identity.loss for folder, identity in runs.items() if folder.is_done()] == ["cross_entropy"]
    (dice,) = (folder for folder, identity in runs.items() if identity.loss == "dice")
    assert "boom in " in dice.log.read_text()
    assert str(dice.log) in shown
    todo()
    assert command("train", *grid) == 0
    assert trained() == ["dice f0", "cwmi f0", "cwmi_real f0"]


@pytest.mark.slow
@pytest.mark.usefixtures("pretend")
def test_sweeps_that_overlap_share_runs_and_overwrite_does_not_skip(command: Command) -> None:
    command("train", "-m", *TINY, "loss=dice", "fold=0,1", "study=a")
    command("train", "-m", *TINY, "loss=dice", "fold=range(1,3)", "study=b", "paths.data=elsewhere")
    assert trained() == ["dice f0", "dice f1", "dice f2"]
    assert len(list(Path("outputs/runs").iterdir())) == 3
    command("train", "-m", *TINY, "loss=dice", "fold=0", "study=b", "overwrite=true")
    assert trained() == ["dice f0"]
    assert [len(members.study_runs(Path("outputs"), study)) for study in "ab"] == [2, 3]


@pytest.mark.usefixtures("pretend")
def test_every_planned_run_is_a_member_before_the_first_is_trained(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cwmi_seg.commands.train.train_in_child", lambda job: 1 / 0)
    assert command("train", "-m", *TINY, "loss=dice", "fold=0,1") == 1
    runs = members.study_runs(Path("outputs"), "default")
    assert [folder.state() for folder in runs] == ["waiting"] * 2


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.usefixtures("pretend")
def test_the_report_of_a_sweep_has_the_choices_of_the_report_config(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr("cwmi_seg.reporting.study_report.write_reports", write_reports)
    monkeypatch.setattr(
        "cwmi_seg.reporting.study_report.report_study", lambda output, study, **choices: made.append(choices)
    )
    shutil.copytree(conf_dir(), "mine")
    own = Path("mine/report.yaml")
    changed = own.read_text().replace("\nbaseline: null", "\nbaseline: dice").replace("wandb: true", "wandb: false")
    own.write_text(changed)
    for place in ([], [f"--config-path={Path('mine').absolute()}"]):
        assert command("train", *place, "-m", *TINY, "loss=dice") == 0
    own.write_text("basline: dice\n" + own.read_text())
    assert command("train", *place, "-m", *TINY, "loss=dice") == 0
    default = Options.default()
    assert [(choices["options"], choices["wandb"], choices["logger"]) for choices in made] == [
        (default, True, {}),
        (replace(default, baseline="dice"), False, {}),
        (None, True, {}),
    ]
    assert "report   with the defaults, since the config of cwmi-report does not compose" in capsys.readouterr().out


@pytest.mark.parametrize(
    "mistake",
    [
        "loss=dice,unknown",
        "loss._target_=os.system",
        pytest.param("model.widht=3", marks=pytest.mark.slow),
        pytest.param("study=a/b", marks=pytest.mark.slow),
    ],
)
@pytest.mark.usefixtures("pretend")
def test_a_mistake_in_one_cell_ends_the_command_before_any_training(
    command: Command, capfd: pytest.CaptureFixture[str], mistake: str
) -> None:
    assert command("train", "-m", *TINY, "fold=0,1", mistake) == 1
    assert trained() == []
    assert "Traceback" not in capfd.readouterr().err


def test_a_seed_that_follows_the_run_seed_leaves_the_hash_alone_and_an_own_seed_does_not() -> None:
    hashes = []
    for own, seed in (("${seed}", 0), ("${seed}", 1), ("7", 1)):
        job = described(f"dataset.images.seed={own}", f"seed={seed}")
        images = job.spec.dataset.images
        assert (job.identity.seed, images.arguments["seed"]) == (seed, 7 if own == "7" else seed)
        hashes.append(job.identity.hash)
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.slow
def test_a_real_child_trains_as_the_command_itself_does(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    assert command("train", "-m", *TINY, "loss=dice", "paths.output=swept") == 0
    command("train", *TINY, "loss=dice", "paths.output=single")
    (swept,), (single,) = (Path(output, "runs").iterdir() for output in ("swept", "single"))
    assert swept.name == single.name
    assert (swept / "test_images.csv").read_text() == (single / "test_images.csv").read_text()
    assert {path.name for path in single.iterdir()} <= {path.name for path in swept.iterdir()}
    assert (Path("swept") / "studies" / "default" / "report" / "report.md").is_file()


def test_a_sweep_of_no_run_is_a_mistake(command: Command, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("train", "-m", *TINY, "loss=glob(zz*)") == 1
    assert "sweep: expected at least one run, got none; check the glob" in capfd.readouterr().err
