"""Logits, targets and weight maps as hard as a training can make them, for tests and ``scripts/stress_losses.py``."""

from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from cwmi_seg.weight_maps import filled_in, map_generator

IGNORED = 255
TARGETS = ("empty", "full", "pixel", "line", "noise", "blocks", "last class")
LOGITS = ("zero", "normal", "large", "extreme", "right", "wrong", "near")
DTYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


@dataclass(frozen=True)
class Case:
    """What a batch is made of."""

    targets: tuple[str, ...]  # of each image
    logits: tuple[str, ...]
    channels: int
    size: tuple[int, ...]  # H W, or D H W
    dtype: torch.dtype
    ignored: float  # share of the pixels
    seed: int

    def make(self) -> tuple[Tensor, Tensor]:
        """Logits B C *space and target B *space."""
        generator = torch.Generator().manual_seed(self.seed)
        classes = max(2, self.channels)
        target = torch.stack([_target(kind, classes, self.size, generator) for kind in self.targets])
        pairs = zip(self.logits, target, strict=True)
        logits = torch.stack([_logits(kind, y, self.channels, generator) for kind, y in pairs])
        ignored = torch.rand(target.shape, generator=generator) < self.ignored
        return logits.to(self.dtype), torch.where(ignored, IGNORED, target)


def cases(channels: tuple[int, ...], images: int, dimensions: int = 2) -> st.SearchStrategy[Case]:
    """Batches of ``images`` images of up to three kinds, so that often a whole batch is of one kind."""
    kinds = st.tuples(st.sampled_from(TARGETS), st.sampled_from(LOGITS))
    batch = st.lists(kinds, min_size=1, max_size=3).map(lambda some: [some[i % len(some)] for i in range(images)])
    return st.builds(
        lambda batch, **rest: Case(tuple(t for t, _ in batch), tuple(z for _, z in batch), **rest),
        batch,
        channels=st.sampled_from(channels),
        size=st.tuples(*[st.integers(32, 36) if dimensions == 2 else st.integers(7, 12)] * dimensions),
        dtype=st.sampled_from(DTYPES),
        ignored=st.sampled_from((0.0, 0.0, 0.3, 1.0)),
        seed=st.integers(0, 2**31),
    )


def weight_map(loss: nn.Module, target: Tensor, num_classes: int = 2) -> Tensor | None:
    """The map that ``loss`` needs, B M *space, or None."""
    name: str | None = getattr(loss, "weight_map", None)
    if name is None:
        return None
    settings = filled_in(getattr(loss, "weight_map_settings", {}), max(2, num_classes))
    maps = [map_generator(name).weight_map(mask, **settings) for mask in target.to(torch.uint8).numpy()]
    return torch.from_numpy(np.stack(maps))


def _target(kind: str, classes: int, size: tuple[int, ...], generator: torch.Generator) -> Tensor:
    target = torch.zeros(size, dtype=torch.long)
    if kind == "full":
        target[:] = 1
    elif kind == "pixel":
        target[size[0] // 3, *[-1] * (len(size) - 1)] = 1
    elif kind == "line":
        target[size[0] // 2] = 1
    elif kind == "noise":
        target = torch.randint(0, classes, size, generator=generator)
    elif kind == "blocks":
        target = torch.randint(0, classes, [length // 6 + 1 for length in size], generator=generator)
        for axis, length in enumerate(size):
            target = target.repeat_interleave(6, axis).narrow(axis, 0, length)
    elif kind == "last class":
        target[:] = classes - 1
    return target


def _logits(kind: str, target: Tensor, channels: int, generator: torch.Generator) -> Tensor:
    noise = torch.randn(channels, *target.shape, generator=generator)
    classes = torch.arange(max(2, channels))[max(2, channels) - channels :]  # one channel: class 1
    toward = 2.0 * (target == classes.view(-1, *[1] * target.ndim)) - 1
    made = {
        "zero": 0 * noise,
        "normal": noise,
        "large": 100 * noise,
        "extreme": 1e4 * noise.sign(),
        "right": 1e4 * toward,
        "wrong": -1e4 * toward,
        "near": 8 * toward + noise,
    }
    return made[kind]
