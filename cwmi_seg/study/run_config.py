"""The record of a run's config, read as data: nothing in it is resolved."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cwmi_seg.config.allowed_targets import refuse_interpolations
from cwmi_seg.config.renamed import RENAMED
from cwmi_seg.files.stored_yaml import load_stored
from cwmi_seg.mistakes import Mistake


def read_config(path: Path) -> dict[str, Any]:
    """The config of a run, which was resolved when it was written.

    What is not resolved did not come from a training, and resolving it would write the reader's environment, as in
    ``${oc.env:TOKEN}``, into whatever is made from it.

    Raises:
        ValueError: a value is not resolved, or the file holds no config or too large a one; with the path.
    """
    config = load_stored(path)
    if not isinstance(config, dict):
        raise Mistake(f"{path}: expected keys and values, got {type(config).__name__}; train the run again.")
    try:
        refuse_interpolations(config)
    except ValueError as error:
        raise Mistake(f"{path}: {error}") from error
    return config


_ABSENT = object()
_BEFORE = {old: new for new, old in RENAMED.items()}


def setting(config: Mapping[str, object], key: str, default: object = None) -> Any:
    """The value of a dotted key; ``default`` where the config, which may be anyone's, has nothing there.

    A key that has two names may be asked for by either, and is found under either, first under that of today.
    """
    today = _BEFORE.get(key, key)
    found = _at(config, today)
    if found is _ABSENT and today in RENAMED:
        found = _at(config, RENAMED[today])
    return default if found is _ABSENT else found


def _at(config: Mapping[str, object], key: str) -> Any:
    node: object = config
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return _ABSENT
        node = node[part]
    return node
