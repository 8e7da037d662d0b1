"""One config group to its object, and the network of a config; without Lightning, which takes seconds and memory.

Torch is imported with the network, since ``cwmi-prepare`` does without.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from cwmi_seg.config.arguments import check_arguments
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.mistakes import Mistake

if TYPE_CHECKING:
    from torch import nn

Config = Mapping[str, Any]


_NAMED = re.compile(r"[A-Za-z_][\w.]*: ")
"""How a message starts that names the argument it is about."""


def make(config: Config, group: str, **arguments: Any) -> Any:
    """Instantiate one config group; what its constructor refuses is a ValueError that names the group.

    The constructor gets lists and dicts, unless the group says otherwise with ``_convert_``: those of OmegaConf would
    stay in what it makes, and no checkpoint that holds one, as an optimizer's does, can be loaded again.

    Args:
        config: of the whole command.
        group: key of the group, dotted where it lies deeper: ``dataset.images``.
        arguments: given to the constructor beside those of the config.
    """
    node: Any = config
    for key in group.split("."):
        node = node[key]
    if not isinstance(node, Mapping) or "_target_" not in node:
        raise Mistake(f"{group}: expected a yaml with _target_, got {_shown(node)}; name a class there.")
    check_arguments(node, group)
    try:
        return instantiate(node, **{"_convert_": "all", **_own_conversion(node), **arguments})
    except InstantiationException as error:
        raise Mistake(refusal(group, error.__cause__ or str(error).splitlines()[0])) from error


def refusal(group: str, reason: BaseException | str) -> str:
    """The message for what the constructor of ``group`` raised: ``group.ARGUMENT: ...`` where it names one."""
    said = " ".join(str(reason).split())
    if isinstance(reason, ValueError) and _NAMED.match(said):
        return f"{group}.{said}"
    return f"{group}: {said or type(reason).__name__}"


def _own_conversion(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key == "_convert_"}


def _shown(node: Any) -> str:
    return f"only {', '.join(map(str, node))}" if isinstance(node, Mapping) and node else repr(node)


def build_model(config: Config, info: DatasetInfo) -> "nn.Module":
    """The network, with the channels of the images and the classes of the masks.

    Weights are stored with the channels last, which convolutions hand on: a step of the U-Net takes about two thirds
    of the time on the CPU, and half precision needs it on a GPU.
    """
    import torch

    model: nn.Module = make(config, "model", in_channels=info.channels, num_classes=info.num_classes)
    return model.to(memory_format=torch.channels_last)
