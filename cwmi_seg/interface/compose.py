"""Configs from overrides, as the commands compose them, without a state of Hydra that stays behind."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra._internal.utils import create_config_search_path
from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from cwmi_seg.config.allowed_targets import leaves, search_working_directory
from cwmi_seg.config.checked_loader import CheckedLoader
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import raised_mistakes
from cwmi_seg.config.growth import refuse_config_bombs
from cwmi_seg.interface.hydra_state import own_hydra
from cwmi_seg.mistakes import Mistake

Place = str | os.PathLike[str]


def compose(command: str = "train", overrides: Sequence[str] = (), *, config_dir: Place | None = None) -> DictConfig:
    """Compose the config of a command.

    Args:
        command: "train" for ``cwmi-train``, and likewise "evaluate", "predict", "prepare", "report", "runs", "export".
        overrides: as on the command line, ``["loss=dice", "trainer.max_epochs=3"]``.
        config_dir: folder of your own configs, as ``--config-dir``.

    Returns:
        The config, whose values may be changed. Its node ``hydra`` holds the names that were chosen and the overrides,
        which :func:`cwmi_seg.train` names the run after.

    Raises:
        Mistake: An override, a name or a file that cannot be used.

    Example:
        >>> compose("train", ["loss=dice", "fold=2"]).loss._target_
        'cwmi_seg.losses.dice.DiceLoss'
    """
    with raised_mistakes(), own_hydra():
        _check_command(command, config_dir)
        config = loader(config_dir).load_configuration(command, checked_overrides(overrides), RunMode.RUN)
        _resolve_references_to_hydra(config)
        kept = {
            "runtime": {"choices": OmegaConf.to_container(config.hydra.runtime.choices)},
            "overrides": {"task": list(config.hydra.overrides.task)},
        }
        OmegaConf.set_readonly(config, False)
        with open_dict(config):
            config.hydra = kept
        return config


def _check_command(command: object, config_dir: Place | None) -> None:
    """Whether it is one of ours; a folder of the user's own may have others."""
    commands = sorted(path.stem for path in (conf_dir() / "hydra" / "help").glob("*.yaml"))
    if not isinstance(command, str) or (command not in commands and config_dir is None):
        raise Mistake(
            f"command: expected one of {', '.join(commands)}, got {command!r}; write for example "
            "compose('train', ['loss=dice'])."
        )


def _resolve_references_to_hydra(config: DictConfig) -> None:
    """Of values such as ``${hydra:runtime.choices.dataset}``, which nothing could resolve later."""
    HydraConfig.instance().set_config(config)
    for key, value in leaves(OmegaConf.to_container(config)):
        if isinstance(value, str) and "${hydra:" in value and not key.startswith("hydra."):
            OmegaConf.update(config, key, OmegaConf.select(config, key))


def loader(config_dir: Place | None = None) -> CheckedLoader:
    """Hydra's config loader for the configs of this package and of a folder of the user's own."""
    search_working_directory()
    return CheckedLoader(search_path(config_dir))


def search_path(config_dir: Place | None) -> ConfigSearchPath:
    """Where configs are looked for."""
    path = create_config_search_path(str(conf_dir()))
    if config_dir is not None:
        folder = Path(config_dir).expanduser().absolute()
        if not folder.is_dir():
            raise Mistake(f"config_dir: expected a folder of configs, got {config_dir}, which is none; check the path.")
        refuse_config_bombs(["--config-dir", str(folder)])
        path.prepend("command-line", f"file://{folder}", SearchPathQuery(provider="schema"))
    return path


def plain_values(config: DictConfig) -> dict[str, Any]:
    """The config as dicts and lists, with every value resolved."""
    values: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    return values


def checked_overrides(overrides: Sequence[str]) -> list[str]:
    """The overrides as a list.

    Raises:
        Mistake: A single text, whose letters would be taken for overrides, something else than texts, or a flag of the
            command line.
    """
    if isinstance(overrides, str | Mapping) or not all(isinstance(override, str) for override in overrides):
        raise Mistake(f"overrides: expected a list of texts, got {overrides!r}; write for example ['loss=dice'].")
    if flags := [override for override in overrides if override.startswith("-")]:
        raise Mistake(
            f"overrides: expected KEY=VALUE, got the flag {flags[0]}; use config_dir= for --config-dir and "
            "cwmi_seg.sweep for -m."
        )
    return list(overrides)
