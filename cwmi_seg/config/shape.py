"""Whether a composed config has the shape that its command reads, which ``~key`` and ``--config-name`` can change."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from omegaconf import DictConfig, OmegaConf

from cwmi_seg.config.schemas import GROUPS, TrainConfig, expand_home
from cwmi_seg.mistakes import Mistake

Schema = TypeVar("Schema")

_MAY_BE_NULL = ("scheduler", "logger")


def command_settings(config: DictConfig, schema: type[Schema]) -> Schema:
    """The settings of a command, resolved and checked, as an object of its schema.

    Args:
        config: as it was composed.
        schema: dataclass of the command, one of :mod:`cwmi_seg.config.schemas`.

    Raises:
        ValueError: as :func:`check_shape`, or what is made from other values grows beyond a bound.
    """
    check_shape(config, schema)
    expand_home(config)
    # resolves as well, and refuses what is still ???
    settings = OmegaConf.to_object(config)
    assert isinstance(settings, schema)
    return settings


def check_shape(config: DictConfig, schema: type) -> None:
    """Refuse a config that a command cannot read, before it reads anything.

    Args:
        config: as it was composed.
        schema: dataclass of the command, one of :mod:`cwmi_seg.config.schemas`.

    Raises:
        ValueError: the config of another command; a key that was taken away; or something else than keys and values
            in the place of a group.
    """
    if (found := OmegaConf.get_type(config)) is not schema:
        name = getattr(found, "__name__", "").removesuffix("Config").lower()
        whose = f"that of cwmi-{name}" if is_dataclass(found) else "one without its schema"
        expected = schema.__name__.removesuffix("Config").lower()
        raise Mistake(
            f"--config-name: expected a config of cwmi-{expected}, got {whose}; leave it out, or begin the defaults "
            f"of your own with {expected}."
        )
    for key in _missing(config, schema, ""):
        raise Mistake(f"{key}: expected a value, got a config without this key; leave ~{key} out, or set it.")
    if schema is TrainConfig:
        for group in GROUPS:
            _check_group(config, group)


def _missing(config: Any, schema: Any, prefix: str) -> Iterator[str]:
    for each in fields(schema):
        if each.name not in config:
            yield f"{prefix}{each.name}"
        elif is_dataclass(each.type):
            yield from _missing(config[each.name], each.type, f"{prefix}{each.name}.")


def _check_group(config: DictConfig, group: str) -> None:
    node = None if OmegaConf.is_missing(config, group) else config[group]
    if isinstance(node, DictConfig) or (node is None and group in _MAY_BE_NULL):
        return
    raise Mistake(
        f"{group}: expected the name of one config of this group, got {'null' if node is None else node}; "
        f"see cwmi-train --help for the names."
    )
