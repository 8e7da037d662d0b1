"""Prints what cwmi-predict needs and how far tiles are from the whole image, on random weights and noise.

    python scripts/check_prediction.py [width of the U-Net, 16] [side of the large image, 6000]

1. largest difference of a probability between tiles and the whole image, everywhere and further than 122 pixels from
   every tile border; 2. peak memory and time of one large RGB image, the whole command in its own process;
3. a folder of 200 images of which 3 are damaged: exit status, counts, time.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from cwmi_seg.datasets.dataset_json import save_info
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.models.unet import UNet
from cwmi_seg.prediction.blend import blended_strips
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.pixel_model import PixelModel
from cwmi_seg.prediction.tiles import Tiling

INFO = DatasetInfo("noise", "", 3, 2, (128.0,) * 3, (74.0,) * 3, ())
REACH = 122  # pixels that the U-Net sees


def write_run(folder: Path, width: int) -> PixelModel:
    torch.manual_seed(0)
    model = UNet(3, 2, width)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    folder.mkdir()
    (folder / "config.yaml").write_text(f"model: {{_target_: cwmi_seg.models.unet.UNet, width: {width}}}\n")
    save_info(INFO, folder)
    state = {f"model.{name}": value for name, value in model.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 0}, folder / "best.ckpt")
    return PixelModel(model, INFO)


def compare(model: PixelModel, tiling: Tiling, height: int = 900, width: int = 1300) -> None:
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    ensemble = Ensemble([model], torch.device("cpu"))
    tiled = np.concatenate(list(blended_strips(ensemble, image, [tiling] * 2)), 1)
    whole = ensemble(torch.from_numpy(image).permute(2, 0, 1)[None])[0].numpy()
    difference = np.abs(tiled - whole).max(0)
    far = np.outer(*(_far(tiling, length) for length in (height, width)))
    print(
        f"tile {tiling.tile}, overlap {tiling.overlap}, image {height}x{width}: difference {difference.max():.1e} "
        f"everywhere, {difference[far].max() if far.any() else float('nan'):.1e} away from borders ({far.mean():.0%})"
    )


def _far(tiling: Tiling, length: int) -> "np.ndarray":
    far = np.ones(length, dtype=bool)
    for span in tiling.spans(length):
        for border in set(span) - {0, length}:
            far[max(border - REACH, 0) : border + REACH] = False
    return far


def command(*overrides: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cwmi_seg.commands.predict", *overrides], capture_output=True, text=True
    )


def measure_large(run: Path, folder: Path, side: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    (folder / "large").mkdir()
    Image.fromarray(image).save(folder / "large" / "image.tif")
    del image
    start = time.perf_counter()
    done = command(f"run={run}", f"images={folder / 'large'}", f"out={folder / 'large_out'}", "accelerator=cpu")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"{side}x{side}x3: exit {done.returncode}, peak {peak:.2f} GiB, {time.perf_counter() - start:.0f} s")


def measure_folder(run: Path, folder: Path, count: int = 200, damaged: tuple[int, ...] = (0, 99, 199)) -> None:
    (folder / "many").mkdir()
    for number in range(count):
        path = folder / "many" / f"{number:03d}.png"
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
        if number in damaged:
            path.write_bytes(path.read_bytes()[:200])
    start = time.perf_counter()
    arguments = (f"run={run}", f"images={folder / 'many'}", f"out={folder / 'many_out'}", "accelerator=cpu")
    done = command(*arguments)
    seconds = time.perf_counter() - start
    summary = json.loads((folder / "many_out" / "summary.json").read_text())
    failed = sorted(Path(path).name for path in summary["failed"])
    masks = len(list((folder / "many_out" / "masks").iterdir()))
    print(f"{count} images: exit {done.returncode}, {masks} masks, failed {failed}, {seconds:.0f} s")
    again = command(*arguments)
    summary = json.loads((folder / "many_out" / "summary.json").read_text())
    print(f"again: exit {again.returncode}, {summary['skipped']} skipped, {summary['predicted']} predicted")


def main() -> None:
    width = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    side = int(sys.argv[2]) if len(sys.argv) > 2 else 6000
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, U-Net of width {width}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = write_run(folder / "run", width)
        for tiling in (Tiling(), Tiling(512, 256), Tiling(640, 128)):
            compare(model, tiling)
        measure_large(folder / "run", folder, side)
        measure_folder(folder / "run", folder)


if __name__ == "__main__":
    main()
