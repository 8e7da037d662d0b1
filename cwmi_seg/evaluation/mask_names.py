"""What masks of two folders are paired by: their names, or the part of them that a pattern says."""

from collections.abc import Collection, Iterable, Sequence

from cwmi_seg.mistakes import Mistake


def name_of(stem: str, patterns: Sequence[str] = ()) -> str:
    """The name that a file stands for: what ``*`` stands for in the first pattern that its stem fits, else the stem.

    Args:
        stem: name of the file without suffix, such as ``001_mask``.
        patterns: such as ``*_mask``, each with one ``*``.
    """
    for pattern in patterns:
        before, _, after = pattern.partition("*")
        if len(stem) > len(before) + len(after) and stem.startswith(before) and stem.endswith(after):
            return stem[len(before) : len(stem) - len(after)]
    return stem


def checked_patterns(given: str | Sequence[str] | None) -> list[str]:
    """The patterns of a config, which may be one or a list.

    Raises:
        ValueError: one is no text with one ``*``.
    """
    patterns = [given] if isinstance(given, str) else list(given or ())
    for pattern in patterns:
        if not isinstance(pattern, str) or pattern.count("*") != 1:
            raise Mistake(
                f"pattern: expected one * for the name that masks have in common, got {pattern!r}; "
                "use for example pattern=*_mask."
            )
    return patterns


def proposed_patterns(stems: Collection[str], others: Collection[str]) -> list[str]:
    """Patterns under which the masks of two folders would have the same names, none if there are no such."""
    patterns = [pattern for side in (stems, others) if (pattern := _common(side)) != "*"]
    named = [sorted(name_of(stem, patterns) for stem in side) for side in (stems, others)]
    return patterns if named[0] == named[1] else []


def _common(stems: Collection[str]) -> str:
    """What all stems begin and end with, up to a character that is neither letter nor digit."""
    if len(stems) < 2:
        return "*"
    before = _shared_start(stems)
    after = _shared_start([stem[::-1] for stem in stems])[::-1]
    first = max((i for i, letter in enumerate(before) if not letter.isalnum()), default=-1)
    last = min((i for i, letter in enumerate(after) if not letter.isalnum()), default=len(after))
    return f"{before[: first + 1]}*{after[last:]}"


def _shared_start(texts: Collection[str]) -> str:
    low, high = min(texts), max(texts)  # in their order the first and the last differ soonest
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[:same]


def advice(patterns: Iterable[str]) -> str:
    """How to say them on the command line."""
    texts = list(patterns)
    return f"'pattern={texts[0]}'" if len(texts) == 1 else f"'pattern=[{','.join(texts)}]'"
