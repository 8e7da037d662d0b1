"""Trainings on volumes, from the command to the scores."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cwmi_seg.config.target import targets_of
from cwmi_seg.datasets.synthetic_volumes import SyntheticVolumes
from cwmi_seg.files.json_files import read_json
from cwmi_seg.losses import CWMILoss, DiceLoss, SkeaTopoLoss, WeightedSumLoss
from cwmi_seg.study.identity import settings
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.training.axes import fit_loss
from cwmi_seg.training.build import build_metrics
from cwmi_seg.training.results import units_of
from tests.conftest import Command
from tests.support.interrupted import killed
from tests.support.outputs import only_run, scores
from tests.support.volume_runs import VOLUMES
from tests.support.volume_source import NumberedVoxels

CWMI = ("loss=cwmi", "loss.num_scales=2", "loss.warmup_epochs=0")


def rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(scores(folder).splitlines()))


def test_a_run_on_volumes_leaves_what_one_on_images_leaves(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("train", *VOLUMES, *CWMI, "augmentation=volumes", "dataset.structure_share=0.5") == 0
    folder = only_run()
    assert "4 train, 2 val, 2 test volumes" in capsys.readouterr().out
    assert [row["name"] for row in rows(folder)] == ["test_0006", "test_0007"]
    assert {"vi", "betti_2_error", "hd95"} <= set(rows(folder)[0])
    results = RunFolder(folder).results()
    assert results is not None
    assert results.units == {"hd": "voxels", "hd95": "voxels"}
    mask = np.load(folder / "predictions" / "test_0006.npz")["mask"]
    assert mask.shape == (16, 16, 16)
    with Image.open(folder / "overlays" / "test_0006.png") as picture:
        assert picture.size == (3 * 32 + 8, 32)
    info = RunFolder(folder).info()
    assert (info.dimensions, info.spacing) == (3, (1.0, 1.0, 1.0))


@pytest.mark.slow
def test_a_killed_training_on_volumes_ends_as_if_it_had_not_been(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = (*VOLUMES, *CWMI, "trainer.max_epochs=2", "dataset.structure_share=0.5", "augmentation=volumes")
    assert command("train", *two, "paths.output=whole") == 0
    with monkeypatch.context() as patch:
        killed(patch, epoch=1)
        assert command("train", *two) == 1
    assert command("train", *two) == 0
    assert scores(only_run()) == scores(only_run(Path("whole")))


@pytest.mark.slow
def test_blocks_of_a_volume_are_rows_of_its_group(command: Command) -> None:
    assert command("train", *VOLUMES, "loss=dice", "dataset.test_block=[8,16,16]") == 0
    found = [(row["name"], row["group"]) for row in rows(only_run())]
    assert found == [
        ("test_0006_z0_y0_x0", "0006"), ("test_0006_z8_y0_x0", "0006"),
        ("test_0007_z0_y0_x0", "0007"), ("test_0007_z8_y0_x0", "0007"),
    ]  # fmt: skip
    assert command("evaluate", f"run={only_run()}") == 0
    again = list(csv.DictReader((only_run() / "evaluation_test" / "images.csv").read_text().splitlines()))
    assert [(row["name"], row["miou"]) for row in again] == [(row["name"], row["miou"]) for row in rows(only_run())]
    kept = RunFolder(only_run()).confusions()
    assert kept is not None
    assert list(kept.names) == [name for name, _ in found]
    assert kept.matrices.sum((1, 2)).tolist() == [8 * 16 * 16] * len(found)


@pytest.mark.slow
def test_a_network_of_images_trains_on_slices_and_is_scored_on_volumes(command: Command) -> None:
    assert command("train", *VOLUMES, *CWMI, "dataset.crop_size=[16,16]", "dataset.slices=true") == 0
    folder = only_run()
    weights = torch.load(folder / "best.ckpt", weights_only=True)["state_dict"]
    assert {value.ndim for name, value in weights.items() if name.endswith("head.weight")} == {4}
    assert [row["name"] for row in rows(folder)] == ["test_0006", "test_0007"]
    assert "betti_2_error" in rows(folder)[0]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("metrics=default",), "metrics: expected metrics of volumes, got"),
        (("loss=unet_weighted",), "loss: expected one for volumes, got UNetWeightedLoss"),
        (("model=smp", "~model.width"), "model: expected a network for volumes, got SMPModel"),
        (("dataset.crop_size=[8,8]",), "dataset.crop_size: expected depth, height and width"),
    ],
)
def test_what_is_made_for_images_is_refused_in_one_line(
    command: Command, capsys: pytest.CaptureFixture[str], overrides: tuple[str, ...], said: str
) -> None:
    kept = [override for override in VOLUMES if "model.width" not in override or "~model.width" not in overrides]
    assert command("train", *kept, *(override for override in overrides if not override.startswith("~"))) == 1
    assert said in capsys.readouterr().err


def test_later_keys_at_their_neutral_values_rename_no_run() -> None:
    before: dict[str, dict[str, Any]] = {"dataset": {"crop_size": [8, 8]}, "model": {"width": 4}}
    neutral = {"structure_share": 0.0, "slices": False, "test_block": None}
    assert settings({**before, "dataset": {**before["dataset"], **neutral}}) == settings(before)
    assert settings({**before, "dataset": {**before["dataset"], "slices": True}}) != settings(before)


def test_metrics_are_told_the_spacing_where_the_config_leaves_it_open() -> None:
    targets = {
        "open": {"_target_": "cwmi_seg.metrics.hausdorff.Hausdorff", "spacing": None},
        "given": {"_target_": "cwmi_seg.metrics.surface_dice.SurfaceDice", "spacing": [2, 1, 1]},
    }
    metrics = build_metrics(targets_of(targets, "metrics.test"), 2, None, 3, (30.0, 6.0, 6.0))
    truth, made = np.zeros((2, 6, 4, 4), np.int32)
    truth[1, 1, 1] = made[4, 1, 1] = 1
    assert metrics[0].score(made, truth)[0] == 90
    assert metrics[1].spacing == (2.0, 1.0, 1.0)
    assert units_of(metrics, 3, (30.0, 6.0, 6.0), "nm") == dict.fromkeys(("hd", "hd95"), "nm (spacing 30 x 6 x 6)")
    assert units_of(metrics, 3, (1.0, 6.0, 6.0), "nm") == dict.fromkeys(("hd", "hd95"), "spacing 30 x 6 x 6")
    unknown = build_metrics(targets_of(targets, "metrics.test"), 2, None, 3, None)
    assert units_of(unknown, 3, None, "") == {"hd": "voxels", "hd95": "voxels"}
    assert units_of(unknown, 2, None, "") == {}


@pytest.mark.slow
def test_scores_of_a_run_are_in_the_unit_of_its_dataset(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        solids = SyntheticVolumes("tubes", shape=(16, 16, 16), seed=number)
        for folder, values in zip(("images", "masks"), solids.read(0), strict=True):
            path = Path("raw", folder, f"{number}.npy")
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, values.reshape(16, 16, 16))
    said = ("dataset.preparer.spacing=[3,0.5,0.5]", "dataset.preparer.unit=mm")
    assert command("prepare", "dataset=folder_volumes", "raw=raw", "name=mine", *said) == 0
    kept = [
        override for override in VOLUMES if not override.startswith(("dataset.images.", "dataset=", "dataset.crop"))
    ]
    call = ("dataset=mine", "split=kfold", "split.num_folds=3", "loss=dice", "dataset.crop_size=[8,16,16]")
    assert command("train", *call, *kept) == 0
    assert "mm (spacing 3 x 0.5 x 0.5)" in capsys.readouterr().out
    results = RunFolder(only_run()).results()
    assert results is not None
    assert results.units == dict.fromkeys(("hd", "hd95"), "mm (spacing 3 x 0.5 x 0.5)")
    assert command("evaluate", f"run={only_run()}") == 0
    again = read_json(only_run() / "evaluation_test" / "results.json")
    assert again["units"] == results.units
    assert again["test"]["hd"]["mean"] == results.test["hd"].mean
    assert command("evaluate", f"run={only_run()}", "metrics=volumes", "metrics.test.hausdorff.spacing=[1,1,1]") == 0
    voxels = read_json(only_run() / "evaluation_test" / "results.json")
    assert voxels["units"]["hd"] == "voxels"
    assert voxels["test"]["hd"]["mean"] != results.test["hd"].mean


def test_a_loss_is_told_the_spacing_where_the_config_leaves_it_open() -> None:
    source = NumberedVoxels([(4, 4, 4)], spacing=(30, 6, 6))
    open_, given = CWMILoss(), CWMILoss(spacing=(2, 1, 1))
    both = WeightedSumLoss({"dice": DiceLoss(), "cwmi": open_}, {"dice": 1, "cwmi": 1})
    for loss in (both, given):
        fit_loss(loss, source.info)
    assert open_.spacing == (30.0, 6.0, 6.0)
    assert given.spacing == (2.0, 1.0, 1.0)
    of_slices = CWMILoss()
    fit_loss(of_slices, source.info, slices=True)
    assert of_slices.spacing == (6.0, 6.0)
    with pytest.raises(ValueError, match=r"loss: expected one for volumes, got SkeaTopoLoss"):
        fit_loss(SkeaTopoLoss(), source.info)
    fit_loss(SkeaTopoLoss(), source.info, slices=True)


@pytest.mark.slow
def test_a_network_of_monai_trains_on_volumes_and_predicts(command: Command) -> None:
    pytest.importorskip("monai")
    kept = [override for override in VOLUMES if "model.width" not in override]
    assert command("train", *kept, "loss=dice", "model=monai", "+model.init_filters=8") == 0
    np.save("a.npy", np.zeros((20, 16, 18), np.uint8))
    assert command("export", f"run={only_run()}", "out=out", "onnx=false") == 0
    assert command("predict", "run=out", "images=a.npy", "out=masks") == 0
    assert np.load("masks/masks/a.npy").shape == (20, 16, 18)


@pytest.mark.slow
def test_a_network_that_saw_slices_predicts_and_is_exported_as_one_of_volumes(command: Command) -> None:
    assert command("train", *VOLUMES, "loss=dice", "dataset.crop_size=[16,16]", "dataset.slices=true") == 0
    run = only_run()
    assert command("evaluate", f"run={run}", "part=val") == 0
    assert command("export", f"run={run}", "out=out", "onnx=false") == 0
    np.save("a.npy", np.random.default_rng(0).integers(0, 256, (20, 40, 33), dtype=np.uint8))
    for source in (run, "out"):
        assert command("predict", f"run={source}", "images=a.npy", f"out=of_{Path(source).name}") == 0
    of_run, of_bundle = (np.load(f"of_{name}/probabilities/a.npy") for name in (run.name, "out"))
    np.testing.assert_allclose(of_run.astype(int), of_bundle.astype(int), atol=1)
