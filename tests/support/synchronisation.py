"""Where a step would make the host wait for a GPU, found without one.

On the device "meta" tensors have shapes and no values, and nothing looks whether targets are classes: the tensors are
as on a GPU. What needs values, or takes tensors from one device to the other, is noted and goes on with made up ones.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

META = torch.device("meta")
_aten = torch.ops.aten
_CHOOSING = (_aten.nonzero.default, _aten.masked_select.default, _aten.bincount.default, _aten._unique2.default)
_BY_VALUES = ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::_unique2", "aten::bincount")
"""What reads values on the CPU too, also where it is hidden in another operator."""


class WaitingOnMeta(TorchDispatchMode):
    """Counts operators that would make the host wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
        away = any(x.is_meta for x in tensors)
        if func is _aten._local_scalar_dense.default and away:
            self.waits["item"] += 1
            return 0
        if away and func in (_aten._to_copy.default, _aten.copy_.default):
            return self._copied(func, args, kwargs)
        if away and (func in _CHOOSING or (func is _aten.index.Tensor and _by_mask(args[1]))):
            raise AssertionError(f"{func.name()}: the size of the result depends on values, so the host waits for it.")
        if away and any(not x.is_meta and x.ndim for x in tensors):
            self.waits[f"{func.name()} of both devices"] += 1
        result = func(*args, **kwargs)
        if not away and any(x.is_meta for x in tree_leaves(result) if isinstance(x, Tensor)) and tensors:
            self.waits["copy to the device"] += 1
        return result

    def _copied(self, func: Any, args: Any, kwargs: Any) -> Any:
        source = args[0] if func is _aten._to_copy.default else args[1]
        target = torch.device(kwargs.get("device") or source.device) if source is args[0] else args[0].device
        if source.device != target and (source.ndim or source.is_meta):
            self.waits[f"copy to {'the host' if source.is_meta else 'the device'}"] += 1
        if source.is_meta and target.type != "meta":
            made = torch.zeros(source.shape, dtype=kwargs.get("dtype") or source.dtype)
            return made if source is args[0] else args[0].copy_(made)
        return func(*args, **kwargs)


def _by_mask(indices: Sequence[Tensor | None]) -> bool:
    return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in indices)


class Constants(TorchFunctionMode):
    """Notes tensors that are made from Python numbers for the device: a copy each."""

    def __init__(self, waits: "Counter[str]") -> None:
        super().__init__()
        self.waits = waits

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in (torch.tensor, torch.as_tensor, Tensor.new_tensor) and result.is_meta:
            self.waits["constant to the device"] += 1
        return result


def waits_on_device(step: Callable[[], Tensor]) -> "Counter[str]":
    """Of forward and backward of ``step``, with tensors of the device META."""
    with WaitingOnMeta() as mode, Constants(mode.waits):
        step().backward()
    return mode.waits


def reads_of_values(step: Callable[[], Tensor]) -> "Counter[str]":
    """Of forward and backward on the CPU, hidden ones among them; without the check of the targets, made only there."""
    with (
        patch("cwmi_seg.losses._inputs._check_classes"),
        profile(activities=[ProfilerActivity.CPU]) as profiler,
    ):
        step().backward()
    return Counter(event.name for event in profiler.events() or () if event.name in _BY_VALUES)


def inputs(loss: nn.Module, size: Sequence[int], device: torch.device, classes: int = 2) -> tuple[Tensor, ...]:
    """Logits that need a gradient, target and, where the loss takes one, the weight map."""
    from tests.support.loss_inputs import weight_map

    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, classes, *size, generator=generator)
    target = torch.randint(0, classes, (2, *size), generator=generator)
    maps = weight_map(loss, target, classes)
    moved = [x.to(device) for x in (logits, target, *([] if maps is None else [maps]))]
    return moved[0].requires_grad_(), *moved[1:]
