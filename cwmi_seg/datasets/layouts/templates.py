"""The folders of a raw folder with what differs between them, train or a patient, replaced by a field."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cwmi_seg.datasets.file_kinds import IMAGES, MASKS
from cwmi_seg.datasets.layouts.words import PART_OF, role, split_part, with_part

ENDINGS = tuple(ending for kinds in (*IMAGES, *MASKS) for ending in kinds)
Context = tuple[str, str]
"""Word of the part and value of the group that a folder stands for; "" for none."""


@dataclass(frozen=True)
class Place:
    """One file, taken apart: where it lies in terms of its folder's template, stem, and ending in small letters."""

    path: str
    context: Context
    stem: str
    ending: str


Templates = dict[str, list[Place]]
"""The files under each template, such as ``{part}/images/``; "" for files at the top."""


def media(paths: Iterable[str]) -> list[str]:
    """The paths that end as an image or a mask may."""
    return [path for path in paths if path.lower().endswith(ENDINGS)]


def templates(paths: Sequence[str], *, grouped: bool) -> Templates:
    """Sort files by template.

    Args:
        paths: Images and masks, relative to the raw folder.
        grouped: Whether the folders whose names say nothing, and of which there are several at one place, are groups.
    """
    split = [path.rpartition("/")[::2] for path in paths]
    folders = _pieces(sorted({folder for folder, _ in split}))
    if grouped:
        _mark_groups(folders)
    found: Templates = defaultdict(list)
    for path, (folder, file) in zip(paths, split, strict=True):
        pieces = folders[folder]
        part = next((word for _, field, word in pieces if field == "part"), "")
        group = next((word for _, field, word in pieces if field == "group"), "")
        stem, _, ending = file.rpartition(".")
        template = "".join(f"{text}/" for text, _, _ in pieces)
        found[template].append(Place(path, (part, group), stem, f".{ending.lower()}"))
    return _without_common_start(dict(found))


Piece = tuple[str, str, str]
"""Text of a component in the template, its field ("part", "group" or ""), and the word that the field stands for."""


def _pieces(folders: Iterable[str]) -> dict[str, list[Piece]]:
    """The components of each folder, by folder."""
    split = {folder: folder.split("/") if folder else [] for folder in folders}
    beside: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for components in split.values():
        for place, text in enumerate(components):
            beside[tuple(components[:place])].add(text)
    forms = {above: _forms(names) for above, names in beside.items()}
    return {
        folder: [_component(text, forms[tuple(components[:place])]) for place, text in enumerate(components)]
        for folder, components in split.items()
    }


def _forms(names: set[str]) -> Counter[tuple[str, str]]:
    """How many names there are of each form, that is with the same text before and after the word of a part."""
    return Counter(form for name in names for form in {(each[0], each[2]) for each in with_part(name)})


def _component(text: str, forms: Counter[tuple[str, str]]) -> Piece:
    """A name with the word of its part, which it has by itself or by another name beside it (traincrop, testcrop)."""
    found = split_part(text)
    if found is None:
        found = next((each for each in with_part(text) if forms[each[0], each[2]] > 1), None)
    if found is None:
        return text, "", text
    before, word, after = found
    return f"{before}{{part}}{after}", "part", word


def _mark_groups(folders: dict[str, list[Piece]]) -> None:
    """Replace, at the one place where most names differ, folders that say nothing by ``{group}``."""
    values: dict[tuple[int, int], set[str]] = defaultdict(set)
    for pieces in folders.values():
        for place, (text, field, _) in enumerate(pieces):
            if not field and role(text) is None:
                values[len(pieces), place].add(text)
    best: dict[int, int] = {}
    for (depth, place), names in sorted(values.items(), key=lambda each: -len(each[1])):
        if len(names) > 1:
            best.setdefault(depth, place)
    for pieces in folders.values():
        found = best.get(len(pieces))
        if found is not None and not pieces[found][1] and role(pieces[found][0]) is None:
            pieces[found] = ("{group}", "group", pieces[found][0])


def _without_common_start(found: Templates) -> Templates:
    """Folders above everything, such as that of an archive, are no part of a layout unless they say something."""
    while True:
        starts = {template.partition("/")[0] for template in found}
        start = next(iter(starts))
        if len(starts) > 1 or not all("/" in template for template in found) or "{" in start or role(start):
            return found
        found = {template.partition("/")[2]: places for template, places in found.items()}


def stem_with_part(place: Place) -> str:
    """``21_training`` below ``training`` to ``21_{part}``."""
    word = place.context[0]
    if not word or word.lower() not in PART_OF or word not in place.stem:
        return place.stem
    for separator in "_-. ":
        if place.stem.endswith(f"{separator}{word}"):
            return f"{place.stem[: -len(word)]}{{part}}"
        if place.stem.startswith(f"{word}{separator}"):
            return f"{{part}}{place.stem[len(word) :]}"
    return place.stem
