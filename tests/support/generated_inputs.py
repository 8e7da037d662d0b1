"""Ordinary and degenerate inputs of the CWMI loss, each from a seed; the seed modulo their number picks the kind.

Images (:func:`generated_input`) and volumes (:func:`generated_volume`).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

Logits = Callable[[Tensor, Generator], Tensor]
Target = Callable[[int, tuple[int, ...], Generator], Tensor]


def _draw(generator: Generator, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def generated_input(seed: int, largest: int = 300) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """Logits, target and arguments of ``CWMILoss`` of one seed."""
    target_kind, logits_kind, dtype = KINDS[seed % len(KINDS)]
    generator = Generator().manual_seed(seed)
    draw = partial(_draw, generator)
    num_scales, num_classes = draw(1, 4), draw(2, 4)
    smallest = 2 ** (num_scales + 1)
    largest = max(smallest, 8 + int((largest - 8) * torch.rand((), generator=generator) ** 3))  # mostly small
    size = (max(8, draw(smallest, largest)), max(8, draw(smallest, largest)))
    target = TARGETS[target_kind](num_classes, size, generator).expand(draw(1, 2), -1, -1)
    complex, k = draw(0, 3) > 0, draw(2, 12)
    logits = LOGITS[logits_kind](F.one_hot(target, num_classes).movedim(-1, 1).double(), generator).to(dtype)
    if draw(0, 1):
        logits = logits.mT.contiguous().mT  # not contiguous
    return logits, target, {"num_scales": num_scales, "num_orientations": k, "complex": complex}


def generated_volume(seed: int, largest: int = 48) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """The same for volumes of 8 to ``largest`` voxels a side, often with thick slices along one of the axes."""
    target_kind, logits_kind, dtype = KINDS[seed % len(KINDS)]
    generator = Generator().manual_seed(seed)
    draw = partial(_draw, generator)
    num_scales, num_classes = draw(1, 3), draw(2, 3)
    smallest = max(8, 2 ** (num_scales + 1))
    largest = max(smallest, 8 + int((largest - 8) * torch.rand((), generator=generator) ** 2))
    size = (draw(smallest, largest), draw(smallest, largest), draw(smallest, largest))
    spacing = [1.0, 1.0, 1.0]
    spacing[draw(0, 2)] = (1.0, 1.0, 2.0, 2.5, 4.0, 12.5)[draw(0, 5)]
    target = TARGETS[target_kind](num_classes, size, generator).expand(draw(1, 2), -1, -1, -1)
    logits = LOGITS[logits_kind](F.one_hot(target, num_classes).movedim(-1, 1).double(), generator).to(dtype)
    arguments: dict[str, Any] = {"num_scales": num_scales, "spacing": spacing}
    arguments |= VOLUME_FORMS[draw(0, len(VOLUME_FORMS) - 1)]
    return logits, target, arguments


VOLUME_FORMS: list[dict[str, Any]] = [
    *({"num_axes": k, "complex": complex} for k in (3, 6) for complex in (True, False)),
    *({"num_axes": k, "covariance": "augmented"} for k in (3, 6)),
    {"num_axes": 16},
]


def _blobs(num_classes: int, size: tuple[int, ...], generator: Generator) -> Tensor:
    coarse = torch.randn(1, num_classes, *[4] * len(size), generator=generator)
    return F.interpolate(coarse, size, mode="bilinear" if len(size) == 2 else "trilinear").argmax(1)


def _constant(num_classes: int, size: tuple[int, ...], generator: Generator) -> Tensor:
    return torch.randint(0, num_classes, (1, *[1] * len(size)), generator=generator).expand(1, *size)


def _pixel(num_classes: int, size: tuple[int, ...], generator: Generator) -> Tensor:
    target = torch.zeros(1, *size, dtype=torch.long)
    target.view(-1)[torch.randint(0, target.numel(), (1,), generator=generator)] = 1
    return target


def _line(num_classes: int, size: tuple[int, ...], generator: Generator) -> Tensor:
    target = torch.zeros(1, *size, dtype=torch.long)
    target[:, int(torch.randint(0, size[0], (), generator=generator))] = 1
    return target


def _stripes(num_classes: int, size: tuple[int, ...], generator: Generator) -> Tensor:
    period = int(torch.randint(1, 6, (), generator=generator))
    return (torch.arange(size[-1]) // period % 2).expand(1, *size)


def _noise(num_classes: int, size: tuple[int, ...], generator: Generator) -> Tensor:
    return torch.randint(0, num_classes, (1, *size), generator=generator)


def _random(one_hot: Tensor, generator: Generator) -> Tensor:
    return torch.randn(one_hot.shape, dtype=torch.float64, generator=generator)


def _near(one_hot: Tensor, generator: Generator) -> Tensor:
    return 7 * one_hot + _random(one_hot, generator)


TARGETS: dict[str, Target] = {
    "blobs": _blobs,
    "constant": _constant,
    "pixel": _pixel,
    "line": _line,
    "stripes": _stripes,
    "noise": _noise,
}
LOGITS: dict[str, Logits] = {
    "random": _random,
    "near": _near,
    "exact": lambda one_hot, _: 1e4 * one_hot,
    "wrong": lambda one_hot, _: -1e4 * one_hot,
    "huge": lambda one_hot, generator: 1e4 * _random(one_hot, generator).sign(),
    "constant": lambda one_hot, _: torch.zeros_like(one_hot),
    "tiny steps": lambda one_hot, generator: 1e-6 * _random(one_hot, generator),
}
DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
KINDS = [(target, logits, dtype) for dtype in DTYPES for target in TARGETS for logits in LOGITS]
