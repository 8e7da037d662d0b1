"""Eight classes with void, from generated images to results: scores of single classes, and of all images together."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix

from cwmi_seg.datasets.synthetic_classes import CLASSES, VOID, SyntheticClasses
from cwmi_seg.pictures.class_panel import cut_panel
from cwmi_seg.pictures.overlay import HATCHES
from cwmi_seg.study.run_folder import RunFolder
from tests.conftest import Command
from tests.support.outputs import only_run

IMAGES = {"size": 64, "num_train": 6, "num_val": 1, "num_test": 3}
SMALL = (
    "dataset=synthetic_classes", *(f"dataset.images.{key}={value}" for key, value in IMAGES.items()), "model.width=4",
    "data.batch_size=3", "trainer=cpu", "trainer.max_epochs=2", "logger=none", "optimizer.lr=0.01",
)  # fmt: skip


def pooled(folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    """Confusion matrices by scikit-learn from the masks that the run has kept, of each image and of all."""
    images = SyntheticClasses(**IMAGES)
    matrices = []
    for number, entry in enumerate(images.info.images):
        if entry.part == "test":
            target = images.read(number)[1]
            prediction = np.asarray(Image.open(folder / "predictions" / f"{entry.name}.png"))
            valid = target != VOID
            matrices.append(confusion_matrix(target[valid], prediction[valid], labels=range(len(CLASSES))))
    return matrices, np.sum(matrices, axis=0)


@pytest.mark.slow
def test_a_run_of_many_classes(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("train", *SMALL, "loss=dice_cwmi", "loss.losses.cwmi.num_scales=2") == 0
    folder = only_run()
    results = json.loads((folder / "results.json").read_text())
    kept = RunFolder(folder).confusions()
    matrices, total = pooled(folder)
    assert kept is not None
    np.testing.assert_array_equal(kept.matrices, matrices)
    rows = csv.DictReader((folder / "test_images.csv").read_text().splitlines())
    assert kept.names == tuple(row["name"] for row in rows)
    sizes = total.sum(0) + total.sum(1) - total.diagonal()
    overlaps = {c: total[c, c] / sizes[c] for c in range(len(CLASSES)) if sizes[c]}
    for c, value in overlaps.items():
        assert results["pooled"][f"dataset_iou_{c}"] == pytest.approx(value, rel=1e-12)
    assert results["pooled"]["dataset_iou"] == pytest.approx(np.mean(list(overlaps.values())), rel=1e-12)
    assert results["class_names"] == list(CLASSES)
    assert {"dataset_iou", "iou", "dice", "cldice", "betti_0_error"} <= set(results["class_metrics"])
    assert results["test"]["iou_0"]["mean"] <= 1
    assert "foreground_miou" in results["test"]
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in CLASSES)
    assert "iou_0" not in shown

    assert command("evaluate", f"run={folder}") == 0
    again = json.loads((folder / "evaluation_test" / "results.json").read_text())
    assert again["pooled"] == results["pooled"]
    assert again["test"] == results["test"]

    with Image.open(next((folder / "overlays").glob("*.png"))) as file:
        page = np.asarray(file.convert("RGB"))
        tiles = cut_panel(page, file.info)
    assert [tile.shape for tile in tiles] == [(64, 64, 3)] * 4
    assert len(page) > 64  # the legend
    for tile in tiles[1:]:
        assert set(HATCHES) <= {tuple(pixel) for pixel in tile.reshape(-1, 3).tolist()}


def test_two_classes_have_the_iou_of_all_images_too(finished_run: Path) -> None:
    results = json.loads((finished_run / "results.json").read_text())
    assert set(results["pooled"]) == {"dataset_iou", "dataset_iou_0", "dataset_iou_1"}
    assert results["class_metrics"] == ["dataset_iou"]
    assert not any(key.startswith(("iou_", "foreground_")) for key in results["test"])
