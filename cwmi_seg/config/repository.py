"""Hydra's repository of configs, which a command asks some forty times, without what Hydra repeats at each time."""

import copy
import os
from pathlib import Path

from hydra._internal.config_repository import ConfigRepository
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult, ConfigSource

_State = tuple[str | int, ...]
"""Path of a file, with its inode, size and time: those of another content differ in one of them."""

_read: dict[_State, ConfigResult] = {}


class Repository(ConfigRepository):
    """Finds the configs that Hydra's finds, and parses a file once in a process while it stays what it is.

    A sweep composes a config for each of its runs, from twenty files that are nearly always the same.
    """

    def __deepcopy__(self, memo: object) -> "Repository":
        """One whose search path may be set: Hydra's copies the sources too, with every registered schema in them."""
        twin = copy.copy(self)
        twin.sources = list(self.sources)
        return twin

    def load_config(self, config_path: str) -> ConfigResult | None:
        """The config of this path, None where no source has one; the caller's to change."""
        source = self._find_object_source(config_path, ObjectType.CONFIG)
        state = _state(source, config_path)
        if state is None:
            return super().load_config(config_path)
        if state not in _read:
            loaded = super().load_config(config_path)
            assert loaded is not None
            _read[state] = loaded
        return copy.deepcopy(_read[state])


def _state(source: ConfigSource | None, config_path: str) -> _State | None:
    """Of the file that holds a config; None where no file does, or one that is not to be kept."""
    if source is None:
        return None
    name = source._normalize_file_name(config_path)
    if source.provider == "hydra":  # its own, inside its package
        return source.path, name
    if source.scheme() != "file":
        return None
    path = Path(source.path, name).resolve()
    found = os.stat(path)
    return str(path), found.st_ino, found.st_size, found.st_mtime_ns
