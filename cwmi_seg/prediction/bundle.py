"""A trained network as two small files, ``model.safetensors`` and ``model.json``, that need torch only to load."""

import importlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.datasets.dataset_json import fields_of, info_from_fields
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.files.atomic import replacing
from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.pixel_model import PixelModel
from cwmi_seg.prediction.weights import with_weights

if TYPE_CHECKING:
    from torch import nn

WEIGHTS, DESCRIPTION = "model.safetensors", "model.json"
VERSION = 1
"""Version of the format; a reader refuses others."""
_REPAIR = "export the network again"


def save_bundle(model: PixelModel, config: Mapping[str, object], folder: Path, *, slices: bool = False) -> None:
    """Write the two files of a bundle.

    Args:
        model: The network.
        config: Its resolved model config, ``_target_`` and arguments.
        folder: Folder of the files.
        slices: Whether the network is one of images that sees the slices of volumes.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    from cwmi_seg.config.network import whole_node  # whoever loads a bundle does without Hydra

    info = replace(model.info, images=(), tags={})
    target = whole_node(config, info, slices=slices)
    # safetensors refuses tensors that share memory, hence the copies
    state = {name: value.detach().cpu().clone().contiguous() for name, value in model.model.state_dict().items()}
    with replacing(folder / WEIGHTS) as temporary:
        try:
            save_file(state, str(temporary))
            temporary.chmod(0o666 & ~_umask())  # the library lets nobody but the owner read it
        except SafetensorError as error:  # of a full disk too
            raise OSError(
                f"{folder / WEIGHTS}: cannot be written ({error}); make room, or choose another out=."
            ) from error
    write_json(folder / DESCRIPTION, {"version": VERSION, "model": target, "dataset": fields_of(info)})


def _umask() -> int:
    """Of this process; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def is_bundle(folder: Path) -> bool:
    """Whether the folder holds an exported network."""
    return (folder / DESCRIPTION).is_file()


def load_model(path: Path | str, allowed_targets: Sequence[str] = ()) -> PixelModel:
    """Load the network that ``cwmi-export`` wrote, in evaluation mode on the CPU.

    Args:
        path: Folder with ``model.safetensors`` and ``model.json``.
        allowed_targets: Modules of your own that ``model.json`` may name.

    Returns:
        A module from pixels B I H W, as stored in the images, to logits B C H W, of volumes B I D H W to B C D H W;
        ``info`` tells channels, classes and dimensions.

    Raises:
        FileNotFoundError: There is no bundle in ``path``.
        ValueError: The bundle has another version, names a class outside the allowed packages, or has a damaged file or
            weights of another network than ``model.json`` describes, which is then not built.
    """
    folder = Path(path).expanduser()
    description = read_json(folder / DESCRIPTION)
    if description is None and is_bundle(folder):
        raise Mistake(f"{folder / DESCRIPTION}: cannot be read as JSON of few levels; export the network again.")
    if not description or not (folder / WEIGHTS).is_file():
        raise FileNotFoundError(f"path: expected {WEIGHTS} and {DESCRIPTION} in {path}, got neither; run cwmi-export.")
    node, info = _described(description, folder / DESCRIPTION)
    check_targets({"model": node}, allowed_targets)
    build = partial(_built, node, folder / DESCRIPTION)
    return PixelModel(with_weights(build, _weights(folder / WEIGHTS), folder / WEIGHTS, _REPAIR), info)


def _described(description: Any, path: Path) -> tuple[dict[str, Any], DatasetInfo]:
    """Config of the network and what is known about its data."""
    if not isinstance(description, dict):
        raise Mistake(f"{path}: expected keys and values, got {type(description).__name__}; {_REPAIR}.")
    if (version := description.get("version")) != VERSION:
        raise Mistake(f"{path}: expected version {VERSION}, got {version}; {_REPAIR}.")
    node = description.get("model")
    if not isinstance(node, dict) or "_target_" not in node:
        raise Mistake(f"{path}: expected a model with _target_, got {node}; {_REPAIR}.")
    try:
        return node, info_from_fields(description["dataset"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Mistake(f"{path}: damaged, no dataset that can be read ({error}); {_REPAIR}.") from error


def _weights(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(str(path))
    except (SafetensorError, ValueError, KeyError) as error:
        raise Mistake(f"{path}: cannot be read as safetensors ({error}); {_REPAIR}.") from error


def _built(node: Mapping[str, Any], path: Path) -> "nn.Module":
    try:
        model: nn.Module = _made(dict(node))  # type: ignore[assignment]
    except Exception as error:  # constructors raise whatever they like at arguments that are not theirs
        raise Mistake(f"{path}: its network cannot be built ({error}); {_REPAIR}.") from error
    return model


def _made(node: object) -> object:
    """Objects of nested ``{_target_: class, argument: value}``."""
    if isinstance(node, list):
        return [_made(item) for item in node]
    if not isinstance(node, dict):
        return node
    arguments = {key: _made(value) for key, value in node.items() if key != "_target_"}
    if "_target_" not in node:
        return arguments
    module, _, name = str(node["_target_"]).rpartition(".")
    return getattr(importlib.import_module(module), name)(**arguments)
