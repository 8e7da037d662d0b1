"""Trains on a made volume of uint16 that need not fit into memory, predicts it, and prints memory and speed.

    python -m scripts.large_volume FOLDER [SIDE] [STEPS]

FOLDER gets the volume (2 + 1 bytes a voxel, and as much again for the results), SIDE is its length along every axis
(256), STEPS the steps of the training (30). The structure is sparse: tubes that wind through the volume. A volume that
is there already is not made again. Printed are, of each part, the highest anonymous and shared memory (RssAnon +
RssShmem of /proc/self/status, which leaves out the pages of mapped files), summed over the processes that take part,
and voxels per second.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PATCH = (64, 96, 96)
SLAB = 32  # slices that are made at a time
TUBES = 40


class Peak:
    """The highest anonymous and shared memory of a process and its children, looked at ten times a second."""

    def __init__(self, process: int) -> None:
        self.process, self.bytes = process, 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> float:
        """Stop looking; the peak in GB."""
        self._ended.set()
        self._thread.join()
        return self.bytes / 1e9

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            self.bytes = max(self.bytes, sum(map(_memory, _family(self.process))))


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _memory(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def main() -> None:
    folder = Path(sys.argv[1])
    side = int(sys.argv[2]) if len(sys.argv) > 2 else 256
    steps = int(sys.argv[3]) if len(sys.argv) > 3 else 30
    prepared = folder / f"volume_{side}"
    if not (prepared / "dataset.json").is_file():
        start = time.perf_counter()
        make(prepared, side)
        print(f"made     {side}^3 of uint16 in {time.perf_counter() - start:.0f} s", flush=True)
    load(prepared)
    run = train(folder, prepared, steps)
    predict(folder, prepared, run, side)


def make(folder: Path, side: int) -> None:
    """Write the volume as a prepared dataset of three entries that share one pair of files."""
    from cwmi_seg.datasets.dataset_json import save_info
    from cwmi_seg.datasets.info import DatasetInfo, ImageInfo

    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    image, mask, names = folder / "images" / "train.npy", folder / "masks" / "train.npy", ("train", "val", "test")
    structure, total, square = _write(image, mask, side)
    for name in names[1:]:
        for path in (image, mask):
            (other := path.with_name(f"{name}.npy")).unlink(missing_ok=True)
            other.hardlink_to(path)
    counts = (side**3 - structure, structure)
    images = tuple(ImageInfo(name, side, side, counts, name, part=name, depth=side) for name in names)
    mean = total / side**3
    std = (square / side**3 - mean**2) ** 0.5
    save_info(
        DatasetInfo(
            folder.name, "made", 1, 2, (mean,), (std,), images, dtype="uint16", dimensions=3, spacing=(1.0, 1.0, 1.0)
        ),
        folder,
    )


def _write(image_path: Path, mask_path: Path, side: int) -> tuple[int, float, float]:
    """The number of voxels of structure, and sum and sum of squares of the values."""
    rng = np.random.default_rng(0)
    image = np.lib.format.open_memmap(image_path, "w+", np.dtype("uint16"), (side, side, side, 1))
    mask = np.lib.format.open_memmap(mask_path, "w+", np.dtype("uint8"), (side, side, side))
    tubes = rng.uniform(0, 1, (TUBES, 5))
    structure, total, square = 0, 0.0, 0.0
    for start in range(0, side, SLAB):
        part = slice(start, min(start + SLAB, side))
        mask[part] = _tubes(tubes, range(part.start, part.stop), side)
        noise = rng.standard_normal(mask[part].shape, dtype=np.float32)
        values = np.clip(3000 + 1500 * noise + np.float32(6000) * mask[part], 0, 65535).astype(np.uint16)
        image[part, ..., 0] = values
        structure += int(mask[part].sum(dtype=np.int64))
        total += float(values.sum(dtype=np.float64))
        square += float(np.square(values, dtype=np.float64).sum())
    return structure, total, square


def _tubes(tubes: NDArray[np.float64], slices: range, side: int) -> NDArray[np.uint8]:
    """Discs of radius 3 about the places where the tubes cross each slice."""
    mask = np.zeros((len(slices), side, side), np.uint8)
    rows, columns = np.mgrid[-3:4, -3:4]
    disc = np.stack([rows, columns])[:, rows**2 + columns**2 <= 9]
    for plane, z in zip(mask, slices, strict=True):
        for y, x, bend, phase, reach in tubes:
            angle = 2 * np.pi * (z / side * (1 + 3 * bend) + phase)
            middle = np.array([y + 0.1 * reach * np.sin(angle), x + 0.1 * reach * np.cos(angle)]) * side
            places = np.round(middle).astype(int)[:, None] + disc
            inside = ((places >= 0) & (places < side)).all(0)
            plane[tuple(places[:, inside])] = 1
    return mask


def load(prepared: Path, patches: int = 200) -> None:
    """Patches one after the other in this process, as the training gets them, without the network."""
    from cwmi_seg.augmentations import Flips
    from cwmi_seg.datasets.prepared import PreparedImages
    from cwmi_seg.loading.samples import Crops, TrainingCrops

    crops = Crops(PATCH, per_image=patches, structure_share=0.33)
    start = time.perf_counter()
    data = TrainingCrops(PreparedImages(prepared), [0], crops, Flips(), None, seed=0)
    counted = time.perf_counter()
    for i in range(patches):
        data[0, i]
    seconds = time.perf_counter() - counted
    print(
        f"loaded   {patches / seconds:.0f} patches/s, {patches * np.prod(PATCH) / seconds / 1e6:.1f} M voxels/s; ",
        end="",
    )
    print(f"structure counted in {counted - start:.1f} s", flush=True)


def train(folder: Path, prepared: Path, steps: int) -> Path:
    """A tiny U-Net, validated and tested on two blocks; gives the folder of the run."""
    output = folder / "outputs"
    # fmt: off
    command = [
        "train", "dataset=folder_volumes", f"dataset.images.root={prepared}", "split=official",
        f"dataset.crop_size={list(PATCH)}", "dataset.structure_share=0.33", "dataset.test_block=[64,128,128]",
        "metrics=volumes", "model.width=4", "loss=cwmi", "loss.num_scales=3", "augmentation=volumes", "trainer=cpu",
        "trainer.max_epochs=1", "trainer.limit_val_batches=2", "trainer.limit_test_batches=2", "data.batch_size=2",
        f"data.crops_per_image={2 * steps}", "logger=none", "overwrite=true", f"paths.output={output}",
    ]
    # fmt: on
    seconds, peak = _measured(command)
    (run,) = (output / "runs").iterdir()
    voxels = 2 * steps * int(np.prod(PATCH))
    row = (run / "metrics.csv").read_text().splitlines()
    of_epoch = float(dict(zip(row[0].split(","), row[-1].split(","), strict=True))["train/seconds"])
    print(
        f"trained  {steps} steps of 2 x {'x'.join(map(str, PATCH))}, {voxels / of_epoch / 1e6:.2f} M voxels/s",
        flush=True,
    )
    print(f"         {seconds:.0f} s in all, at most {peak:.2f} GB anonymous and shared", flush=True)
    return Path(run)


def predict(folder: Path, prepared: Path, run: Path, side: int) -> None:
    """The whole volume, masks and probabilities."""
    seconds, peak = _measured([
        "predict", f"run={run}", f"images={prepared / 'images' / 'test.npy'}", f"out={folder / 'predicted'}",
        "axes=ZYXC", "overwrite=true", "accelerator=cpu",
    ])  # fmt: skip
    print(f"predicted {side}^3 in {seconds:.0f} s, {side**3 / seconds / 1e6:.2f} M voxels/s", flush=True)
    print(f"         at most {peak:.2f} GB anonymous and shared", flush=True)
    summary = json.loads((folder / "predicted" / "summary.json").read_text())
    assert summary["predicted"] == 1


def _measured(command: Sequence[str]) -> tuple[float, float]:
    """Run one of our commands; seconds, and the peak of its memory in GB."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", f"cwmi_seg.commands.{command[0]}", *command[1:]])
    peak = Peak(process.pid)
    status = process.wait()
    found = peak.end()
    if status:
        raise SystemExit(f"{command[0]} ended with status {status}")
    return time.perf_counter() - start, found


if __name__ == "__main__":
    main()
