"""Prints what the data loader alone delivers: images/s and memory, by number of worker processes and by epoch.

100 prepared images of 1024 x 1024 (RGB), batches of 10 crops of 512 x 512, flips. For each number of workers, in a
process of its own: images/s of the first epoch (files are decoded) and of the later ones (from memory); the processor
time of an image in the last epoch, all processes together, which a busy machine changes little; the memory of all
processes beyond what the start took, where shared pages count once (PSS). ``--cache-bytes 0`` shows the loader without
its cache, ``--augmentation strong`` with the strong augmentation.

    python scripts/benchmark_loader.py [--workers 0 1 2 4] [--images 100] [--augmentation paper] [--cache-bytes N]
"""

import argparse
import multiprocessing
import os
import platform
import tempfile
import time
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
import yaml
from hydra.utils import instantiate
from PIL import Image

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.loading.datamodule import SegmentationData
from cwmi_seg.loading.samples import Crops
from cwmi_seg.loading.splits import Split

SIZE, CROP, BATCH, EPOCHS = 1024, 512, 10, 3


def write_images(folder: Path, count: int) -> None:
    """Photographs that compress about as well as real ones: smooth fields with noise."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        rng = np.random.default_rng(number)
        coarse = Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).resize((SIZE, SIZE))
        noisy = np.asarray(coarse) * 0.8 + rng.normal(25, 4, (SIZE, SIZE, 3))
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(folder / f"images/{number:03d}.png")
        mask = np.asarray(coarse)[..., 0] > 150
        Image.fromarray(mask).save(folder / f"masks/{number:03d}.png")


def measure(root: Path, workers: int, augmentation: str, cache_bytes: int, out: Connection) -> None:
    """Images/s of each epoch, and megabytes at the end."""
    torch.set_num_threads(1)
    source = PreparedImages(root, cache_bytes)
    names = tuple(image.name for image in source.info.images)
    augment = instantiate(yaml.safe_load(Path(conf_dir(), "augmentation", f"{augmentation}.yaml").read_text()))
    split = Split(names, names[:1], names[:1])
    data = SegmentationData(source, split, Crops((CROP, CROP)), augment, None, BATCH, workers)
    loader = data.train_dataloader()
    warnings.filterwarnings("ignore", ".*worker processes in total.*")
    before, rates, memory, processor = total_memory(), [], 0.0, 0.0
    for epoch in range(EPOCHS):
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        start, images, ticks = time.perf_counter(), 0, total_seconds()
        for batch in loader:
            images += len(batch["image"])
        rates.append(images / (time.perf_counter() - start))
        processor = (total_seconds() - ticks) / images
        memory = max(memory, total_memory() - before)
    out.send((rates, processor, memory))


def total_memory() -> float:
    """Proportional set size of this process and its children, in MB."""
    return sum(_pss(process) for process in processes()) / 1e3


def total_seconds() -> float:
    """Processor time of this process and its children."""
    fields = [Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split() for process in processes()]
    return sum(int(ticks) for field in fields for ticks in field[11:13]) / os.sysconf("SC_CLK_TCK")


def processes() -> list[int]:
    """This one and its children."""
    pid = os.getpid()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def _pss(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2, 4])
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--augmentation", default="paper")
    parser.add_argument("--cache-bytes", type=int, default=2**31)
    arguments = parser.parse_args()
    print(
        f"torch {torch.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores, one thread a process"
    )
    print(f"{arguments.images} images {SIZE} x {SIZE}, {BATCH} crops {CROP} x {CROP} a batch, {arguments.augmentation}")
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder, "raw"), arguments.images)
        root = Path(folder, "set")
        prepare(ImageFolder(), Path(folder, "raw"), root)
        print(
            f"{'workers':>8}"
            + "".join(f"{f'epoch {epoch + 1}':>12}" for epoch in range(EPOCHS))
            + f"{'processor':>15}{'memory':>10}"
        )
        for workers in arguments.workers:
            receiver, sender = multiprocessing.Pipe(duplex=False)
            settings = (root, workers, arguments.augmentation, arguments.cache_bytes, sender)
            process = multiprocessing.get_context("spawn").Process(target=measure, args=settings)
            process.start()
            rates, processor, memory = receiver.recv()
            process.join()
            speeds = "".join(f"{rate:>7.0f} im/s" for rate in rates)
            print(f"{workers:>8}{speeds}{1e3 * processor:>9.1f} ms/im{memory:>7.0f} MB", flush=True)


if __name__ == "__main__":
    main()
