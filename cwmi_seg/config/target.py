"""The plug-ins of a config: a name and its arguments, and the object that they make.

Nothing here imports Lightning or torch, which take seconds and memory.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from cwmi_seg.config.arguments import check_arguments
from cwmi_seg.mistakes import Mistake

_NAMED = re.compile(r"[A-Za-z_][\w.]*: ")
"""How a message starts that names the argument it is about."""


@dataclass(frozen=True)
class Target:
    """A class or function that a config names, with arguments; nothing is imported before :meth:`make`.

    Args:
        key: where it stands in the config, for messages: ``dataset.images``.
        name: MODULE.NAME, the value of ``_target_``.
        arguments: the other values of the node, those of Hydra (``_partial_``, ``_convert_``) among them.
    """

    key: str
    name: str
    arguments: Mapping[str, Any]

    @classmethod
    def of(cls, node: object, key: str) -> "Target":
        """The plug-in of a config node.

        Raises:
            ValueError: the node names no class.
        """
        if not isinstance(node, Mapping) or not isinstance(node.get("_target_"), str):
            raise Mistake(f"{key}: expected a yaml with _target_, got {_shown(node)}; name a class there.")
        for flag in ("_partial_", "_recursive_"):
            if not isinstance(node.get(flag, True), bool):
                raise Mistake(f"{key}.{flag}: expected true or false, got {node[flag]}; leave it as it was.")
        return cls(key, node["_target_"], {name: value for name, value in node.items() if name != "_target_"})

    @property
    def node(self) -> dict[str, Any]:
        """The config node again."""
        return {"_target_": self.name, **self.arguments}

    def changed(self, **arguments: object) -> "Target":
        """The same with some arguments set."""
        return replace(self, arguments={**self.arguments, **arguments})

    def without(self, *names: str) -> "Target":
        """The same without some of its arguments."""
        return replace(self, arguments={key: value for key, value in self.arguments.items() if key not in names})

    def make(self, **arguments: object) -> Any:
        """Call the class; what its constructor refuses is a ``ValueError`` that names the key.

        The constructor gets lists and dicts, unless the node says otherwise with ``_convert_``: those of OmegaConf
        would stay in what it makes, and no checkpoint that holds one, as an optimizer's does, can be loaded again.

        Args:
            arguments: given to the constructor beside those of the config.
        """
        check_arguments(self.node, self.key)
        convert = self.arguments.get("_convert_", "all")
        try:
            return instantiate(self.node, **{**arguments, "_convert_": convert})
        except InstantiationException as error:
            raise Mistake(refusal(self.key, error.__cause__ or str(error).splitlines()[0])) from error


def targets_of(nodes: object, key: str) -> dict[str, Target]:
    """The plug-ins of a config node that holds several by name.

    Raises:
        ValueError: the node holds no names, or one of them names no class.
    """
    if not isinstance(nodes, Mapping):
        raise Mistake(f"{key}: expected names with a _target_ each, got {_shown(nodes)}; see the yaml files of conf.")
    return {str(name): Target.of(node, f"{key}.{name}") for name, node in nodes.items()}


def refusal(key: str, reason: BaseException | str) -> str:
    """The message for what the constructor of a plug-in raised: ``key.ARGUMENT: ...`` where it names one."""
    said = " ".join(str(reason).split())
    if isinstance(reason, ValueError) and _NAMED.match(said):
        return f"{key}.{said}"
    return f"{key}: {said or type(reason).__name__}"


def _shown(node: object) -> str:
    return f"only {', '.join(map(str, node))}" if isinstance(node, Mapping) and node else repr(node)
