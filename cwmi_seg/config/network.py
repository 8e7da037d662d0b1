"""The network of a config, with what its dataset decides: channels and classes, and of volumes the axes.

Nothing here imports Lightning, which takes seconds and memory. Torch is imported with the network, since
``cwmi-prepare`` does without.
"""

from collections.abc import Mapping
from inspect import signature
from typing import TYPE_CHECKING, Any

from hydra.errors import HydraException
from hydra.utils import get_object

from cwmi_seg.config.target import Target
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.mistakes import Mistake

if TYPE_CHECKING:
    from torch import nn

_SLICES = "cwmi_seg.models.slices.SliceNetwork"


def build_model(model: Target, info: DatasetInfo, *, slices: bool = False) -> "nn.Module":
    """The network, with the channels of the images, the classes of the masks, and the axes of volumes.

    Where its constructor has an argument ``dimensions`` it is told 3 for volumes, and where it has ``spacing``, that of
    the samples, unless the config sets it. Weights are stored with the channels last, which convolutions hand on: a
    step of the U-Net takes about two thirds of the time on the CPU, of that of volumes three quarters, and half
    precision needs it on a GPU.

    Args:
        model: What makes it.
        info: The dataset.
        slices: Whether the network is one of images, which is to see the slices of volumes.

    Raises:
        ValueError: the network is made for images alone, and is to see volumes; or it refuses its arguments.
    """
    network: nn.Module = model.make(**_told(model, info, slices))
    if slices:
        from cwmi_seg.models.slices import SliceNetwork

        network = SliceNetwork(network)
    return _channels_last(network)


def whole_node(node: Mapping[str, object], info: DatasetInfo, *, slices: bool = False) -> dict[str, Any]:
    """The config of a network with all its arguments, from which it can be made without the dataset."""
    network = {**node, **_told(Target.of(node, "model"), info, slices)}
    return {"_target_": _SLICES, "network": network} if slices else network


def _told(model: Target, info: DatasetInfo, slices: bool) -> dict[str, Any]:
    """The arguments that the dataset decides."""
    arguments: dict[str, Any] = {"in_channels": info.channels, "num_classes": info.num_classes}
    if info.dimensions == 2 or slices:
        return arguments
    kind = _found(model.name)
    if 3 not in getattr(kind, "dimensions", (2, 3)):
        raise Mistake(
            f"model: expected a network for volumes, got {kind.__name__}, which is made for images; use model=unet, or "
            "let it see slices with dataset.slices=true."
        )
    axes: dict[str, Any] = {"dimensions": 3}
    if info.spacing is not None and model.arguments.get("spacing") is None:
        axes["spacing"] = list(info.spacing)
    known = _parameters(kind)
    return {**arguments, **{name: value for name, value in axes.items() if name in known}}


def _channels_last(network: "nn.Module") -> "nn.Module":
    """Torch has one format for weights of images, another for those of volumes, and none for a network of both."""
    import torch

    ranks = {tensor.ndim for tensor in (*network.parameters(), *network.buffers())}
    if 5 not in ranks:
        return network.to(memory_format=torch.channels_last)
    return network if 4 in ranks else network.to(memory_format=torch.channels_last_3d)


def _found(target: str) -> Any:
    """The class of a ``_target_``; a wrong one has its error when the network is made."""
    try:
        return get_object(target)
    except (HydraException, ImportError, AttributeError, ValueError):
        return object


def _parameters(kind: Any) -> list[str]:
    try:
        return list(signature(kind).parameters)
    except (TypeError, ValueError):
        return []
