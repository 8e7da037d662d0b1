"""Which ``_target_`` a config may name: a config comes from a file, and files come from other people."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ALLOWED_PREFIXES = (
    "cwmi_seg.",
    "torch.nn.",
    "torch.optim.",
    "torchmetrics.",
    "torchvision.transforms.",
    "segmentation_models_pytorch.",
    "monai.losses.",
    "monai.networks.",
    "pytorch_lightning.Trainer",
    "pytorch_lightning.callbacks.",
    "pytorch_lightning.loggers.",
    "pytorch_lightning.plugins.",
    "pytorch_lightning.profilers.",
    "pytorch_lightning.strategies.",
)


def check_targets(config: Any, extra: Sequence[str] = ()) -> None:
    """Refuse a resolved config that names a class or function outside the allowed packages.

    Args:
        config: nested dicts and lists.
        extra: the user's own module names, as in ``allowed_targets=[my_losses]``.

    Raises:
        ValueError: with the key and the target.
    """
    allowed = (*ALLOWED_PREFIXES, *(f"{module.rstrip('.')}." for module in extra))
    for key, target in _targets(config, ""):
        if not (isinstance(target, str) and target.startswith(allowed)):
            module = str(target).split(".")[0]
            raise ValueError(f"{key}: {target} is not allowed; add allowed_targets=[{module}] if you trust it.")


def search_working_directory() -> None:
    """Let a target name modules that lie in the working directory, as ``python -m`` does."""
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))


def _targets(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            here = f"{path}.{key}" if path else str(key)
            if key == "_target_":
                yield here, value
            else:
                yield from _targets(value, here)
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from _targets(value, f"{path}[{i}]")
