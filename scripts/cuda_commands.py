"""The commands on a device, each in a process of its own: training that is killed and goes on, prediction, export."""

import csv
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from cwmi_seg.files.json_files import read_json
from scripts.cuda_rows import Row, Skip, need

EPOCHS = 6
TINY = ("dataset.images.size=32", "dataset.images.num_train=8", "dataset.images.num_test=2", "model.width=2")


def command(name: str, *arguments: str, seconds: float = 200) -> None:
    """Run it to its end, in full float32 precision; its last line is the message if it fails."""
    environment = {**os.environ, "NVIDIA_TF32_OVERRIDE": "0"}
    call = _call(name, *arguments)
    done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=seconds)
    lines = (done.stdout + done.stderr).strip().splitlines() or [""]
    need(done.returncode == 0, f"cwmi-{name}: exit status {done.returncode}, {lines[-1][:200]}")


def _call(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"cwmi_seg.commands.{name}", *arguments]


def training(folder: Path, trainer: str, quick: bool) -> list[str]:
    places = [f"paths.output={folder / 'output'}", f"paths.data={folder / 'data'}", "logger=none"]
    tiny = TINY if quick else ()
    return ["experiment=quickstart", f"trainer={trainer}", f"trainer.max_epochs={EPOCHS}", *places, *tiny]


def resumed(folder: Path, trainer: str, quick: bool) -> Row:
    """A training that is killed after its first epochs and called again has every epoch once."""
    arguments = training(folder, trainer, quick)
    process = subprocess.Popen(_call("train", *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        killed_after = _wait_for_rows(folder, process, 2)
    finally:
        process.kill()
        process.wait()
    command("train", *arguments)
    run = only_run(folder)
    epochs = [row["epoch"] for row in _rows(run)]
    need(epochs == [str(epoch) for epoch in range(EPOCHS)], f"epochs {epochs}")
    results = read_json(run / "results.json") or {}
    return {"killed_after": killed_after, "test_miou": results["test"]["miou"]["mean"]}


def _wait_for_rows(folder: Path, process: "subprocess.Popen[bytes]", number: int, seconds: float = 150) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if list(folder.glob("output/runs/*/metrics.csv")) and len(found := _rows(only_run(folder))) >= number:
            return len(found)
        time.sleep(0.1)
    need(False, f"ended with status {process.poll()} or slower than {seconds} s, before {number} epochs")
    return 0


def only_run(folder: Path) -> Path:
    (run,) = (folder / "output" / "runs").iterdir()
    return run


def _rows(run: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((run / "metrics.csv").read_text().splitlines()))


def predicted(folder: Path, accelerator: str, quick: bool) -> Row:
    """The masks of the device are those of the CPU; but for pixels whose probabilities tie."""
    run, images = _trained(folder, accelerator, quick), folder / "images"
    _write_images(images, (read_json(run / "dataset.json") or {})["channels"])
    for where in ("cpu", accelerator):
        extra = ("probabilities=false", "overlays=false", "overwrite=true")
        out = folder / f"of_{where}"
        command("predict", f"run={run}", f"images={images}", f"out={out}", f"accelerator={where}", *extra)
    masks = [_masks(folder / f"of_{where}") for where in ("cpu", accelerator)]
    different = int((masks[0] != masks[1]).sum())
    need(different <= 1e-5 * masks[0].size, f"{different} of {masks[0].size} pixels differ")
    return {"different_pixels": different, "pixels": masks[0].size, "structure": float((masks[0] > 0).mean())}


def _write_images(folder: Path, channels: int) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(2):
        rng = np.random.default_rng(number)
        coarse = rng.integers(0, 256, (24, 20, channels), dtype=np.uint8)
        image = coarse.repeat(16, 0).repeat(16, 1)
        Image.fromarray(image if channels == 3 else image[..., 0]).save(folder / f"{number}.png")


def _masks(out: Path) -> "np.ndarray":
    return np.stack([np.asarray(Image.open(path)) for path in sorted((out / "masks").iterdir())])


def exported(folder: Path, trainer: str, quick: bool) -> Row:
    """To ONNX, which the command compares with PyTorch itself."""
    if not all(find_spec(name) for name in ("onnx", "onnxruntime", "onnxscript")):
        raise Skip("needs the packages of cwmi-seg[onnx]")
    command("export", f"run={_trained(folder, trainer, quick)}", f"out={folder / 'export'}")
    return {"bytes": (folder / "export" / "model.onnx").stat().st_size}


def _trained(folder: Path, trainer: str, quick: bool) -> Path:
    """The run of the training above, which an earlier call may have made elsewhere."""
    if not list(folder.glob("output/runs/*/results.json")):
        command("train", *training(folder, trainer, quick))
    return only_run(folder)
