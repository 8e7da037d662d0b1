"""Exported networks: the bundle, which needs torch only, and ONNX."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

import cwmi_seg
from cwmi_seg.datasets.image_files import read_image
from cwmi_seg.prediction.onnx_export import SIZES
from tests.conftest import Command
from tests.support.fake_data import save
from tests.support.networks import Run, grey, network

LOADS_ALONE = """
import sys
import torch
import cwmi_seg
model = cwmi_seg.load_model(sys.argv[1])
pixels = torch.arange(33 * 40, dtype=torch.uint8).reshape(1, 1, 33, 40)
heavy = {"pytorch_lightning", "lightning", "hydra", "omegaconf", "torchmetrics", "wandb", "torchvision", "scipy"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
torch.save(model(pixels).detach(), sys.argv[2])
"""


def exported(folder: Path, *, onnx: bool = False) -> Iterator[str]:
    """Arguments of an export of ``folder`` to "out"."""
    yield from ("export", f"run={folder}", "out=out", f"onnx={str(onnx).lower()}")


@pytest.mark.slow
def test_a_bundle_loads_without_lightning_and_hydra(run: Run, command: Command) -> None:
    assert command(*exported(run())) == 0
    environment = {**os.environ, "PYTHONPATH": str(Path(cwmi_seg.__file__).parent.parent)}
    subprocess.run([sys.executable, "-c", LOADS_ALONE, "out", "logits.pt"], check=True, env=environment)
    pixels = torch.arange(33 * 40, dtype=torch.uint8).reshape(1, 1, 33, 40)
    with torch.inference_mode():
        expected = network()(pixels)
    torch.testing.assert_close(torch.load("logits.pt"), expected, atol=1e-5, rtol=0)
    assert cwmi_seg.load_model("out").info.num_classes == 2


def test_a_bundle_predicts_like_its_run(run: Run, command: Command) -> None:
    folder = run()
    command(*exported(folder))
    save(Path("in/a.png"), grey(40, 50))
    for source in (folder, Path("out")):
        assert command("predict", f"run={source}", "images=in", f"out=of_{source.name}") == 0
    of_run, of_bundle = (read_image(Path(f"of_{name}/probabilities/a.png")) for name in ("run", "out"))
    np.testing.assert_allclose(of_run.astype(int), of_bundle.astype(int), atol=1)


@pytest.mark.slow
def test_onnx_agrees_with_pytorch_on_sizes_it_was_not_traced_with(
    run: Run, command: Command, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("onnxscript", reason="onnxscript is not installed")
    monkeypatch.setattr("cwmi_seg.models.unet._LEVELS", 2)  # five take the exporter 8 s; scripts/check_onnx.py has them
    folder = run()
    capfd.readouterr()
    assert command(*exported(folder, onnx=True)) == 0
    assert [line.split()[0] for line in "".join(capfd.readouterr()).splitlines()] == ["weights", "onnx"]
    session = onnxruntime.InferenceSession("out/model.onnx", providers=["CPUExecutionProvider"])
    model = network()
    for height, width in ((1, 1), (48, 80), (131, 70)):
        assert (height, width) not in SIZES[2]
        pixels = np.random.default_rng(0).uniform(0, 255, (3, 1, height, width)).astype(np.float32)
        (logits,) = session.run(None, {"pixels": pixels})
        with torch.inference_mode():
            np.testing.assert_allclose(logits, model(torch.from_numpy(pixels)).numpy(), atol=1e-4, rtol=1e-4)


def test_an_onnx_file_that_differs_is_not_kept(
    run: Run, command: Command, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

    class Wrong:
        def __init__(self, *_: object, **__: object) -> None: ...

        def run(self, _: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
            return [np.zeros((1, 2, *inputs["pixels"].shape[2:]))]

    monkeypatch.setattr("onnxruntime.InferenceSession", Wrong)
    monkeypatch.setattr("cwmi_seg.prediction.onnx_export._write", lambda model, path: path.write_text(""))
    assert command(*exported(run(), onnx=True)) == 1
    assert "onnx: expected logits within 0.0001 of PyTorch" in capfd.readouterr().err
    assert sorted(path.name for path in Path("out").iterdir()) == ["model.json", "model.safetensors"]


def test_a_missing_package_is_named(
    run: Run, command: Command, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cwmi_seg.prediction.onnx_export._PACKAGES", ("onyx",))
    assert command(*exported(run(), onnx=True)) == 1
    assert "onnx: expected the package onyx, found none; pip install 'cwmi-seg[onnx]'" in capfd.readouterr().err


def test_a_bundle_of_another_class_is_not_built(run: Run, command: Command) -> None:
    command(*exported(run()))
    path = Path("out/model.json")
    description = json.loads(path.read_text())
    path.write_text(json.dumps({**description, "model": {"_target_": "os.system", "command": "true"}}))
    with pytest.raises(ValueError, match=r"_target_: os.system is not allowed"):
        cwmi_seg.load_model("out")
    path.write_text(json.dumps({**description, "version": 99}))
    with pytest.raises(ValueError, match="expected version 1, got 99"):
        cwmi_seg.load_model("out")


@pytest.mark.parametrize(("override", "complaint"), [("run=null", "run: expected a run folder"), ("run=no", "got no")])
def test_a_mistake_is_one_clear_line(
    command: Command, capfd: pytest.CaptureFixture[str], override: str, complaint: str
) -> None:
    assert command("export", override) == 1
    assert complaint in capfd.readouterr().err
    with pytest.raises(FileNotFoundError, match="run cwmi-export"):
        cwmi_seg.load_model("nowhere")


def test_a_full_disk_is_one_clear_line(
    run: Run, command: Command, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("safetensors.torch.save_file", fails)
    assert command("export", f"run={run()}", "out=full", "onnx=false") == 1
    shown = capfd.readouterr().err
    assert "full/model.safetensors: cannot be written (Error while serializing: I/O error: No space left" in shown
    assert "Traceback" not in shown
