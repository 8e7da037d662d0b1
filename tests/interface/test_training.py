"""``cwmi_seg.train`` and ``cwmi_seg.sweep``: the runs of the commands, from Python."""

import logging
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose as plain_compose
from hydra import initialize

import cwmi_seg
from cwmi_seg import Mistake
from tests.conftest import FINISHED, TINY, Command
from tests.support.interrupted import before_step

TWO_STEPS = [*TINY, "loss=dice", "trainer.max_epochs=2", "dataset.images.num_train=4"]


def interrupt() -> None:
    raise KeyboardInterrupt


def test_it_is_the_run_of_the_command(finished_run: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The same folder, which is therefore done."""
    run = cwmi_seg.train(FINISHED)
    assert run.folder == finished_run
    assert "done before: outputs/runs/synthetic-unet-dice-f0-s0-" in caplog.text


def test_a_training(in_empty_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    states = random.getstate(), torch.random.get_rng_state(), np.random.get_state(legacy=False)["state"]["key"].copy()
    config = cwmi_seg.compose("train", FINISHED)
    run = cwmi_seg.train(config)
    assert run.state == "done"
    assert run.scores.loc["miou", "mean"] > 0
    assert run.overlay(run.images.index[0]).size == (3 * 32 + 8, 32)
    assert "model    unet, " in caplog.text
    assert "epoch 1/1  train/loss" in caplog.text
    kept = (run.folder / "train.log").read_text()
    assert [message for message in caplog.messages if message not in kept] == []
    assert config.run_folder == ""  # the caller's own, untouched
    assert random.getstate() == states[0]
    assert torch.equal(torch.random.get_rng_state(), states[1])
    assert np.array_equal(np.random.get_state(legacy=False)["state"]["key"], states[2])
    assert logging.getLogger("cwmi_seg").level == logging.NOTSET
    assert [run.name] == [each.name for each in cwmi_seg.Study("default")]


def test_a_config_of_plain_hydra(finished_run: Path) -> None:
    with initialize(version_base="1.3"):
        whole = plain_compose("train", list(FINISHED), return_hydra_config=True)
        part = plain_compose("train", list(FINISHED))
    assert cwmi_seg.train(whole).folder == finished_run
    with pytest.raises(Mistake, match=r"config: expected the names that were chosen in config\.hydra"):
        cwmi_seg.train(part)


def test_a_changed_config_counts(in_empty_folder: Path) -> None:
    config = cwmi_seg.compose("train", FINISHED)
    config.trainer.max_epochs = 0
    with pytest.raises(Mistake, match=r"trainer.max_epochs: expected more than 0, got 0"):
        cwmi_seg.train(config)


@pytest.mark.slow
def test_an_interrupted_cell_leaves_a_run_that_resumes(
    in_empty_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        before_step(patch, 1, interrupt)
        with pytest.raises(KeyboardInterrupt):
            cwmi_seg.train(TWO_STEPS)
    assert signal.getsignal(signal.SIGINT) is before
    (folder,) = Path("outputs/runs").iterdir()
    assert cwmi_seg.Run(folder).state == "interrupted"
    assert "after epoch 1/2; the same command resumes" in caplog.text
    assert "(resumed)" not in caplog.text
    run = cwmi_seg.train(TWO_STEPS)
    assert "(resumed)" in caplog.text
    assert (run.folder, run.state, list(run.epochs.index)) == (folder, "done", [0, 1])


def test_a_run_that_another_process_trains(finished_run: Path) -> None:
    (finished_run / "results.json").unlink()
    code = (
        "from cwmi_seg.study.run_folder import RunFolder; import pathlib, sys\n"
        "with RunFolder(pathlib.Path(sys.argv[1])).claim(): print(flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(finished_run)], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(Mistake, match=f"{finished_run}: expected a free run, got one that another process"):
            cwmi_seg.train(FINISHED)
        holder.communicate("\n")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["loss=dise"], "loss: expected one of .*; perhaps dice is meant"),
        (["model._target_=os.system"], r"model\._target_: os\.system is not allowed"),
        (["dataset=drive", "logger=none"], "dataset.images: data/drive: no prepared dataset here; run cwmi-prepare"),
        ([*TINY, "optimizer.lr=foo"], "optimizer.lr: expected a number, got foo"),
        ([*TINY, "dataset.crop_size=[7,7]"], "crop|32"),
    ],
)
def test_mistakes(in_empty_folder: Path, overrides: list[str], message: str) -> None:
    with pytest.raises(Mistake, match=message) as raised:
        cwmi_seg.train(overrides)
    assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_a_loss_of_ones_own(in_empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("my_own_losses.py").write_text(
        "from torch import nn\n\n\nclass Half(nn.Module):\n    def forward(self, logits, target):\n"
        "        return 0.5 * nn.functional.cross_entropy(logits, target.long())\n"
    )
    Path("mine/loss").mkdir(parents=True)
    Path("mine/loss/half.yaml").write_text("_target_: my_own_losses.Half\n")
    monkeypatch.setattr("sys.path", [*sys.path])
    run = cwmi_seg.train([*TINY, "loss=half", "allowed_targets=[my_own_losses]"], config_dir="mine")
    assert run.config["loss"] == {"_target_": "my_own_losses.Half"}
    assert run.network(accelerator="cpu")(np.zeros((32, 32), np.uint8)).shape == (32, 32)


@pytest.mark.slow
def test_a_sweep(finished_run: Path, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """One of its runs is there before."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    study = cwmi_seg.sweep([*TINY, "loss=dice,jaccard", "study=swept"])
    assert root.handlers == handlers
    shown = capsys.readouterr().out
    assert "sweep    2 runs, 1 of them done before" in shown
    assert "sweep    2 runs: 2 done" in shown
    assert sorted(study.runs["loss"]) == ["dice", "jaccard"]
    assert set(study.runs["state"]) == {"done"}
    assert (Path("outputs/studies/swept/report") / "report.html").is_file()
    assert command("train", "-m", *TINY, "loss=dice,jaccard", "study=swept") == 0
    assert "sweep    2 runs, 2 of them done before" in capsys.readouterr().out


def test_a_sweep_with_a_mistake_trains_nothing(in_empty_folder: Path) -> None:
    with pytest.raises(Mistake, match="loss: expected one of"):
        cwmi_seg.sweep([*TINY, "loss=dice,dise"])
    assert not Path("outputs/runs").exists()
