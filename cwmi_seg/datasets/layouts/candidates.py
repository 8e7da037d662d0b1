"""The possible readings of a folder: pairs of patterns under which files fall into pairs."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from cwmi_seg.datasets.layouts.affixes import Affix, between, within
from cwmi_seg.datasets.layouts.templates import Place, Templates, stem_with_part
from cwmi_seg.datasets.layouts.words import Role, role, whole_name

MOST_FOLDERS = 40
"""Templates beyond which folders are not compared two by two."""


@dataclass(frozen=True)
class Side:
    """One kind of files: its pattern and those that it stands for; ``said`` is what their whole name says they are."""

    pattern: str
    places: tuple[Place, ...]
    said: Role | None = None

    @property
    def role(self) -> Role | None:
        """What the whole name says, else folder and affix."""
        return self.said or role(self.pattern.replace("{name}", "").replace("{part}", "").replace("{group}", ""))


@dataclass(frozen=True)
class Candidate:
    """Two kinds of files that belong to each other, not yet told apart; ``left`` files have no partner."""

    first: Side
    second: Side
    left: int = 0


def candidates(found: Templates) -> list[Candidate]:
    """Every pair of kinds of files of which most share their names; complete ones first."""
    every = [*_instances(found)] or [*_apart(found)]
    if not any(candidate.left == 0 for candidate in every):
        every += _beside(found)
    return sorted(every, key=lambda candidate: candidate.left)


def _apart(found: Templates) -> Iterator[Candidate]:
    """Images and masks in different folders."""
    if len(found) > MOST_FOLDERS:
        return
    whole = [candidate for pair in combinations(sorted(found), 2) if (candidate := _paired(found, *pair))]
    yield from whole
    if any(candidate.left == 0 for candidate in whole):
        return
    for first, second in combinations(sorted(found), 2):
        for kind in _kinds(found[second]):
            if pair := _paired({first: found[first], second: kind}, first, second):
                yield pair
        for kind in _kinds(found[first]):
            if pair := _paired({first: kind, second: found[second]}, first, second):
                yield pair


def _paired(found: Templates, first: str, second: str) -> Candidate | None:
    match = between(found[first], found[second])
    if match is None or 2 * match.shared < match.total:
        return None
    return Candidate(
        Side(first + match.first.pattern(), tuple(found[first])),
        Side(second + match.second.pattern(), tuple(found[second])),
        match.total - match.shared,
    )


def _kinds(places: Sequence[Place]) -> list[list[Place]]:
    """The files of a folder by their kinds, where there are several."""
    kinds = within(places)
    sorted_ = {affix: [place for place in places if _is_of(affix, place, kinds)] for affix, _ in kinds}
    return [of_kind for of_kind in sorted_.values() if of_kind]


def _beside(found: Templates) -> Iterator[Candidate]:
    """Images and masks in one folder."""
    for template, places in sorted(found.items()):
        nameless = _nameless(template, places)
        yield from nameless
        if not any(candidate.left == 0 for candidate in nameless):
            yield from _by_affixes(template, places)


def _nameless(template: str, places: Sequence[Place]) -> list[Candidate]:
    """Of a folder whose names say role and part alone, as ``train-volume.tif`` and ``masks.tif``; none of another."""
    sides = _whole_sides(template, places)
    contexts = {side: {place.context for place in side.places} for side in sides}
    images, masks = ([side for side in sides if side.said == said] for said in ("image", "mask"))
    pairs = [(image, mask) for image in images for mask in masks if contexts[image] & contexts[mask]]
    if {side for pair in pairs for side in pair} != set(sides):
        return []
    return [Candidate(image, mask, len(contexts[mask] - contexts[image])) for image, mask in pairs]


def _whole_sides(template: str, places: Sequence[Place]) -> list[Side]:
    """The kinds of files of a folder by their whole names, those of the parts as one; none where one says more."""
    kinds: dict[tuple[str, Role], list[Place]] = defaultdict(list)
    for place in places:
        if (found := whole_name(place.stem)) is None:
            return []
        pattern, part, said = found
        folder, group = place.context
        kinds[f"{template}{pattern}{place.ending}", said].append(replace(place, context=(folder or part, group)))
    return [Side(pattern, tuple(of_kind), said) for (pattern, said), of_kind in kinds.items()]


def _by_affixes(template: str, places: Sequence[Place]) -> Iterator[Candidate]:
    """Of a folder whose files share names."""
    kinds = within(places)
    sides = [
        Side(template + affix.pattern(), tuple(place for place in places if _is_of(affix, place, kinds)))
        for affix, _ in kinds
    ]
    for first, second in combinations(sides, 2):
        # a part without any mask says nothing of the layout
        both = {place.context for place in first.places} & {place.context for place in second.places}
        here = sum(place.context in both for place in places)
        explained = [sum(place.context in both for place in side.places) for side in sides]
        if both and 2 * sum(explained) >= here:
            ours, theirs = (sum(place.context in both for place in side.places) for side in (first, second))
            yield Candidate(first, second, abs(ours - theirs) + here - sum(explained))


def _is_of(affix: Affix, place: Place, kinds: Sequence[tuple[Affix, int]]) -> bool:
    """Whether the affix is the longest that a file has, so that ``1_mask.png`` is no ``{name}.png``."""
    fitting = [
        (len(kind.before) + len(kind.behind), kind == affix)
        for kind, _ in kinds
        if kind.ending == place.ending and kind.core(stem_with_part(place)) is not None
    ]
    return bool(fitting) and max(fitting)[1]


def _instances(found: Templates) -> Iterator[Candidate]:
    """One mask file for each object: in a folder of the image's name, or beside its one image in a folder of both."""
    for first, second in ((a, b) for a in sorted(found) for b in sorted(found) if a != b):
        images, masks = found[first], found[second]
        groups = {place.context for place in masks}
        if "{group}" not in second or len(masks) <= len(groups) or role(second) == "image":
            continue
        side = Side(f"{second.replace('{group}', '{name}')}{{instance}}", tuple(masks))
        if "{group}" not in first:
            names = {(place.context[0], place.stem) for place in images}
            if names == groups and len(names) == len(images):
                yield Candidate(Side(f"{first}{{name}}", tuple(images)), side)
        elif {place.context for place in images} == groups and len(images) == len(groups):
            yield Candidate(Side(f"{first.replace('{group}', '{name}')}*", tuple(images)), side)
