"""Times, memory and launches of a loss, alone and in a training step."""

import statistics
import time
from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.autograd.profiler_util import DeviceType  # type: ignore[attr-defined]
from torch.profiler import ProfilerActivity, profile

from cwmi_seg.models.unet import UNet
from cwmi_seg.training.loss_timer import LossTimer
from scripts.cuda_cases import Case, Tensors, step
from scripts.cuda_rows import Row, synchronize

YARDSTICK = "cross_entropy"
LOSS_CALLS, STEP_CALLS, WARM_UP = 25, 8, 3
LONG = 2.0
"""Seconds after which enough has been seen of a slow loss."""

Call = Callable[[], object]


def milliseconds(call: Call, device: torch.device) -> float:
    """Of one call, by events in the stream on a GPU."""
    if device.type != "cuda":
        start = time.perf_counter()
        call()
        return 1e3 * (time.perf_counter() - start)
    start_event, end_event = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start_event.record()
    call()
    end_event.record()
    end_event.synchronize()
    return start_event.elapsed_time(end_event)


def in_turns(calls: dict[str, Call], device: torch.device, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each, one after the other in every round, after some that warm up."""
    for call in calls.values():
        for _ in range(WARM_UP):
            call()
    synchronize(device)
    times: dict[str, list[float]] = {name: [] for name in calls}
    end = time.monotonic() + LONG
    for number in range(rounds):
        for name, call in calls.items():
            times[name].append(milliseconds(call, device))
        if number >= 4 and time.monotonic() > end:
            break
    return times


def loss_row(case: Case, yardstick: Case) -> Row:
    """Forward and backward from logits."""
    tensors = case.tensors()
    calls: dict[str, Call] = {
        "this": lambda: step(case.loss, tensors),
        "other": lambda: step(yardstick.loss, tensors[:2]),
    }
    times = in_turns(calls, case.device, LOSS_CALLS)
    above = [a - b for a, b in zip(times["this"], times["other"], strict=True)]
    return {
        **quartiles(times["this"]),
        "above_cross_entropy_ms": statistics.median(above),
        "peak_MB": peak(calls["this"], case.device),
        "launches": launches(calls["this"], case.device),
    }


def quartiles(values: list[float]) -> Row:
    low, median, high = statistics.quantiles(values, n=4)
    return {"median_ms": median, "low_ms": low, "high_ms": high}


def peak(call: Call, device: torch.device) -> float | None:
    """Megabytes that a call takes at most beyond what is held; of a GPU."""
    if device.type != "cuda":
        return None
    synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    held = torch.cuda.memory_allocated(device)
    call()
    synchronize(device)
    return (torch.cuda.max_memory_allocated(device) - held) / 1e6


def launches(call: Call, device: torch.device) -> int:
    """Kernels and copies on a GPU; operators that no other one calls on the CPU."""
    on_gpu = device.type == "cuda"
    with profile(activities=[ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]) as profiler:
        call()
        synchronize(device)
    events = profiler.events() or ()
    if on_gpu:
        return sum(event.device_type == DeviceType.CUDA for event in events)
    found = [event for event in events if event.name.startswith("aten::")]
    return sum(event.cpu_parent is None or not event.cpu_parent.name.startswith("aten::") for event in found)


class Steps:
    """Training steps of one U-Net, in bfloat16 with channels last, as ``trainer=gpu`` makes them."""

    def __init__(self, yardstick: Case, width: int) -> None:
        self.yardstick, self.width = yardstick, width

    @cached_property
    def model(self) -> nn.Module:
        torch.manual_seed(0)
        return UNet(3, 2, self.width).to(self.yardstick.device).to(memory_format=torch.channels_last)

    @cached_property
    def optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.model.parameters(), lr=1e-4)

    @cached_property
    def pixels(self) -> Tensor:
        images, size = self.yardstick.images, self.yardstick.size
        return torch.randn(images, 3, size, size, device=self.yardstick.device)

    def row(self, case: Case) -> Row:
        arguments, timer = case.tensors()[1:], LossTimer()
        calls: dict[str, Call] = {
            "this": lambda: self.step(case.loss, arguments, timer),
            "other": lambda: self.step(self.yardstick.loss, arguments[:1], LossTimer()),
        }
        for call in calls.values():
            call()
        synchronize(case.device)
        timer.milliseconds()  # what warmed up is forgotten
        times = in_turns(calls, case.device, STEP_CALLS)
        loss_ms, median = timer.milliseconds(), statistics.median(times["this"])
        ratios = [a / b for a, b in zip(times["this"], times["other"], strict=True)]
        return {
            **quartiles(times["this"]),
            "of_cross_entropy": statistics.median(ratios),
            "loss_ms": loss_ms,
            "share_of_the_loss": loss_ms / median,
            "images_per_second": 1e3 * case.images / median,
            "peak_MB": peak(calls["this"], case.device),
        }

    def step(self, loss: nn.Module, arguments: Tensors, timer: LossTimer) -> None:
        self.optimizer.zero_grad()
        with torch.autocast(self.pixels.device.type, torch.bfloat16):
            logits = self.model(self.pixels)
            timer.watch(logits)
            timer.mark(logits, start=True)
            value = loss(logits, *arguments)
        timer.mark(logits, start=False)
        timer.mark(logits, start=True)
        value.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
