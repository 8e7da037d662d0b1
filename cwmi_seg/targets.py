"""Which ``_target_`` a config may name: a config comes from a file, and files come from other people."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ALLOWED_PREFIXES = (
    "cwmi_seg.augmentations.",
    "cwmi_seg.callbacks.",
    "cwmi_seg.datasets.",
    "cwmi_seg.loggers.",
    "cwmi_seg.losses.",
    "cwmi_seg.metrics.",
    "cwmi_seg.models.",
    "torch.nn.",
    "torch.optim.",
    "torchmetrics.",
    "torchvision.transforms.",
    "segmentation_models_pytorch.",
    "monai.losses.",
    "monai.networks.",
    "pytorch_lightning.callbacks.",
    "pytorch_lightning.loggers.",
    "pytorch_lightning.plugins.",
    "pytorch_lightning.profilers.",
    "pytorch_lightning.strategies.",
    "pytorch_lightning.trainer.",
    "lightning_fabric.plugins.",  # pytorch_lightning.plugins hands some of these on
    "lightning_fabric.loggers.",
)
_SHORT_NAMES = ("pytorch_lightning.Trainer",)  # of what is defined in an allowed package


def check_targets(config: Any, extra: Sequence[str] = ()) -> None:
    """Refuse a resolved config that names anything but a public class or function of the allowed packages.

    Every module that is named is imported, to see where the class or function comes from: what a module has imported
    for itself, such as ``os``, is as reachable by a name as what it defines.

    Args:
        config: nested dicts and lists.
        extra: the user's own module names, as in ``allowed_targets=[my_losses]``.

    Raises:
        ValueError: with the key and the target.
    """
    check_target_names(config, extra)
    for key, target in _targets(config, ""):
        _check_origin(key, target, _prefixes(extra))


def check_target_names(config: Any, extra: Sequence[str] = ()) -> None:
    """The part of :func:`check_targets` that imports nothing, for a first answer; never enough to build from.

    Raises:
        ValueError: with the key and the target, or the value that would be resolved once more.
    """
    for key, target in _targets(config, ""):
        if not (isinstance(target, str) and (target in _SHORT_NAMES or _is_public(target, _prefixes(extra)))):
            module = str(target).split(".")[0]
            repair = "it is no plug-in" if module == "cwmi_seg" else f"add allowed_targets=[{module}] if you trust it"
            raise ValueError(f"{key}: {target} is not allowed; {repair}.")
    for key, value in _leaves(config, ""):
        if isinstance(value, str) and "${" in value:
            raise ValueError(f"{key}: expected a resolved value, got {value}; write the value itself.")


def search_working_directory() -> None:
    """Let a target name modules that lie in the working directory, as ``python -m`` does."""
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))


def _prefixes(extra: Sequence[str]) -> tuple[str, ...]:
    return (*ALLOWED_PREFIXES, *(f"{module.rstrip('.')}." for module in extra))


def _is_public(target: str, prefixes: Sequence[str]) -> bool:
    """Whether the rest after one of the prefixes is a dotted name without a leading underscore anywhere."""
    rests = (target.removeprefix(prefix) for prefix in prefixes if target.startswith(prefix))
    return any(all(part.isidentifier() and part[0] != "_" for part in rest.split(".")) for rest in rests)


def _check_origin(key: str, target: str, prefixes: tuple[str, ...]) -> None:
    """The target is MODULE.NAME, and it was defined in an allowed package, whatever module hands it on."""
    module, _, name = target.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:  # importing a module of the user runs the user's code
        raise ValueError(
            f"{key}: expected MODULE.NAME of a class or function, got {target} ({error}); check the name."
        ) from error
    origin = getattr(found, "__module__", None)
    if not callable(found) or not f"{origin}.".startswith(prefixes):
        owner = str(origin or name).split(".")[0]
        raise ValueError(
            f"{key}: {target} is not allowed, it belongs to {owner}; add allowed_targets=[{owner}] if you trust it."
        )


def _targets(config: Any, path: str) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in _leaves(config, path) if key.rpartition(".")[2] == "_target_")


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Dotted key and value of everything that is neither dict nor list, and of every ``_target_``."""
    if isinstance(node, dict):
        for key, value in node.items():
            here = f"{path}.{key}" if path else str(key)
            if key == "_target_":
                yield here, value
            else:
                yield from _leaves(value, here)
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from _leaves(value, f"{path}[{i}]")
    else:
        yield path, node
