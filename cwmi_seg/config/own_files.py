"""What a config file may set, by where it lies: a file that came from someone else may choose values, and no more.

The user's own are the command line and ``conf/local`` of the checkout. The files of the package itself, beside its
groups (``conf/*.yaml``, ``conf/launcher``, ``conf/hydra``), may set up Hydra. All others, in ``conf`` or in a
``--config-dir``, may not extend ``allowed_targets``, and set of Hydra only what can neither run nor write anything.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from cwmi_seg.config.allowed_targets import ENVIRONMENT, leaves
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.places import names_a_place
from cwmi_seg.mistakes import Mistake

_HARMLESS = re.compile(
    r"hydra\.(mode|verbose|help\..+|callbacks\..+|sweeper\.(_target_|max_batch_size)|launcher\._target_"
    r"|(job|hydra)_logging\.(version|disable_existing_loggers|formatters\.\w+\.(format|datefmt|style)"
    r"|handlers\.\w+\.(formatter|level)|loggers\..+\.(level|propagate|handlers\[\d+\])|root\.(level|handlers\[\d+\])))"
)
_NUMBERS = re.compile(
    r"hydra\.(launcher\..+|sweeper\.params)"
)  # text could be a shell line, a folder or another machine
_HANDLER = re.compile(r"hydra\.(job|hydra)_logging\.handlers\.\w+\.(class|stream)")
_HANDLERS = ("logging.StreamHandler", "logging.NullHandler", "ext://sys.stdout", "ext://sys.stderr")
_SWEPT = re.compile(r"hydra\.sweeper\.params\.((?!(?:hydra|allowed_targets)\b)[A-Za-z_][\w.@/-]*)(\[\d+\])*")


def check_file(loaded: Any, name: str) -> None:
    """Refuse what a config file may not set.

    Args:
        loaded: Hydra's result of loading it, at its place in the whole config.
        name: of the config, as in ``loss/cwmi``.

    Raises:
        ValueError: with the key and the file.
    """
    file = _file(loaded, name)
    if file is None or _group(file) == "local":
        return
    plain = OmegaConf.to_container(loaded.config)
    if not isinstance(plain, Mapping):
        return
    if plain.get("allowed_targets"):
        raise Mistake(
            f"allowed_targets: expected none in a config file, got {plain['allowed_targets']} in {file}; if you trust "
            f"it, give it on the command line, in conf/local/default.yaml or in the variable {ENVIRONMENT}."
        )
    if "hydra" in plain and _group(file) not in ("", "launcher", "hydra"):
        for key, value in _added(plain["hydra"], name):
            if not _is_harmless(key, value):
                raise Mistake(
                    f"{key}: expected no such setting in a config file, got {value} in {file}; if you trust it, give "
                    "it on the command line or in conf/local/default.yaml."
                )


def check_search_path(loaded: Any, name: str) -> None:
    """Refuse a root config of others that adds to Hydra's search path: a package there is imported.

    Raises:
        ValueError: with the file.
    """
    file = _file(loaded, name)
    if file is not None and _group(file) is None and OmegaConf.select(loaded.config, "hydra.searchpath"):
        raise Mistake(f"hydra.searchpath: expected none in {file}; give it on the command line, if you trust it.")


def own_settings() -> set[str]:
    """Dotted keys that the user's own ``conf/local`` sets."""
    files = sorted((conf_dir() / "local").glob("*.yaml"))
    return {key for file in files for key, _ in leaves(OmegaConf.to_container(OmegaConf.load(file)))}


def _file(loaded: Any, name: str) -> Path | None:
    """Path of a config file; None for what the code of an installed package has registered."""
    scheme, _, folder = loaded.path.partition("://")
    return Path(os.path.normpath(Path(folder) / f"{name.removesuffix('.yaml')}.yaml")) if scheme == "file" else None


def _group(file: Path) -> str | None:
    """Folder of ``conf`` in which a file lies, "" for ``conf`` itself, None for files elsewhere."""
    if not file.is_relative_to(conf_dir()):
        return None
    parts = file.relative_to(conf_dir()).parts
    return parts[0] if len(parts) > 1 else ""


def _added(hydra: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Key and value of the settings below ``hydra`` that the package's own config of this name has not."""
    shipped = conf_dir() / f"{name}.yaml"
    known = dict(leaves(OmegaConf.to_container(OmegaConf.load(shipped)))) if shipped.is_file() else {}
    return ((key, value) for key, value in leaves(hydra, "hydra") if (key, value) not in known.items())


def _is_harmless(key: str, value: object) -> bool:
    if _HANDLER.fullmatch(key):
        return value in _HANDLERS
    if isinstance(value, str) and ("${" in value or "://" in value):
        return False
    if swept := _SWEPT.fullmatch(key):
        return not names_a_place(swept[1])
    is_number = value is None or isinstance(value, bool | int | float)
    return bool(_HARMLESS.fullmatch(key) or (_NUMBERS.fullmatch(key) and is_number))
