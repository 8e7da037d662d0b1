"""Patterns of paths, ``{part}/images/{name}_rgb.tif``: what a folder's layout looks like, written by a person.

``{name}`` pairs image and mask; ``{part}`` is train, val or test in any of their usual spellings; ``{group}`` holds
what must not be parted (a patient); ``{instance}`` counts the masks of one image. ``{name:[0-9]+}`` narrows a field by
a regular expression, ``*`` is any text within a name. A pattern without ending takes every ending that is read, and
one without ``{name}`` stands for one file, or one of each part or group: ``{part}-volume.tif``.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cwmi_seg.datasets.file_kinds import IMAGES, MASKS, OUTLINES, alternatives
from cwmi_seg.datasets.layouts.words import PART_OF
from cwmi_seg.mistakes import Mistake

FIELDS = ("name", "part", "group", "instance")
_FIELD = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})+))?\}|(\*)")
_ENDINGS = (*(ending for kinds in (*IMAGES, *MASKS) for ending in kinds), OUTLINES)
_DEFAULT = {"part": "|".join(sorted(PART_OF, key=len, reverse=True))}


@dataclass(frozen=True)
class Key:
    """What a path says: in small letters, but for ``text``, the name as it is written.

    Of a pattern without ``{name}`` the name is empty, and the text is the group, or without part too the file's stem.
    """

    name: str
    part: str | None = None
    group: str | None = None
    instance: str = ""
    text: str = ""

    @property
    def of_image(self) -> tuple[str, str | None, str | None]:
        """Equal for an image and its mask."""
        return self.name, self.part, self.group


@dataclass(frozen=True)
class Pattern:
    """One pattern; ``argument`` is its name for messages.

    Raises:
        ValueError: it is no pattern.
    """

    text: str
    argument: str

    def __post_init__(self) -> None:
        fields = [match[1] for match in _FIELD.finditer(self.text) if match[1]]
        unknown = [field for field in fields if field not in FIELDS]
        if unknown:
            raise Mistake(
                f"{self.argument}: expected a path with {{name}} and perhaps {{part}}, {{group}} or {{instance}}, got "
                f"{self.text}; write for example 'images/{{name}}'."
            )
        self._compiled(r"\.png")

    def matches(self, paths: Iterable[str], kinds: Sequence[Sequence[str]]) -> list[tuple[Key, str]]:
        """Key and path of those that match; of endings the first kind that occurs.

        Raises:
            ValueError: Several files of one part and group, and the pattern has no field that tells them apart.
        """
        paths = list(paths)
        if self.text.lower().endswith(_ENDINGS):
            return self._found(paths, "")
        found = (self._found(paths, alternatives(kind)) for kind in kinds)
        return next((some for some in found if some), [])

    def _refuse_several(self, found: Iterable[tuple[Key, str]]) -> None:
        seen: dict[tuple[object, ...], str] = {}
        for key, path in found:
            first = seen.setdefault((key.of_image, key.instance), path)
            if first != path:
                raise Mistake(
                    f"{self.argument}: expected {{name}} in a pattern of several files, got {self.text}, which is "
                    f"{first} and {path}; write for example 'images/{{name}}'."
                )

    def _found(self, paths: Iterable[str], ending: str) -> list[tuple[Key, str]]:
        expression = self._compiled(ending)
        found = [(_key(match), path) for path in paths if (match := expression.search(_normal(path)))]
        if "{name" not in self.text:
            self._refuse_several(found)
        return found

    def _compiled(self, ending: str) -> re.Pattern[str]:
        parts, seen, last = [], set[str](), 0
        for match in _FIELD.finditer(self.text):
            parts.append(re.escape(self.text[last : match.start()]))
            parts.append(_piece(match, seen))
            last = match.end()
        parts.append(re.escape(self.text[last:]))
        try:
            return re.compile(rf"(?:^|/){''.join(parts)}{ending}$", re.IGNORECASE)
        except re.error as error:
            raise Mistake(f"{self.argument}: expected a pattern, got {self.text} ({error}); mend it.") from None


def _piece(match: re.Match[str], seen: set[str]) -> str:
    field, own = match[1], match[2]
    if field is None:
        return "[^/]*"
    if field in seen:
        return rf"(?P={field})"
    seen.add(field)
    return rf"(?P<{field}>{own or _DEFAULT.get(field, '[^/]+')})"


def _key(match: re.Match[str]) -> Key:
    found = match.groupdict()
    part, group = found.get("part"), found.get("group")
    name = found.get("name") or ""
    stem = "" if part else match.string.rpartition("/")[2].rpartition(".")[0]
    return Key(
        name.lower(),
        PART_OF.get(part.lower(), part.lower()) if part else None,
        group.lower() if group else None,
        (found.get("instance") or "").lower(),
        name or group or stem,
    )


def _normal(path: str) -> str:
    return unicodedata.normalize("NFC", path)
