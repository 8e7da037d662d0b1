"""Which ``_target_`` a config may name: a config comes from a file, and files come from other people."""

import importlib.util
import os
import re
import sys
import sysconfig
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cwmi_seg.config.target_kinds import is_public, kinds_of
from cwmi_seg.mistakes import Mistake

ENVIRONMENT = "CWMI_ALLOWED_TARGETS"
"""Environment variable with the user's own modules, separated by commas."""

_FILE_KEYS = re.compile(r"[_.](?:path|paths|file|files|filename|url|dir|folder|checkpoint|cfg|hub|repo)(?:[_.\[]|$)")


def check_targets(config: object, extra: Sequence[str] = ()) -> None:
    """Refuse a resolved config that names anything but the classes that its groups may hold.

    The order is that of the risk: the names first, which imports nothing; then every module that is named is
    imported, to see what the object is and where it comes from, since what a module has imported for itself, such as
    ``os``, is as reachable by a name as what it defines. Only then may it be called.

    Args:
        config: nested dicts and lists, from the root: the group decides what may be named in it.
        extra: the user's own module names, as in ``allowed_targets=[my_losses]``; of those every public class and
            function is allowed. Those of the environment variable ``CWMI_ALLOWED_TARGETS`` are added.

    Raises:
        ValueError: with the key and the target.
    """
    check_target_names(config, extra)
    for key, target in _targets(config, ""):
        _check_object(key, target, _own_prefixes(extra))


def check_target_names(config: object, extra: Sequence[str] = ()) -> None:
    """The part of :func:`check_targets` that imports nothing, for a first answer; never enough to build from.

    Raises:
        ValueError: with the key and the target, the value that would be resolved once more, or the argument of a
            network or loss that would make it load a file.
    """
    own = _own_prefixes(extra)
    for key, target in _targets(config, ""):
        if not (isinstance(target, str) and (is_public(target, own) or any(k.names(target) for k in kinds_of(key)))):
            raise Mistake(f"{key}: {target} is not allowed; {_repair(str(target).partition('.')[0])}.")
    refuse_interpolations(config)
    for group in ("model", "loss"):
        if isinstance(config, Mapping):
            _refuse_files(group, without_own(config.get(group), extra))


def refuse_interpolations(config: object, path: str = "") -> None:
    """Refuse ``${...}`` in what should be resolved: resolving it could read the environment, or name a new target.

    Raises:
        ValueError: with the key and the value.
    """
    for key, value in leaves(config, path):
        if isinstance(value, str) and "${" in value:
            raise Mistake(f"{key}: expected a resolved value, got {value}; write the value itself.")


def without_own(node: object, extra: Collection[str]) -> object:
    """A config without the nodes whose ``_target_`` is in one of the user's own modules."""
    if isinstance(node, Mapping):
        if str(node.get("_target_")).startswith(_own_prefixes(extra)):
            return {}
        return {key: without_own(value, extra) for key, value in node.items()}
    return [without_own(item, extra) for item in node] if isinstance(node, list) else node


def leaves(node: object, path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key and value of everything that is neither dict nor list, and of every ``_target_``."""
    if isinstance(node, dict):
        for key, value in node.items():
            here = f"{path}.{key}" if path else str(key)
            if key == "_target_":
                yield here, value
            else:
                yield from leaves(value, here)
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from leaves(value, f"{path}[{i}]")
    else:
        yield path, node


def search_working_directory() -> None:
    """Let a target name modules that lie in the working directory, as ``python -m`` does."""
    # last, so that a file there hides no package of the same name
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))


def _own_prefixes(extra: Collection[str]) -> tuple[str, ...]:
    modules = (*extra, *os.environ.get(ENVIRONMENT, "").split(","))
    return tuple(f"{module.strip().rstrip('.')}." for module in modules if module.strip(" ."))


def _check_object(key: str, target: str, own: tuple[str, ...]) -> None:
    """The target is MODULE.NAME, and an object of an allowed kind, whatever module hands it on."""
    module, _, name = target.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:  # importing a module of the user runs the user's code
        raise Mistake(
            f"{key}: expected MODULE.NAME of a class or function, got {target} ({error}); check the name."
        ) from error
    origin, kinds = str(getattr(found, "__module__", None)), kinds_of(key)
    if (callable(found) and f"{origin}.".startswith(own)) or any(kind.holds(found) for kind in kinds):
        return
    if any(f"{origin}.".startswith(kind.packages) for kind in kinds):
        wanted = f"a {kinds[0].what}" if len(kinds) == 1 else "a class that a group may hold"
        raise Mistake(f"{key}: {target} is not allowed, it is not {wanted}; name a class that is one.")
    # a module, which an allowed one may have imported, has no __module__: it belongs to itself
    owner = (origin if origin != "None" else name).split(".")[0]
    raise Mistake(f"{key}: {target} is not allowed, it belongs to {owner}; {_repair(owner)}.")


def _repair(module: str) -> str:
    """Modules of the user may be allowed; a whole library, with all that it can do, is never proposed."""
    if module == "cwmi_seg":
        return "it is no plug-in"
    if _is_library(module):
        return "it is no plug-in: write a class of your own that uses it, and add allowed_targets=[ITS_MODULE]"
    return f"add allowed_targets=[{module}] if you trust it"


def _is_library(module: str) -> bool:
    """Part of Python, or installed among the packages; nothing is imported to ask."""
    if module in sys.stdlib_module_names:
        return True
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return False
    places = [spec.origin or "", *(spec.submodule_search_locations or ())] if spec else []
    installed = [os.path.realpath(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")]
    return any(os.path.realpath(place).startswith(tuple(installed)) for place in places if place)


def _refuse_files(group: str, node: object) -> None:
    """No argument of a network or loss names a file or an address: some constructors load, and so run, what is there.

    Classes of the user's own modules take what they like, and are left out of ``node``.
    """
    for key, value in leaves(node, group):
        if key.endswith("._target_") or not (isinstance(value, str) and value):
            continue
        if re.search(r"[/\\:]", value) or _FILE_KEYS.search(key):
            raise Mistake(
                f"{key}: expected no file and no address, got {value}; load it in a class of your own, named by "
                "allowed_targets=[MODULE]."
            )


def _targets(config: object, path: str) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in leaves(config, path) if key.rpartition(".")[2] == "_target_")
