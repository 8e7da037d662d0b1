"""One config group to its object, and the network of a config; without Lightning, which takes seconds and memory.

Torch is imported with the network, since ``cwmi-prepare`` does without.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from cwmi_seg.datasets.info import DatasetInfo

if TYPE_CHECKING:
    from torch import nn

Config = Mapping[str, Any]


def make(config: Config, group: str, **arguments: Any) -> Any:
    """Instantiate one config group; what its constructor refuses is a ValueError that names the group."""
    try:
        return instantiate(config[group], **arguments)
    except InstantiationException as error:
        reason = error.__cause__ or str(error).splitlines()[0]
        raise ValueError(f"{group}.{reason}" if isinstance(reason, ValueError) else f"{group}: {reason}") from error


def build_model(config: Config, info: DatasetInfo) -> "nn.Module":
    """The network, with the channels of the images and the classes of the masks.

    Weights are stored with the channels last, which convolutions hand on: a step of the U-Net takes about two thirds
    of the time on the CPU, and half precision needs it on a GPU.
    """
    import torch

    model: nn.Module = make(config, "model", in_channels=info.channels, num_classes=info.num_classes)
    return model.to(memory_format=torch.channels_last)
