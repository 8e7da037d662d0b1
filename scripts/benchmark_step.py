"""Print what task and trainer add to a training step: the same model, loss and batches in a hand-written loop.

Both run in turns in one process, ``--rounds`` times; the table has the median step of each and the ratio.
"""

import argparse
import platform
import statistics
import time
from functools import partial

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from cwmi_seg.losses import CWMILoss
from cwmi_seg.models.unet import UNet
from cwmi_seg.training.console import quiet_libraries
from cwmi_seg.training.task import SegmentationTask

STEPS, WARM_UP = 30, 5
Batch = dict[str, Tensor]


def batches(size: int) -> list[Batch]:
    """As many batches of 4 x 3 x size x size as there are steps."""
    torch.manual_seed(0)
    targets = [(torch.rand(4, size, size) > 0.9).long() for _ in range(STEPS + WARM_UP)]
    return [{"image": torch.randn(4, 3, size, size), "target": t, "index": torch.arange(4)} for t in targets]


class Clock(pl.Callback):
    """Time from the start of one batch to the start of the next: everything that happens in a step."""

    def __init__(self) -> None:
        self.starts: list[float] = []

    def on_train_batch_start(self, *_: object) -> None:
        self.starts.append(time.perf_counter())


class Seeded(pl.LightningDataModule):
    """The batches as they are."""

    seed = 0

    def __init__(self, data: list[Batch]) -> None:
        super().__init__()
        self.data = data

    def train_dataloader(self) -> DataLoader[Batch]:
        return DataLoader(self.data, batch_size=None)  # type: ignore[arg-type]


def by_hand(data: list[Batch], width: int) -> list[float]:
    """Seconds of each step of a plain loop, gradient clipping included."""
    model, loss_function = UNet(3, 2, width), CWMILoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    starts = []
    for batch in DataLoader(data, batch_size=None):  # type: ignore[arg-type]
        starts.append(time.perf_counter())
        optimizer.zero_grad()
        loss_function(model(batch["image"]), batch["target"]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
    return steps(starts)


def by_trainer(data: list[Batch], width: int) -> list[float]:
    """Seconds of each step through :class:`SegmentationTask` and the Lightning trainer."""
    loss, clock = CWMILoss(warmup_epochs=0), Clock()
    task = SegmentationTask(UNet(3, 2, width), loss, partial(torch.optim.Adam, lr=1e-4))
    trainer = pl.Trainer(
        max_epochs=1, accelerator="cpu", gradient_clip_val=5.0, logger=False, callbacks=[clock],
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(task, datamodule=Seeded(data))
    return steps(clock.starts)


def steps(starts: list[float]) -> list[float]:
    """Differences of the starts after the warm-up."""
    return [b - a for a, b in zip(starts[WARM_UP:-1], starts[WARM_UP + 1 :], strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    quiet_libraries()
    data = batches(arguments.size)
    ways = {"plain loop": by_hand, "task and trainer": by_trainer}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.rounds):
        for name, way in ways.items():
            seconds[name] += way(data, arguments.width)
    print(f"torch {torch.__version__}, python {platform.python_version()}, {arguments.threads} threads")
    for name, values in seconds.items():
        low, median, high = (1e3 * value for value in statistics.quantiles(values, n=4))
        print(f"{name:18s} median {median:7.1f} ms  quartiles {low:.1f} {high:.1f}")
    plain, trained = (statistics.median(values) for values in seconds.values())
    print(f"ratio of the medians {trained / plain:.3f}")


if __name__ == "__main__":
    main()
