"""Typed reading of a resolved config, which may be the record of a stranger's run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cwmi_seg.config.target import Target
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_config import setting

_ABSENT = object()


@dataclass(frozen=True)
class ConfigReader:
    """Values of a config by their dotted keys, each of the kind that is asked for.

    What is missing or of another kind is a ``ValueError`` that names the key. Keys may be asked for by their names of
    today where the config has those of before, see :data:`~cwmi_seg.config.renamed.RENAMED`.

    Args:
        config: resolved, as plain containers.
    """

    config: Mapping[str, object]

    def has(self, key: str) -> bool:
        """Whether the key is there, whatever its value."""
        return setting(self.config, key, _ABSENT) is not _ABSENT

    def value(self, key: str, default: object = _ABSENT) -> Any:
        """Whatever stands there; ``default`` where nothing does."""
        found = setting(self.config, key, default)
        if found is _ABSENT:
            raise Mistake(f"{key}: expected a value, got a config without this key; set it.")
        return found

    def whole(self, key: str, default: object = _ABSENT) -> int:
        """A whole number."""
        found = self.value(key, default)
        if isinstance(found, bool) or not isinstance(found, int):
            raise _other(key, "a whole number", found)
        return found

    def number(self, key: str) -> float:
        """A number."""
        found = self.value(key)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise _other(key, "a number", found)
        return found

    def flag(self, key: str, default: object = _ABSENT) -> bool:
        """True or false."""
        found = self.value(key, default)
        if not isinstance(found, bool):
            raise _other(key, "true or false", found)
        return found

    def text(self, key: str) -> str:
        """A text."""
        found = self.value(key)
        if not isinstance(found, str):
            raise _other(key, "text", found)
        return found

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        found = self.value(key)
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise _other(key, "a list of texts", found)
        return found

    def target(self, key: str) -> Target:
        """A plug-in."""
        return Target.of(self.value(key), key)

    def optional_target(self, key: str) -> Target | None:
        """A plug-in, None where the config has null or nothing below the key, as ``scheduler=constant``."""
        node = self.value(key)
        return Target.of(node, key) if node else None


def _other(key: str, wanted: str, got: object) -> Mistake:
    return Mistake(f"{key}: expected {wanted}, got {got}; correct it.")
