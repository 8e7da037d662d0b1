"""A run that is killed and goes on elsewhere, or with other files than it left, ends as if it had not been."""

import csv
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from cwmi_seg.callbacks.kept_checkpoints import KeptCheckpoints
from tests.conftest import TINY, Command
from tests.support.interrupted import before_step, killed, scores_are
from tests.support.outputs import only_run
from tests.support.wandb_records import of_type, records

THREE = (*TINY, "loss=dice", "dataset.images.num_test=1", "trainer.max_epochs=3", "optimizer.lr=0.01")
SCORES = (0.9, 0.3, 0.4)


@pytest.mark.slow
def test_a_moved_run_keeps_its_best_epoch_and_its_record(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """W&B, which hands out nothing of the first start, stands for a process that was killed before it wrote."""
    scores_are(monkeypatch, SCORES)
    with monkeypatch.context() as patch:
        killed(patch, epoch=1)
        assert command("train", *THREE, "paths.output=here") == 1
    best = (only_run(Path("here")) / "best.ckpt").read_bytes()
    Path("here").rename("there")
    assert command("train", *THREE, "paths.output=there", "logger=wandb") == 0
    there = only_run(Path("there"))
    assert (there / "best.ckpt").read_bytes() == best
    assert json.loads((there / "results.json").read_text())["best_epoch"] == 0
    table = list(csv.DictReader((there / "metrics.csv").read_text().splitlines()))
    rows = [row["item"] for row in of_type(records(Path("there")), "history")]
    assert [(row["_step"], row["epoch"], row["val/miou"]) for row in rows] == [
        (number, number, pytest.approx(score)) for number, score in enumerate(SCORES)
    ]
    assert [row["train/loss"] for row in rows] == [pytest.approx(float(row["train/loss"])) for row in table]


def saver(folder: Path, **options: Any) -> ModelCheckpoint:
    return ModelCheckpoint(folder, "{epoch}", monitor="val/miou", mode="max", save_top_k=2, **options)


def resumed(saver: ModelCheckpoint, held: dict[str, Any]) -> ModelCheckpoint:
    """As the trainer resumes it from a checkpoint."""
    checkpoint = {"callbacks": {saver.state_key: held}}
    KeptCheckpoints().on_load_checkpoint(SimpleNamespace(checkpoint_callbacks=[saver]), None, checkpoint)  # type: ignore[arg-type]
    saver.load_state_dict(checkpoint["callbacks"][saver.state_key])
    return saver


@pytest.mark.parametrize(
    ("files", "best", "replaced"),
    [
        ({"a": 0.5, "b": 0.7}, "b", "a"),
        ({"a": 0.8, "b": 0.7}, "a", "b"),  # replaced after the last checkpoint to resume from
        ({"a": 0.5}, "a", ""),  # with room for another one
        ({}, "", ""),
    ],
)
def test_the_files_in_the_folder_say_what_the_best_is(
    tmp_path: Path, files: dict[str, float], best: str, replaced: str
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    key = saver(old).state_key
    for name, score in files.items():
        new.mkdir(exist_ok=True)
        torch.save({"callbacks": {key: {"current_score": torch.tensor(score)}}}, new / f"{name}.ckpt")
    paths = {name: str(old / f"{name}.ckpt") for name in "ab"}
    held = {
        "dirpath": str(old), "best_k_models": {paths["a"]: torch.tensor(0.5), paths["b"]: torch.tensor(0.7)},
        "best_model_path": paths["b"], "best_model_score": torch.tensor(0.7),
        "kth_best_model_path": paths["a"], "kth_value": torch.tensor(0.5), "last_model_path": "",
    }  # fmt: skip
    found = resumed(saver(new), held)
    present = {"": "", **{name: str(new / f"{name}.ckpt") for name in "ab"}}
    assert {path: float(score) for path, score in found.best_k_models.items()} == pytest.approx(
        {present[name]: score for name, score in files.items()}
    )
    assert (found.best_model_path, found.kth_best_model_path) == (present[best], present[replaced])
    assert (found.best_model_score is None) == (best == "")


def test_a_folder_that_is_removed_while_the_run_is_trained_is_no_result(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before_step(monkeypatch, 1, lambda: shutil.rmtree("outputs"))
    assert command("train", *THREE) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "expected the folder of the run, got one without config.yaml: it was removed" in line
    assert not (only_run() / "results.json").exists()
    assert not (only_run() / "metrics.csv").exists()
