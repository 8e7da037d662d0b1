"""What the names of two kinds of files have before and behind the name that they share."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from cwmi_seg.datasets.layouts.templates import Context, Place, stem_with_part

_CUT = re.compile(r"(?<=[A-Za-z])(?=[^A-Za-z])|(?<=[0-9])(?=[^0-9])|(?<=[^A-Za-z0-9])(?=.)|(?<=.)(?=[^A-Za-z0-9])")
_MOST_KINDS = 12
"""A text that occurs with more affixes is no name but a word, such as "mask"."""
_MOST_TRIED, _LOOKED_AT = 50, 16


@dataclass(frozen=True)
class Affix:
    """Text before and behind the shared name, and the ending ("" for any)."""

    before: str = ""
    behind: str = ""
    ending: str = ""

    def core(self, stem: str) -> str | None:
        """The shared name in a stem, None where the stem has not these affixes."""
        fits = stem.startswith(self.before) and stem.endswith(self.behind)
        inner = stem[len(self.before) : len(stem) - len(self.behind)]
        return inner if fits and len(stem) > len(self.before) + len(self.behind) else None

    def pattern(self, name: str = "{name}") -> str:
        """As the last part of a pattern of paths."""
        return f"{self.before}{name}{self.behind}{self.ending}"


@dataclass(frozen=True)
class Match:
    """Two affixes under which names agree, with the number of names, of those on both sides, and of all there are."""

    first: Affix
    second: Affix
    shared: int
    total: int

    @property
    def complete(self) -> bool:
        """Whether no file is left without partner."""
        return self.shared == self.total


def between(first: Sequence[Place], second: Sequence[Place]) -> Match | None:
    """The affixes that pair the files of two folders, in the contexts that both have; the longest name counts."""
    stems, others = _by_context(first), _by_context(second)
    common = stems.keys() & others.keys()
    if not common:
        return None
    tried = set[tuple[Affix, Affix]]()
    matches = []
    for context in sorted(common)[:3]:
        ordered, theirs = sorted(stems[context]), sorted(others[context])
        for stem in dict.fromkeys((ordered[0], ordered[len(ordered) // 2], ordered[-1])):
            for pair in _guesses(stem, theirs):
                if pair not in tried and len(tried) < 40 * _MOST_TRIED:
                    tried.add(pair)
                    if not _plausible(*pair, ordered, others[context]):
                        continue
                    matches.append(_measured(*pair, {c: (stems[c], others[c]) for c in common}))
                    if matches[-1].complete:
                        return matches[-1]
    return max(matches, key=lambda match: match.shared, default=None)


def within(places: Sequence[Place]) -> list[tuple[Affix, int]]:
    """The kinds of files of one folder that share most names: affix of each kind, and the number of names."""
    kinds: dict[tuple[Context, str], set[Affix]] = defaultdict(set)
    for place in places:
        for affix, core in _cuts(stem_with_part(place)):
            kinds[place.context, core].add(Affix(affix.before, affix.behind, place.ending))
    signatures = Counter(frozenset(found) for found in kinds.values() if 2 <= len(found) <= _MOST_KINDS)
    if not signatures:
        return []
    # most files explained; of equals those with the longest shared name, so the shortest affixes
    best = max(signatures, key=lambda found: (len(found) * signatures[found], -sum(len(a.pattern()) for a in found)))
    return [(affix, signatures[best]) for affix in sorted(best, key=lambda affix: affix.pattern())]


def _by_context(places: Sequence[Place]) -> dict[Context, set[str]]:
    found: dict[Context, set[str]] = defaultdict(set)
    for place in places:
        found[place.context[0].lower(), place.context[1].lower()].add(stem_with_part(place))
    return found


def _plausible(first: Affix, second: Affix, stems: Sequence[str], others: set[str]) -> bool:
    """Whether half of a few stems have a partner, which spares to compare all."""
    some = stems[:: max(len(stems) // _LOOKED_AT, 1)][:_LOOKED_AT]
    cores = [core for stem in some if (core := first.core(stem))]
    return 2 * sum(f"{second.before}{core}{second.behind}" in others for core in cores) >= len(some)


def _guesses(stem: str, others: Sequence[str]) -> Iterator[tuple[Affix, Affix]]:
    """Pairs of affixes by which one of the other stems, sorted, would be that of ``stem``; longest name first."""
    known = set(others)
    for affix, core in sorted(_cuts(stem), key=lambda cut: -len(cut[1])):
        if core in known:
            yield affix, Affix()
        near = list(islice((other for other in others if core in other), _MOST_TRIED))
        for other in near:
            yield from ((affix, found) for found, inner in _cuts(other) if inner == core and other != core)


def _cuts(stem: str) -> Iterator[tuple[Affix, str]]:
    """Every way to cut a name out of a stem, between letters, digits and the rest."""
    places = [0, *sorted({match.start() for match in _CUT.finditer(stem)} - {0, len(stem)}), len(stem)]
    places = places if len(places) <= 16 else [*places[:8], *places[-8:]]
    for i, start in enumerate(places):
        for end in places[i + 1 :]:
            core = stem[start:end]
            if core[0].isalnum() and core[-1].isalnum() and "{" not in core:
                yield Affix(stem[:start], stem[end:]), core


def _cores(stems: set[str], affix: Affix) -> set[str]:
    return {core for stem in stems if (core := affix.core(stem))}


def _measured(first: Affix, second: Affix, stems: Mapping[Context, tuple[set[str], set[str]]]) -> Match:
    shared = total = 0
    for ours, theirs in stems.values():
        shared += len(_cores(ours, first) & _cores(theirs, second))
        total += max(len(ours), len(theirs))
    return Match(first, second, shared, total)
