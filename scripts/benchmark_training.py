"""Print time and peak memory of a training step with every loss, and write them as a csv file.

    python -m scripts.benchmark_training --out results/cost.csv

U-Net of the paper's width, forward, loss, backward, clipping and Adam, every loss in turns on one network and the same
crops; the ratio is to cross-entropy. Losses that change with the epoch are timed after their last change and, as
NAME@0, in epoch 0. Weight maps are made before, as the loader keeps them. Peak memory is what a step adds at most.
"""

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from cwmi_seg.models.unet import UNet
from scripts.benchmark_cwmi import Calls, describe, table
from scripts.benchmark_losses import YARDSTICK, batch, losses
from tests.support.loss_configs import LOSS_NAMES
from tests.support.loss_inputs import weight_map


def step_calls(images: int, size: int, width: int, device: torch.device) -> Calls:
    """A training step with every loss of ``conf/loss``."""
    torch.manual_seed(0)
    model = UNet(3, 2, width).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    _, target = batch(images, 2, size, 2)
    pixels, on_device = torch.randn(images, 3, size, size, device=device), target.to(device)
    calls: Calls = {}
    for name, loss in losses(LOSS_NAMES).items():
        weights = weight_map(loss, target)
        arguments = [on_device, *([] if weights is None else [weights.to(device)])]
        calls[name] = partial(step, model, optimizer, pixels, loss, arguments)
    return calls


def step(
    model: nn.Module, optimizer: torch.optim.Optimizer, pixels: Tensor, loss: nn.Module, arguments: list[Tensor]
) -> None:
    optimizer.zero_grad()
    loss(model(pixels), *arguments).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, help="csv file")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    title = f"U-Net of width {options.width}, {options.images} x 3 x {options.size} x {options.size}"
    print(setting := describe(device, options.threads))
    calls = step_calls(options.images, options.size, options.width, device)
    rows = table(title, calls, YARDSTICK, rounds=options.rounds, device=device, clock=time.perf_counter)
    if options.out:
        pd.DataFrame([flat(row, setting) for row in rows]).to_csv(options.out, index=False)


def flat(row: dict[str, Any], setting: str) -> dict[str, object]:
    """A row of :func:`table` with a column for every number."""
    low, high = row["quartiles_ms"]
    return {
        "loss": row["name"],
        "median_ms": row["median_ms"],
        "low_quartile_ms": low,
        "high_quartile_ms": high,
        "ratio": row[f"of_{YARDSTICK}"],
        "peak_bytes": row["peak_bytes"],
        "step": row["table"],
        "setting": setting,
    }


if __name__ == "__main__":
    main()
