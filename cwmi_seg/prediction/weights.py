"""Weights into a network, compared by name and shape first: the config of a stranger may ask for any size."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cwmi_seg.mistakes import Mistake


def with_weights(build: Callable[[], nn.Module], state: Any, path: Path, repair: str) -> nn.Module:
    """The network that ``build`` makes, with the weights ``state``.

    It is built without memory for its weights first, so that one far larger than the weights is never allocated.

    Args:
        build: called twice; a network that cannot be built without memory is compared once it is built.
        state: name to tensor.
        path: of the file of the weights, for messages.
        repair: what helps, for messages.

    Raises:
        ValueError: the weights are those of another network, or none.
    """
    outline = _outline(build)
    if outline is not None:
        check_weights(outline, state, path, repair)
    model = build()
    check_weights(model, state, path, repair)
    model.load_state_dict(state)
    return model


def check_weights(model: nn.Module, state: Any, path: Path, repair: str) -> None:
    """Raises ValueError, with the first difference, for weights that are not those of ``model``."""
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise Mistake(f"{path}: expected weights by their names, got {type(state).__name__}; {repair}.")
    expected = model.state_dict()
    lacking, unknown = ([n for n in a if n not in b] for a, b in ((expected, state), (state, expected)))
    if lacking or unknown:
        got = f"none of {lacking[0]}" if lacking else f"{unknown[0]} too"
        raise Mistake(f"{path}: expected the weights of the network in the config, got {got}; {repair}.")
    for name, value in expected.items():
        if isinstance(value, Tensor) and value.shape != state[name].shape:
            shape, other = tuple(value.shape), tuple(state[name].shape)
            raise Mistake(f"{path}: expected {name} of shape {shape} as in the config, got {other}; {repair}.")


def _outline(build: Callable[[], nn.Module]) -> nn.Module | None:
    """The network on the meta device: shapes without numbers; None where its constructor needs the numbers."""
    try:
        with torch.device("meta"):
            return build()
    except Mistake:
        raise
    except Exception:  # of a constructor that computes with its weights
        return None
