"""The one place that reads logits and targets; every loss starts with :func:`read_inputs`.

A batch is of images (B C H W) or of volumes (B C D H W). What is written over :func:`space` serves both.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from cwmi_seg.mistakes import Mistake

_UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)
"""Types of integers that torch can store, but can neither compare nor index with everywhere."""

_SHAPES = {2: "(B, C, H, W)", 3: "(B, C, D, H, W)"}


class Inputs(NamedTuple):
    """Logits and target of a loss, checked and brought to one form, in float32 or float64."""

    log_prob: Tensor  # B C *space, log-softmax
    indicator: Tensor  # B C *space, one-hot target, all 0 where ignored
    valid: Tensor | None  # B 1 *space bool, None when no index is ignored

    def prob(self) -> Tensor:
        """Probabilities B C *space, 0 where ignored."""
        prob = self.log_prob.exp()
        return prob if self.valid is None else torch.where(self.valid, prob, 0)

    def class_sums(self, values: Tensor) -> Tensor:
        """Sum ``values`` B C *space over the pixels of each class of each image: B C."""
        return (self.indicator * values).sum(space(values))

    def num_pixels(self) -> Tensor:
        """The number of pixels that take part, at least 1."""
        return self.indicator.sum().clamp(min=1)

    def structure(self) -> tuple[Tensor, Tensor]:
        """Probability and indicator of the classes that a one-against-rest loss sees, each B C' *space.

        C' = 1 (class 1) for two classes, because class 0 carries nothing new; else all classes.
        """
        first = 1 if self.log_prob.shape[1] == 2 else 0
        return self.prob()[:, first:], self.indicator[:, first:]


def space(values: Tensor) -> tuple[int, ...]:
    """The axes of B C *space that are not B and C: (2, 3) of images, (2, 3, 4) of volumes."""
    return tuple(range(2, values.ndim))


def plain(tensor: Tensor) -> Tensor:
    """The same numbers without the additions of another library, which need not follow where operators lead."""
    return tensor if type(tensor) is Tensor else tensor.as_subclass(Tensor)


def class_logits(logits: Tensor) -> Tensor:
    """Logits B C *space of C > 1 classes as they are; a single channel z becomes the two logits [0, z].

    Nothing else in the package reads a single channel: the losses, the scores and the predictions all come here.
    """
    return torch.cat([torch.zeros_like(logits), logits], dim=1) if logits.shape[1] == 1 else logits


def read_inputs(
    logits: Tensor,
    target: Tensor,
    ignore_index: int | None = None,
    dimensions: Sequence[int] = (2, 3),
    multiclass: bool = True,
) -> Inputs:
    """Check logits and target (:func:`read_logits`) and take the log-softmax."""
    raw, indicator, valid = read_logits(logits, target, ignore_index, dimensions, multiclass)
    return Inputs(F.log_softmax(raw, dim=1), indicator, valid)


def read_logits(
    logits: Tensor,
    target: Tensor,
    ignore_index: int | None = None,
    dimensions: Sequence[int] = (2, 3),
    multiclass: bool = True,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Check types, shapes and class indices; bring the logits to :func:`class_logits`.

    Args:
        logits: B C *space, raw.
        target: B *space or B 1 *space, class index.
        ignore_index: target value of pixels that take no part.
        dimensions: numbers of spatial axes that the loss is defined for.
        multiclass: Whether it is defined for more than two classes.

    Returns:
        Logits B C *space, C at least 2, in float32 or float64; ``indicator`` and ``valid`` of :class:`Inputs`.

    Raises:
        ValueError: no tensor of real numbers, a wrong or empty shape, a one-hot or soft target, or (on the CPU, where
            looking is free) an index that is no class.
    """
    _check_tensors(logits=logits, target=target)
    logits, target = plain(logits), plain(target)
    _check_logits(logits, dimensions, multiclass)
    target = _without_channel(target, logits)
    logits = class_logits(logits if logits.dtype == torch.float64 else logits.float())
    target = target.long() if target.dtype in _UNSIGNED else target
    # in 64 bits: torch brings the number into the type of the target, where 256 would become the class 0
    valid = None if ignore_index is None else target.long() != ignore_index
    _check_classes(target, logits.shape[1], valid)
    classes = torch.arange(logits.shape[1], device=target.device).view(-1, *[1] * (target.ndim - 1))
    indicator = target[:, None] == classes
    if valid is not None:  # the ignored index may be a class
        indicator = indicator & valid[:, None]
    mask = None if valid is None else valid[:, None]
    return logits, indicator.to(logits.dtype), mask


def _check_tensors(**tensors: object) -> None:
    for name, value in tensors.items():
        if not isinstance(value, Tensor):
            raise Mistake(f"{name}: expected a tensor, got {type(value).__name__}; use torch.as_tensor.")
        if value.is_complex():
            raise Mistake(f"{name}: expected real numbers, got {value.dtype}; take .real or .abs() of it.")


def _check_logits(logits: Tensor, dimensions: Sequence[int], multiclass: bool) -> None:
    shape, axes = tuple(logits.shape), logits.ndim - 2
    if axes not in dimensions:
        shapes = " or ".join(_SHAPES[d] for d in dimensions)
        missing = "add the missing axis" if axes < min(_SHAPES) else "leave out the axes that are too many"
        repair = f"this loss is defined in {dimensions[0]}D alone, choose another" if axes in _SHAPES else missing
        raise Mistake(f"logits: expected shape {shapes}, got {shape}; {repair}.")
    if logits.numel() == 0:
        raise Mistake(f"logits: expected at least one image, channel and pixel, got {shape}; skip it.")
    if shape[1] > 2 and not multiclass:
        raise Mistake(
            f"logits: expected 1 or 2 channels, got {shape[1]}; this loss is defined for two classes, choose another."
        )


def _without_channel(target: Tensor, logits: Tensor) -> Tensor:
    """Target B *space, also of the form B 1 *space that other libraries have."""
    expected, got = (logits.shape[0], *logits.shape[2:]), tuple(target.shape)
    if got == expected:
        return target
    if got == (expected[0], 1, *expected[1:]):
        return target[:, 0]
    one_hot = target.ndim == logits.ndim and (got[0], *got[2:]) == expected
    what = "one channel a class (one-hot or soft)" if one_hot else got
    repair = "use target.argmax(1)" if one_hot else "pass class indices of the same size, without a channel axis"
    raise Mistake(f"target: expected shape {expected}, got {what}; {repair}.")


def _check_classes(target: Tensor, num_classes: int, valid: Tensor | None) -> None:
    if target.is_floating_point():
        raise Mistake(
            f"target: expected integer class indices, got {target.dtype}; use target.long(), or "
            "(target > 0.5).long() of a soft mask."
        )
    if target.device.type != "cpu" or torch.compiler.is_compiling():
        return
    seen = target if valid is None else torch.where(valid, target, 0)
    low, high = (int(v) for v in torch.aminmax(seen.to(torch.int64) if seen.dtype == torch.bool else seen))
    if low < 0 or high >= num_classes:
        raise Mistake(
            f"target: expected class indices from 0 to {num_classes - 1}, got {low if low < 0 else high}; "
            "divide masks of 0/255 by 255 in whole numbers (mask // 255), or name the value with ignore_index."
        )
