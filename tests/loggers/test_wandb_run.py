"""What a W&B record holds, read back offline by wandb's own reader."""

import json
from pathlib import Path

import pytest
import torch

from cwmi_seg.datasets.synthetic_classes import CLASSES
from cwmi_seg.losses import DiceLoss
from tests.conftest import TINY, Command
from tests.support.wandb_records import of_type, records


def test_a_run_is_recorded_with_its_config_a_row_an_epoch_and_images(command: Command) -> None:
    assert command("train", *TINY, "logger=wandb", "loss=dice", "study=thin", "trainer.max_epochs=2") == 0
    found = records(Path("outputs"))
    (run,) = of_type(found, "run")
    config = run["config"]["update"]
    assert (config["dataset"], config["model"], config["loss"], config["fold"]) == ("synthetic", "unet", "dice", 0)
    assert config["config"]["model"]["width"] == 2
    assert (run["run_group"], run["job_type"]) == ("thin", "train")
    rows = [row["item"] for row in of_type(found, "history")]
    assert [row["epoch"] for row in rows] == [0, 1]
    assert all({"train/loss", "val/miou"} <= row.keys() for row in rows)
    assert sum(key.endswith("masks.prediction.path") for key in rows[-1]) == 3
    assert next(of_type(found, "exit")).get("exit_code", 0) == 0


@pytest.mark.slow
def test_classes_are_a_table_and_have_their_names(command: Command) -> None:
    small = ("dataset=synthetic_classes", "dataset.images.size=64", "dataset.images.num_train=2",
             "dataset.images.num_val=1", "dataset.images.num_test=1", "model.width=2", "data.batch_size=2",
             "trainer=cpu", "trainer.max_epochs=1", "loss=dice", "logger=wandb")  # fmt: skip
    assert command("train", *small) == 0
    rows = [row["item"] for row in of_type(records(Path("outputs")), "history")]
    assert rows[-1]["test/classes._type"] == "table-file"
    (table,) = Path("outputs").rglob("classes_*.table.json")
    content = json.loads(table.read_text())
    assert content["columns"][:4] == ["class", "images", "dataset_iou", "iou"]
    assert [row[0] for row in content["data"]] == list(CLASSES)
    assert "pavement" in json.dumps([row for row in rows if any("masks" in key for key in row)]) or any(
        "pavement" in path.read_text(errors="ignore") for path in Path("outputs").rglob("*.json")
    )


@pytest.mark.slow
def test_a_run_that_fails_is_recorded_as_failed(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> torch.Tensor:
        raise RuntimeError("power cut")

    monkeypatch.setattr(DiceLoss, "forward", broken)
    assert command("train", *TINY, "logger=wandb", "loss=dice") == 1
    assert next(of_type(records(Path("outputs")), "exit"))["exit_code"] == 1
