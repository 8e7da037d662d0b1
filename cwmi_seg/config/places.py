"""Where trainer, logger and callbacks may write: into the folder of the run, unless the user says so."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from cwmi_seg.config.allowed_targets import leaves, without_own
from cwmi_seg.mistakes import Mistake

_GROUPS = ("trainer", "logger", "callbacks")
_FOLDERS = ("dirpath", "save_dir", "root_dir", "default_root_dir", "log_dir", "dir", "folder", "path", "output_dir")
_PARTS = ("filename", "name", "version", "sub_dir", "prefix")


def check_places(config: Mapping[str, object], folder: Path, own: Collection[str], modules: Collection[str]) -> None:
    """Refuse a config whose trainer, logger or callbacks would write outside the folder of the run.

    Args:
        config: resolved.
        folder: of the run.
        own: dotted keys that the user has set himself, on the command line or in ``conf/local``: those may be anything.
        modules: of the user's own, ``allowed_targets``; their classes take what they like.

    Raises:
        ValueError: with the key.
    """
    for key, value in leaves(without_own({group: config.get(group) for group in _GROUPS}, modules)):
        if key in own or not isinstance(value, str) or not names_a_place(key):
            continue
        if not _lies_in(folder, value, key):
            raise Mistake(
                f"{key}: expected a place in the folder of the run, got {value}; leave it out, or give it on the "
                "command line."
            )


def names_a_place(key: str) -> bool:
    """Whether the last part of a dotted key is the name of an argument that says where files are written."""
    return key.rpartition(".")[2] in (*_FOLDERS, *_PARTS)


def _lies_in(folder: Path, value: str, key: str) -> bool:
    root = os.path.abspath(folder)
    start = root if key.rpartition(".")[2] in _PARTS else os.getcwd()
    return Path(os.path.normpath(os.path.join(start, os.path.expanduser(value)))).is_relative_to(root)
