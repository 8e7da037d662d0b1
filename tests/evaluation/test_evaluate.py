"""Masks of two folders scored by the command."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from cwmi_seg.evaluation.mask_evaluation import evaluate_masks
from cwmi_seg.metrics.betti import betti_errors
from cwmi_seg.metrics.hausdorff import hausdorff_distances
from tests.conftest import Command

FOLDERS = ("predictions=p", "targets=t")


@pytest.fixture
def masks(in_empty_folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Three predictions 0/255 and targets 0/1, in the folders p and t."""
    generator = np.random.default_rng(0)
    predictions, targets = generator.random((2, 3, 40, 50)) > 0.7
    for folder, stack, white in (("p", predictions, 255), ("t", targets, 1)):
        Path(folder).mkdir()
        for name, mask in zip("cab", stack, strict=True):
            Image.fromarray((mask * white).astype(np.uint8)).save(f"{folder}/{name}.png")
    return predictions, targets


def table(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(path).read_text().splitlines()))


def test_masks_give_a_table_and_a_total(
    command: Command, masks: tuple[np.ndarray, np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("evaluate", *FOLDERS) == 0
    rows = table("p_evaluation/images.csv")
    results = json.loads(Path("p_evaluation/results.json").read_text())
    assert [row["name"] for row in rows] == ["a", "b", "c"]
    for row, i in zip(rows, (1, 2, 0), strict=True):
        pair = masks[0][i], masks[1][i]
        assert float(row["hd"]) == hausdorff_distances(*pair)[0]
        assert float(row["betti_0_error_64"]) == betti_errors(*pair, patch_size=64)[0]
    assert results["test"]["hd"]["mean"] == pytest.approx(np.mean([float(row["hd"]) for row in rows]))
    assert results["images"][2]["name"] == "c"
    shown = capsys.readouterr().out
    assert "mean +- std over 3 images" in shown
    assert f"{float(rows[0]['miou']):.4f}" in shown


def test_classes_ignored_pixels_stacks_and_chosen_metrics(command: Command, in_empty_folder: Path) -> None:
    target = np.random.default_rng(0).integers(0, 3, (2, 20, 20)).astype(np.uint8)
    prediction = target.copy()
    target[:, :5] = 255
    prediction[:, :5] = 1
    for folder, stack in (("p", prediction), ("t", target)):
        Path(folder).mkdir()
        tifffile.imwrite(f"{folder}/a.tif", stack, photometric="minisblack")
    assert command("evaluate", *FOLDERS, "num_classes=3", "ignore_index=255", "metrics=default", "out=o") == 0
    rows = table("o/images.csv")
    assert [row["name"] for row in rows] == ["a[0]", "a[1]"]
    assert {row["miou"] for row in rows} == {row["ari"] for row in rows} == {"1.0"}
    assert {row["vi"] for row in rows} == {row["betti_error"] for row in rows} == {"0.0"}


@pytest.mark.usefixtures("masks")
def test_the_folder_of_a_prediction_stands_for_its_masks() -> None:
    Path("out").mkdir()
    Path("out/prediction.json").write_text("{}")
    Path("p").rename("out/masks")
    results, _ = evaluate_masks(Path("out"), Path("t"), Path("o"))
    assert results.num_test_images == 3


def test_one_mask_has_no_standard_deviation(
    command: Command, masks: tuple[np.ndarray, np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    for path in Path().glob("[pt]/[bc].png"):
        path.unlink()
    assert command("evaluate", *FOLDERS) == 0
    assert " +- " not in capsys.readouterr().out.partition("over 1 image")[2]
    assert json.loads(Path("p_evaluation/results.json").read_text())["test"]["hd"]["std"] is None


def truncate(path: str) -> None:
    Path(path).write_bytes(Path(path).read_bytes()[:60])


def empty(folder: str) -> None:
    for path in Path(folder).iterdir():
        path.unlink()


MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "no partner": (lambda: Path("t/b.png").unlink(), "targets: expected a mask of each name in t, got none for b.png"),
    "no prediction": (
        lambda: Path("p/b.png").unlink(),
        "predictions: expected a mask of each name in p, got none for b",
    ),
    "two of a name": (lambda: Path("p/b.bmp").write_bytes(b""), "p/b.png: expected one mask of each name"),
    "sizes": (
        lambda: Image.new("L", (50, 41)).save("p/b.png"),
        "p/b.png: expected the size of its target, 40 x 50, got 41 x 50",
    ),
    "truncated": (lambda: truncate("p/b.png"), "p/b.png: cannot be read"),
    "text": (lambda: Path("p/b.png").write_text("no image"), "p/b.png: cannot be read"),
    "values": (lambda: Image.new("L", (50, 40), 7).save("t/b.png"), "t/b.png: expected class indices 0 to 1"),
    "colour": (
        lambda: Image.new("RGB", (50, 40), (1, 0, 0)).save("p/b.png"),
        "p/b.png: expected a mask of one channel",
    ),
    "empty": (lambda: empty("p"), "predictions: expected masks"),
    "no folder": (lambda: Path("t").rename("u"), "targets: expected a folder of masks, got t"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.usefixtures("masks")
def test_a_mistake_is_named(mistake: str) -> None:
    make, message = MISTAKES[mistake]
    make()
    with pytest.raises((ValueError, OSError)) as error:
        evaluate_masks(Path("p"), Path("t"), Path("o"))
    assert message in str(error.value)
    assert not Path("o").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("predictions=p",), "got predictions"),
        (("run=r", *FOLDERS), "got run, predictions, targets"),
        (("predictions=p", "targets=u"), "targets: expected a folder of masks, got u"),
    ],
)
@pytest.mark.usefixtures("masks")
def test_what_to_evaluate_must_be_clear(
    command: Command, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert command("evaluate", *arguments) == 1
    shown = capfd.readouterr().err
    assert message in shown
    assert len(shown.splitlines()) == 1


def test_one_class_is_none() -> None:
    with pytest.raises(ValueError, match="num_classes: expected at least 2, got 1"):
        evaluate_masks(Path("p"), Path("t"), Path("o"), num_classes=1)
