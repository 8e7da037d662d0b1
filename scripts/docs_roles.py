"""Docstrings as the documentation site reads them; Griffe loads this file by its path in ``zensical.toml``.

The docstrings here are written for a reader of the code. For the site, cross-references become links where it has a
page for the object, and so do names of the same module in code; ``a, b: text`` becomes an entry for each of the
arguments, and ``Example:`` a section.
"""

import re
from typing import Any

from griffe import Alias, Extension, Object

_ROLE = re.compile(r":(?:class|func|meth|mod|data|attr):`(~?)([\w.]+)`")
_SHARED = re.compile(r"^( +)(\w+(?:, \w+)+)(:(?: .*)?(?:\n\1 +.*)*)", re.M)
_SIBLING = re.compile(r"``(\w+)``")
_EXAMPLE = re.compile(r"^( *)Example:$", re.M)


class Roles(Extension):
    """Rewrites the docstring of every object."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Called by Griffe for each object that it has read."""
        if not isinstance(obj, Alias) and obj.docstring is not None:
            text = _SIBLING.sub(lambda name: _sibling(name, obj), for_the_site(obj.docstring.value))
            obj.docstring.value = text


def for_the_site(docstring: str) -> str:
    """The docstring in the Markdown and the sections that mkdocstrings knows."""
    text = _EXAMPLE.sub(r"\1Examples:", docstring)
    return _ROLE.sub(_link, _SHARED.sub(_one_by_one, text))


def _sibling(name: re.Match[str], obj: Object) -> str:
    """The function of a class, ``dice_loss`` of ``DiceLoss``, is told in code alone."""
    members = obj.module.members
    found = members.get(name[1]) if obj.path != f"{obj.module.path}.{name[1]}" else None
    if found is None or found.is_alias or not (found.is_function or found.is_class):
        return name[0]
    return f'<autoref identifier="{found.path}" optional><code>{name[1]}</code></autoref>'


def _one_by_one(entry: re.Match[str]) -> str:
    indent, names, text = entry.groups()
    return "\n".join(f"{indent}{name}{text}" for name in names.split(", "))


def _link(role: re.Match[str]) -> str:
    short, name = role.groups()
    shown = name.rpartition(".")[2] if short else name
    return f'<autoref identifier="{name}" optional><code>{shown}</code></autoref>'
