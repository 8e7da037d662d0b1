"""The values of a config group against the annotations of the constructor that gets them."""

from collections.abc import Mapping
from inspect import isclass, signature
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hydra.errors import HydraException
from hydra.utils import get_object

from cwmi_seg.mistakes import Mistake

_NUMBERS: dict[type, str] = {int: "a whole number", float: "a number", bool: "true or false"}
_TEXTS: dict[type, str] = {str: "text", Path: "text"}
_KINDS: dict[type, str] = {**_NUMBERS, **_TEXTS}


def check_arguments(node: Mapping[str, object], group: str) -> None:
    """Refuse a value that is no number or no text where the constructor is annotated to take one.

    For example ``optimizer.lr=foo`` or ``dataset.images.root={a:1}``. Some constructors look only when it is used, deep
    in a library. Other kinds of values are left to them.
    """
    for name, (kinds, default) in _annotated(str(node["_target_"])).items():
        if name in node and not _fits(node[name], kinds, default):
            value = "null" if node[name] is None else node[name]
            wanted = " or ".join(dict.fromkeys(_KINDS[kind] for kind in kinds if kind in _KINDS))
            raise Mistake(f"{group}.{name}: expected {wanted}, got {value}; {_repair(value, kinds)}.")


def _repair(value: object, kinds: tuple[type, ...]) -> str:
    is_bare = isinstance(value, bool | int | float) and set(kinds) & set(_TEXTS)
    return f"""write "'{value}'" for the text""" if is_bare else "correct it"


def listed(name: str, value: object) -> list[str]:
    """The texts of an argument that takes one or several, none for null and for an empty one.

    Raises:
        ValueError: something else than text, such as ``images=999`` or ``run={a:1}``.
    """
    given = [value] if isinstance(value, str) and value else list(value) if isinstance(value, list | tuple) else []
    if (value and not given) or isinstance(value, bool | int | float) or not all(isinstance(one, str) for one in given):
        raise Mistake(f"{name}: expected a path or a list of paths, got {value}; write {name}=PATH.")
    return given


def _annotated(target: str) -> dict[str, tuple[tuple[type, ...], Any]]:
    """Types and default of the arguments that are numbers or text; none where the target tells nothing."""
    try:
        function = get_object(target)
        hints = get_type_hints(function.__init__ if isclass(function) else function)
        parameters = signature(function).parameters
    except (HydraException, ImportError, AttributeError, NameError, TypeError, ValueError):
        return {}  # a wrong target has its error when it is called; annotations need not be readable
    found = {}
    for name, parameter in parameters.items():
        kinds = _flat(hints.get(name, Any))
        if set(kinds) & set(_KINDS) and set(kinds) <= {*_KINDS, NoneType} | _tensors(kinds):
            found[name] = (kinds, parameter.default)
    return found


def _tensors(kinds: tuple[Any, ...]) -> set[Any]:
    """Tensors among the types, as torch's optimizers have: a config has none to give."""
    return {kind for kind in kinds if getattr(kind, "__module__", "").startswith("torch") and isclass(kind)}


def _flat(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) in (Union, UnionType):
        return tuple(kind for each in get_args(hint) for kind in _flat(each))
    return (hint,)


def _fits(value: Any, kinds: tuple[type, ...], default: Any) -> bool:
    if value is None:
        return NoneType in kinds or default is None
    if isinstance(value, dict):
        return "_target_" in value
    if isinstance(value, list | tuple):
        return False
    if isinstance(value, str) and set(kinds) & set(_TEXTS):
        return True
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, float):
        return float in kinds or (int in kinds and value.is_integer())
    return bool(set(kinds) & {int, float}) if isinstance(value, int) else not isinstance(value, str)
