"""One loss on a device, and what is checked of it there."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from scripts.benchmark_losses import batch
from scripts.cuda_rows import Row, Skip, need, synchronize
from tests.support.loss_configs import ON_THE_CPU, make_loss
from tests.support.loss_inputs import weight_map

Tensors = tuple[Tensor, ...]
COMPILED_IN_FULL = ("cross_entropy", "cwmi", "dice_cross_entropy", "rmi", "cldice", "focal")
"""The others are traced and run as they are: a compilation takes many seconds."""

_batch = lru_cache(maxsize=4)(batch)  # seconds for large images, the same for all losses


@dataclass(frozen=True)
class Case:
    """A loss of ``conf/loss`` on membranes between random cells and logits near them."""

    name: str
    device: torch.device
    images: int
    size: int

    @cached_property
    def loss(self) -> nn.Module:
        return make_loss(self.name)

    @cached_property
    def on_cpu(self) -> Tensors:
        logits, target = _batch(self.images, 2, self.size)
        maps = weight_map(self.loss, target)
        return logits, target, *([] if maps is None else [maps])

    def tensors(self, dtype: torch.dtype = torch.float32, device: torch.device | None = None) -> Tensors:
        """Logits that need a gradient, target and map, new ones in every call."""
        logits, *rest = (tensor.to(device or self.device) for tensor in self.on_cpu)
        return logits.to(dtype, copy=True).requires_grad_(), *rest

    @property
    def waits(self) -> bool:
        return self.name in ON_THE_CPU


def step(loss: Callable[..., Tensor], tensors: Tensors) -> tuple[Tensor, Tensor]:
    """Value and gradient."""
    value = loss(*tensors)
    (gradient,) = torch.autograd.grad(value, tensors[0])
    return value.detach(), gradient


def same_as_cpu(case: Case, dtype: torch.dtype) -> Row:
    """Values within 1e-5, gradients within 1e-4 of their norm."""
    value, gradient = step(case.loss, case.tensors(dtype))
    expected, of_cpu = step(case.loss, case.tensors(dtype, torch.device("cpu")))
    off = abs(float(value) - float(expected)) / max(1.0, abs(float(expected)))
    turned = float((gradient.cpu() - of_cpu).norm() / of_cpu.norm().clamp(min=1e-30))
    need(off <= 1e-5, f"the value is off by {off:.1e}: {float(value)} against {float(expected)}")
    need(turned <= 1e-4, f"the gradient is off by {turned:.1e} of its norm")
    return {"value": off, "gradient": turned}


def under_autocast(case: Case, dtype: torch.dtype) -> Row:
    """Finite, with a finite gradient without the scaler's factor; near the value of full precision."""
    logits, *rest = case.tensors()
    layer = nn.Conv2d(2, 2, 1).to(case.device)
    scaler = torch.amp.GradScaler(case.device.type, enabled=dtype == torch.float16, init_scale=256.0)
    optimizer = torch.optim.SGD(layer.parameters(), lr=1e-3)
    with torch.autocast(case.device.type, dtype):
        value = case.loss(found := layer(logits), *rest)
    scaler.scale(value).backward()
    scaler.unscale_(optimizer)
    norm = float(nn.utils.get_total_norm([p.grad for p in layer.parameters() if p.grad is not None]))
    scaler.step(optimizer)
    value, full = value.detach(), float(case.loss(found.detach().float(), *rest))
    need(found.dtype == dtype, f"the logits are {found.dtype}")
    need(bool(value.isfinite()) and norm < float("inf"), f"value {float(value)}, gradient {norm}")
    need(abs(float(value) - full) <= 1e-4 * max(1.0, abs(full)), f"{float(value)} against {full} outside autocast")
    return {"value": float(value), "gradient": norm}


def without_waiting(case: Case) -> Row:
    """CUDA itself refuses what the host would wait for."""
    if case.waits:
        raise Skip("computes on the CPU in every step")
    if case.device.type != "cuda":
        raise Skip("only a GPU is waited for")
    tensors = case.tensors()
    step(case.loss, tensors)  # the first step makes what is kept
    synchronize(case.device)
    torch.cuda.set_sync_debug_mode("error")
    try:
        step(case.loss, tensors)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return {}


def deterministic(case: Case) -> Row:
    """Twice the same bits; where not, whether they are with torch's deterministic algorithms."""
    tensors = case.tensors()
    if _repeats(case, tensors):
        return {"same": "bits"}
    with _deterministic_algorithms():
        repeats = _repeats(case, tensors)
    need(repeats, "two gradients differ, with deterministic algorithms too")
    return {"same": "bits with torch.use_deterministic_algorithms alone, as trainer.deterministic=warn sets"}


def _repeats(case: Case, tensors: Tensors) -> bool:
    first, second = step(case.loss, tensors), step(case.loss, tensors)
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@contextmanager
def _deterministic_algorithms() -> Any:
    import warnings

    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.use_deterministic_algorithms(False)


def channels_last(case: Case) -> Row:
    """Logits that a network with channels last hands on give the same."""
    logits, *rest = case.tensors()
    other = logits.detach().to(memory_format=torch.channels_last).requires_grad_()
    (value, gradient), (moved, of_moved) = step(case.loss, (logits, *rest)), step(case.loss, (other, *rest))
    turned = float((gradient - of_moved).norm() / gradient.norm().clamp(min=1e-30))
    need(abs(float(value - moved)) <= 1e-5 * max(1.0, abs(float(value))), f"{float(moved)} against {float(value)}")
    need(turned <= 1e-4, f"the gradient is off by {turned:.1e} of its norm")
    return {"gradient": turned}


def steady_memory(case: Case, steps: int = 50) -> Row:
    """Nothing is left behind by a step."""
    if case.device.type != "cuda":
        raise Skip("only the memory of a GPU is counted")
    tensors, held = case.tensors(), []
    for _ in range(steps):
        step(case.loss, tensors)
        held.append(torch.cuda.memory_allocated(case.device))
    need(held[-1] <= held[4], f"{held[-1] - held[4]} bytes more after {steps} steps than after 5")
    return {"MB": held[-1] / 1e6}


def captured(case: Case) -> Row:
    """Forward and backward as one CUDA graph, replayed with other logits."""
    if case.device.type != "cuda":
        raise Skip("of a GPU")
    if case.waits:
        raise Skip("computes on the CPU in every step")
    logits, *rest = case.tensors()
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step(case.loss, (logits, *rest))
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        value, gradient = step(case.loss, (logits, *rest))
    with torch.no_grad():
        logits.mul_(0.5)
    graph.replay()
    expected, direct = step(case.loss, (logits, *rest))
    turned = float((gradient - direct).norm() / direct.norm())
    need(abs(float(value - expected)) <= 1e-5 * max(1.0, abs(float(expected))), f"{value} against {expected}")
    need(turned <= 1e-4, f"the gradient is off by {turned:.1e} of its norm")
    return {"gradient": turned}


def compiled(case: Case, quick: bool) -> Row:
    """A layer and the loss, compiled together, give what they give without."""
    if case.waits:
        raise Skip("computes on the CPU in every step")
    torch._dynamo.reset()
    logits, *rest = case.tensors()
    layer, loss = nn.Conv2d(2, 2, 1).to(case.device), case.loss

    def both(logits: Tensor, *rest: Tensor) -> Tensor:
        return loss(layer(logits), *rest)

    backend = "inductor" if case.name in COMPILED_IN_FULL and not quick else "aot_eager"
    value, gradient = step(torch.compile(both, backend=backend), (logits, *rest))
    expected, direct = step(both, (logits, *rest))
    turned = float((gradient - direct).norm() / direct.norm())
    need(abs(float(value - expected)) <= 1e-4 * max(1.0, abs(float(expected))), f"{value} against {expected}")
    need(turned <= 1e-3, f"the gradient is off by {turned:.1e} of its norm")
    return {"backend": backend, "gradient": turned}
