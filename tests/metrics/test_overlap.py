"""IoU and Dice of each class, and images that lack a class: no value there, and none in the mean."""

import csv
import json
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from cwmi_seg.metrics.overlap import ClassOverlap, class_overlaps, overlap
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_results import RunResults, Score
from cwmi_seg.study.run_tables import read_images
from cwmi_seg.training.results import metric_rows, summary
from tests.conftest import TINY, Command


def test_worked_by_hand() -> None:
    prediction, target = np.array([[0, 0, 1, 1, 9]]), np.array([[0, 1, 1, 2, 255]])
    iou, dice = class_overlaps(prediction, target, num_classes=4, ignore_index=255)
    np.testing.assert_allclose(iou, [1 / 2, 1 / 3, 0, np.nan])
    np.testing.assert_allclose(dice, [2 / 3, 1 / 2, 0, np.nan])
    assert overlap(prediction, target, 4, 255) == pytest.approx((5 / 18, 7 / 18))


def test_images_without_a_class_are_left_out() -> None:
    target = torch.tensor([[[0, 0, 1, 2]], [[0, 1, 1, 1]]])
    prediction = torch.tensor([[[0, 0, 1, 1]], [[0, 0, 1, 1]]])
    metric = ClassOverlap(num_classes=4)
    metric.update(prediction, target, torch.tensor([0, 1]))
    values = metric.compute()
    assert values["dice_1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert values["dice_2"] == 0  # of the first image alone
    assert values["dice_3"].isnan()
    rows = metric_rows([metric], [{"name": "a"}, {"name": "b"}])
    assert "dice_2" in rows[0]
    assert "dice_2" not in rows[1]
    found = summary(rows)
    assert found["dice_2"] == Score(0.0, None, 1)
    assert found["dice_1"].num_images is None
    assert "dice_3" not in found


def test_a_run_reports_each_class(command: Command) -> None:
    assert command("train", *TINY, "loss=dice", "metrics=per_class") == 0
    (folder,) = Path("outputs/runs").iterdir()
    results = json.loads((folder / "results.json").read_text())
    rows = list(csv.DictReader((folder / "test_images.csv").read_text().splitlines()))
    for c in (0, 1):
        mean = np.mean([float(row[f"dice_{c}"]) for row in rows])
        assert results["test"][f"dice_{c}"]["mean"] == pytest.approx(mean)
    both = [(float(row["dice_0"]) + float(row["dice_1"])) / 2 for row in rows]
    assert both == pytest.approx([float(row["mdice"]) for row in rows])


def test_masks_without_a_class_are_evaluated(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("p", "t"):
        Path(folder).mkdir()
        np.save(f"{folder}/a.npy", np.array([[0, 1], [1, 1]], np.uint8))
        np.save(f"{folder}/b.npy", np.array([[0, 2], [1, 2]], np.uint8))
    Path("mine/metrics").mkdir(parents=True)
    Path("mine/metrics/own.yaml").write_text("test: {own: {_target_: cwmi_seg.metrics.overlap.ClassOverlap}}\n")
    line = ("--config-dir=mine", "predictions=p", "targets=t", "num_classes=3", "metrics=own", "out=o")
    assert command("evaluate", *line) == 0
    assert re.search(r"class 2 +1 +1\.000 +1\.000 +1\.000", capsys.readouterr().out)  # one image, its three scores
    first, second = csv.DictReader(Path("o/images.csv").read_text().splitlines())
    assert (first["dice_2"], second["dice_2"]) == ("", "1.0")
    assert json.loads(Path("o/results.json").read_text())["test"]["dice_2"]["num_images"] == 1


@pytest.mark.parametrize(("cells", "damaged"), [(["1.0", "", "1.0"], False), (["1.0", "", ""], True)])
def test_missing_values_are_counted_where_damage_is_looked_for(tmp_path: Path, cells: list[str], damaged: bool) -> None:
    path = tmp_path / "test_images.csv"
    pd.DataFrame({"name": ["a", "b", "c"], "dice_2": cells}).to_csv(path, index=False)
    results = RunResults({"dice_2": Score(1.0, 0.0, 2)}, num_test_images=3)
    with pytest.raises(Mistake, match="another mean of dice_2") if damaged else nullcontext():
        read_images(path, results)
