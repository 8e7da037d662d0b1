"""The one place that reads logits and targets; every loss starts with :func:`read_inputs`."""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

_UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)
"""Integers that torch can store and do little else with."""


class Inputs(NamedTuple):
    """Logits and target of a loss, checked and brought to one form, in float32 or float64."""

    log_prob: Tensor  # B C H W, log-softmax
    indicator: Tensor  # B C H W, one-hot target, all 0 where ignored
    valid: Tensor | None  # B 1 H W bool, None when no index is ignored

    def prob(self) -> Tensor:
        """Probabilities B C H W, 0 where ignored."""
        prob = self.log_prob.exp()
        return prob if self.valid is None else torch.where(self.valid, prob, 0)

    def class_sums(self, values: Tensor) -> Tensor:
        """Sum of ``values`` B C H W over the pixels of each class, for each image: B C."""
        return (self.indicator * values).sum((2, 3))

    def num_pixels(self) -> Tensor:
        """Number of pixels that take part, at least 1."""
        return self.indicator.sum().clamp(min=1)

    def structure(self) -> tuple[Tensor, Tensor]:
        """Probability and indicator of the classes that a one-against-rest loss sees, each B C' H W.

        C' = 1 (class 1) for two classes, because class 0 carries nothing new; else all classes.
        """
        first = 1 if self.log_prob.shape[1] == 2 else 0
        return self.prob()[:, first:], self.indicator[:, first:]


def class_logits(logits: Tensor) -> Tensor:
    """Logits B C H W of C > 1 classes as they are; a single channel z becomes the two logits [0, z].

    Nothing else in the package reads a single channel: the losses, the scores and the predictions all come here.
    """
    return torch.cat([torch.zeros_like(logits), logits], dim=1) if logits.shape[1] == 1 else logits


def read_inputs(logits: Tensor, target: Tensor, ignore_index: int | None = None) -> Inputs:
    """Check types, shapes and class indices; bring the logits to :func:`class_logits`.

    Raises:
        ValueError: no tensor of real numbers, a wrong or empty shape, or (on the CPU, where looking is free) an index
            that is no class.
    """
    _check_tensors(logits=logits, target=target)
    if logits.ndim != 4:
        raise ValueError(f"logits: expected shape (B, C, H, W), got {tuple(logits.shape)}; add the missing axis.")
    if logits.numel() == 0:
        raise ValueError(f"logits: expected at least one image, channel and pixel, got {tuple(logits.shape)}; skip it.")
    expected = (logits.shape[0], *logits.shape[2:])
    if target.shape != expected:
        raise ValueError(
            f"target: expected shape {expected}, got {tuple(target.shape)}; pass class indices without a channel axis."
        )
    logits = class_logits(logits if logits.dtype == torch.float64 else logits.float())
    target = target.long() if target.dtype in _UNSIGNED else target
    valid = None if ignore_index is None else target != ignore_index
    _check_classes(target, logits.shape[1], valid)
    classes = torch.arange(logits.shape[1], device=target.device)[:, None, None]
    indicator = target[:, None] == classes
    if valid is not None:  # the ignored index may be a class
        indicator = indicator & valid[:, None]
    mask = None if valid is None else valid[:, None]
    return Inputs(F.log_softmax(logits, dim=1), indicator.to(logits.dtype), mask)


def _check_tensors(**tensors: Any) -> None:
    for name, value in tensors.items():
        if not isinstance(value, Tensor):
            raise ValueError(f"{name}: expected a tensor, got {type(value).__name__}; use torch.as_tensor.")
        if value.is_complex():
            raise ValueError(f"{name}: expected real numbers, got {value.dtype}; take .real or .abs() of it.")


def _check_classes(target: Tensor, num_classes: int, valid: Tensor | None) -> None:
    if target.is_floating_point():
        raise ValueError(f"target: expected integer class indices, got {target.dtype}; use target.long().")
    if target.device.type != "cpu" or torch.compiler.is_compiling():
        return
    seen = target if valid is None else torch.where(valid, target, 0)
    low, high = (int(v) for v in torch.aminmax(seen.to(torch.int64) if seen.dtype == torch.bool else seen))
    if low < 0 or high >= num_classes:
        raise ValueError(
            f"target: expected class indices from 0 to {num_classes - 1}, got {low if low < 0 else high}; "
            "divide masks of 0/255 by 255, or name the value with ignore_index."
        )
