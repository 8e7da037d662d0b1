"""Every file of examples/ runs, and does what it says."""

import importlib.util
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.metrics.overlap import overlap
from tests.support.fake_data import lines, save

EXAMPLES = Path(__file__).parents[2] / "examples"
NEEDS = {
    "huggingface_trainer": ("transformers", "accelerate"),
    "monai_network": ("monai",),
    "monai_trainer": ("monai", "ignite"),
    "nnunet_trainer": ("nnunetv2",),
    "torchgeo_task": ("torchgeo",),
}
TRAINING = ("plain_loop", "segmentation_models", "multi_class", *NEEDS)
OTHERS = ("score_folders", "pyramid", "torchmetrics_collection")


def test_no_example_is_forgotten() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.py")) == sorted((*TRAINING, *OTHERS))


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINING)
def test_the_loss_falls(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for package in NEEDS.get(name, ()):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    printed = re.findall(r"loss (\S+) -> (\S+)\n", capsys.readouterr().out)
    assert printed
    for first, last in printed:
        assert float(last) < float(first)


def test_folders_are_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    masks = {name: [lines(seed + shift, 40, 48) for seed in (0, 1)] for shift, name in enumerate(("made", "true"))}
    for folder, both in masks.items():
        for number, mask in enumerate(both):
            save(tmp_path / folder / f"{number}.png", mask.astype(np.uint8) * 255)
    monkeypatch.setattr("sys.argv", ["score_folders.py", str(tmp_path / "made"), str(tmp_path / "true")])
    runpy.run_path(str(EXAMPLES / "score_folders.py"), run_name="__main__")
    shown = capsys.readouterr().out.splitlines()
    for line, prediction, target in zip(shown, masks["made"], masks["true"], strict=True):
        assert f"miou={overlap(prediction.astype(int), target.astype(int))[0]:.4f}" in line
    assert "miou=1.0000 mdice=1.0000" not in shown[0]


def test_the_pyramid_reconstructs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "pyramid.py"), run_name="__main__")
    shown = capsys.readouterr().out
    assert float(shown.split()[-1]) < 1e-12
    assert re.search(r"scale 1: \(4, 96, 128\), share of each orientation \[0?\.[5-9]", shown)


def test_a_collection_of_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    """Every line of the example is cut once."""
    runpy.run_path(str(EXAMPLES / "torchmetrics_collection.py"), run_name="__main__")
    shown = capsys.readouterr().out
    assert "betti_0_error 1.000\nbetti_1_error 0.000\n" in shown
    assert "iou 0.9" in shown
