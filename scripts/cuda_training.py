"""Images per second of cwmi-train, of a plain loop over the same loader, and of the loader alone."""

import csv
import multiprocessing
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import pytorch_lightning as pl
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import nn

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.schemas import register_schemas
from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.loading.datamodule import SegmentationData
from cwmi_seg.loading.samples import Crops
from cwmi_seg.loading.splits import Split
from cwmi_seg.losses import CWMILoss
from cwmi_seg.models.unet import UNet
from cwmi_seg.training.console import quiet_libraries
from cwmi_seg.training.task import SegmentationTask
from scripts.benchmark_loader import measure, write_images
from scripts.benchmark_step import Seeded
from scripts.cuda_commands import command, only_run
from scripts.cuda_rows import Row, Skip

EPOCHS, WARM_UP = 4, 3
SETTINGS = (
    "loss=cwmi", "loss.warmup_epochs=0", "logger=none", f"trainer.max_epochs={EPOCHS}",
    "trainer.precision=bf16-mixed", "trainer.limit_val_batches=1", "trainer.limit_test_batches=1",
    "dataset=synthetic", "dataset.images.num_val=2", "dataset.images.num_test=2",
)  # fmt: skip
FULL = (
    "trainer=gpu", "model.width=64", "data.batch_size=10", "data.crops_per_image=4", "data.num_workers=8",
    "dataset.images.size=512", "dataset.images.num_train=100",
)  # fmt: skip
QUICK = (
    "trainer=cpu", "model.width=4", "data.batch_size=2", "dataset.images.size=64", "dataset.images.num_train=8",
)  # fmt: skip


def trainer_and_loop(device: torch.device, quick: bool) -> Row:
    """Median epoch but for the first; each in its process, one after the other, on the same images."""
    settings = (*SETTINGS, *(QUICK if quick else FULL))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command("train", *settings, f"paths.output={folder / 'output'}", f"paths.data={folder / 'data'}")
        with open(only_run(folder) / "metrics.csv") as file:
            trained = [float(row["train/images_per_second"]) for row in csv.DictReader(file)]
    looped = plain_loop(_composed(settings), device)
    framework, loop = statistics.median(trained[1:]), statistics.median(looped[1:])
    return {"framework_images_per_second": framework, "loop_images_per_second": loop, "ratio": framework / loop}


def _composed(settings: tuple[str, ...]) -> DictConfig:
    register_schemas()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return compose("train", list(settings))


def plain_loop(config: DictConfig, device: torch.device) -> list[float]:
    """Images per second of each epoch, with what the trainer sets: deterministic kernels, clipping, bfloat16."""
    source, loss = instantiate(config.dataset.images), instantiate(config.loss)
    names = tuple(image.name for image in source.info.images)
    split = Split(names[: config.dataset.images.num_train], names[:1], names[:1])
    crops, augmentation = Crops(None, config.data.crops_per_image), instantiate(config.augmentation)
    data = SegmentationData(
        source, split, crops, augmentation, None, config.data.batch_size, config.data.num_workers
    )  # fmt: skip
    model = UNet(source.info.channels, 2, config.model.width).to(device).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    loader = data.train_dataloader()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        return [_epoch(loader, number, model, loss, optimizer, device) for number in range(EPOCHS)]
    finally:
        torch.use_deterministic_algorithms(False)


def _epoch(
    loader: "torch.utils.data.DataLoader[object]",
    number: int,
    model: nn.Module,
    loss: nn.Module,
    optimizer: torch.optim.Optimizer,
    device: torch.device,
) -> float:
    loader.sampler.set_epoch(number)  # type: ignore[attr-defined]
    start, images, total = time.perf_counter(), 0, torch.zeros((), device=device)
    for batch in loader:
        pixels, target = (batch[key].to(device, non_blocking=True) for key in ("image", "target"))
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16):
            value = loss(model(pixels), target)
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        total += value.detach()
        images += len(pixels)
    float(total)  # waits for the last step
    return images / (time.perf_counter() - start)


class Refusing(pl.Callback):
    """Lets CUDA refuse what the host would wait for, from the start of a step, the batch being there, to its end."""

    def on_train_batch_start(self, trainer: pl.Trainer, *_: object) -> None:
        if torch.cuda.is_available() and trainer.global_step >= WARM_UP:
            torch.cuda.set_sync_debug_mode("error")

    def on_train_batch_end(self, *_: object) -> None:
        if torch.cuda.is_available():
            torch.cuda.set_sync_debug_mode("default")


def steps_without_waiting(device: torch.device) -> Row:
    """Network, loss, log, clipping and Adam of the framework."""
    torch.manual_seed(0)
    batch = {"image": torch.randn(2, 3, 64, 64), "target": torch.randint(0, 2, (2, 64, 64))}
    task = SegmentationTask(UNet(3, 2, 4), CWMILoss(warmup_epochs=0), partial(torch.optim.Adam, lr=1e-4))
    quiet_libraries()
    trainer = pl.Trainer(
        max_epochs=1, accelerator="gpu" if device.type == "cuda" else "cpu", devices=1, precision="bf16-mixed",
        gradient_clip_val=5.0, logger=False, callbacks=[Refusing()], enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    try:
        trainer.fit(task, datamodule=Seeded([batch] * 3 * WARM_UP))
    finally:
        if device.type == "cuda":
            torch.cuda.set_sync_debug_mode("default")
    if device.type != "cuda":
        raise Skip("only a GPU is waited for")
    return {"steps": 2 * WARM_UP}


def loader_alone(workers: tuple[int, ...], quick: bool) -> Row:
    """``scripts/benchmark_loader.py``: crops of 512 from images of 1024; the last epoch, from memory."""
    found: Row = {}
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder, "raw"), 12 if quick else 100)
        root = Path(folder, "set")
        prepare(ImageFolder(), Path(folder, "raw"), root)
        for number in workers:
            receiver, sender = multiprocessing.Pipe(duplex=False)
            settings = (root, number, "paper", 2**31, sender)
            process = multiprocessing.get_context("spawn").Process(target=measure, args=settings)
            process.start()
            sender.close()  # so that the end of the process ends the wait
            found[f"images_per_second_{number}_workers"] = receiver.recv()[0][-1]
            process.join()
    return found
