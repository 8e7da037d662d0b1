"""Pairs of an image and its mask files, found by two patterns."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from cwmi_seg.datasets.file_kinds import IMAGES, MASKS, OUTLINES
from cwmi_seg.datasets.layouts.pattern import Key, Pattern
from cwmi_seg.mistakes import Mistake


@dataclass(frozen=True)
class Pair:
    """An image, its mask (or the masks of its instances), and what is known of it beforehand."""

    name: str
    image: Path
    masks: tuple[Path, ...]
    part: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Pairs:
    """The pairs of a raw folder, sorted; ``notes`` tell what was left out."""

    pairs: tuple[Pair, ...]
    notes: tuple[str, ...] = ()


def by_patterns(
    root: Path, paths: Sequence[str], images: Pattern, masks: Pattern, listed: Mapping[str, str] | None = None
) -> Pairs:
    """Pair files by what the patterns find in their paths.

    A part or group of which no image has a mask is left out, and told; a file that is a mask is no image.

    Args:
        root: Raw folder.
        paths: Its files.
        images, masks: The patterns.
        listed: Part of each name; others are left out, and told. None takes all.

    Raises:
        FileNotFoundError: No image, no mask at all, or an image without one.
        ValueError: a mask without an image, or two files of one name.
    """
    of_masks, of_images = masks.matches(paths, (*MASKS, (OUTLINES,))), images.matches(paths, IMAGES)
    found_masks = _of_image(masks, of_masks if listed is None else _of_lists(of_masks, listed))
    taken = {path for files in found_masks.values() for path in files}
    found = [(key, path) for key, path in of_images if path not in taken]
    num_all = len(found)
    if listed is not None:
        found = _of_lists(found, listed)
        _refuse_lost(root, listed, {key.name for key, _ in found})
    _refuse_nothing(root, len(paths), (images, found), (masks, found_masks))
    labelled = {key[1:] for key in found_masks}
    kept = [(key, path) for key, path in found if (key.part, key.group) in labelled]
    _refuse_unpaired(root, kept, found_masks, masks)
    notes = _left_out([key for key, _ in found if (key.part, key.group) not in labelled])
    if num_all > len(found):
        notes = (f"images that no list names are left out: {num_all - len(found)}", *notes)
    names = _names([key for key, _ in kept])
    pairs = [
        Pair(names[key], root / path, tuple(root / each for each in found_masks[key.of_image]), key.part, key.group)
        for key, path in kept
    ]
    return Pairs(tuple(sorted(pairs, key=lambda pair: (pair.part or "", pair.name.lower()))), notes)


def _of_lists(found: Sequence[tuple[Key, str]], listed: Mapping[str, str]) -> list[tuple[Key, str]]:
    """Those that are listed, with the part of their list."""
    return [(replace(key, part=listed[key.name]), path) for key, path in found if key.name in listed]


def _refuse_lost(root: Path, listed: Mapping[str, str], names: Set[str]) -> None:
    lost = [name for name in listed if name not in names]
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        raise FileNotFoundError(f"{root}: no image {lost[0]}{more}, which a list names; add it, or mend the list.")


Found = Mapping[tuple[str, str | None, str | None], Sequence[str]]


def _of_image(masks: Pattern, found: Sequence[tuple[Key, str]]) -> dict[tuple[str, str | None, str | None], list[str]]:
    of_image: dict[tuple[str, str | None, str | None], list[str]] = {}
    many = "{instance" in masks.text
    for key, path in sorted(found, key=lambda each: each[1]):
        files = of_image.setdefault(key.of_image, [])
        files.append(path)
        if len(files) > 1 and not many:
            raise Mistake(f"{path}: expected one mask of each image, got {files[0]} too; remove one of the two.")
    return of_image


def _names(keys: Sequence[Key]) -> dict[Key, str]:
    """``train_7``; with the group where the same name is there in several."""
    count = Counter((key.part, key.name) for key in keys)
    names = {}
    for key in keys:
        alone = count[key.part, key.name] == 1 or not key.group or not key.name
        names[key] = "_".join(filter(None, (key.part, None if alone else key.group, key.text)))
    return names


def _left_out(keys: Sequence[Key]) -> tuple[str, ...]:
    counts = Counter(key.part or key.group or "" for key in keys)
    shown = list(counts.items())[:3]
    more = f" and {len(counts) - 3} more" if len(counts) > 3 else ""
    names = ", ".join(f"{name} ({count})" for name, count in shown)
    return (f"images without any mask are left out: {names}{more}",) if counts else ()


def _refuse_nothing(root: Path, count: int, *sides: tuple[Pattern, object]) -> None:
    for pattern, found in sides:
        if not found:
            repair = "mend it" if "{name" in pattern.text else "write {name} for what differs, as in 'images/{name}'"
            raise FileNotFoundError(
                f"{pattern.argument}: expected files {pattern.text} in {root}, found none among {count} files; "
                f"{repair}."
            )


def _refuse_unpaired(root: Path, found: Sequence[tuple[Key, str]], masks: Found, pattern: Pattern) -> None:
    known: dict[tuple[str, str | None, str | None], str] = {}
    for key, path in found:
        if key.of_image in known:
            raise Mistake(
                f"{root / path}: expected names that differ without ending and letter case, got that of "
                f"{known[key.of_image]}; rename one of the two, or keep one."
            )
        known[key.of_image] = path
    alone = [path for key, path in found if key.of_image not in masks]
    if alone:
        more = f" (and none of {len(alone) - 1} others)" if len(alone) > 1 else ""
        raise FileNotFoundError(
            f"{root / alone[0]}: no mask {pattern.text}{more}; add it, or list the pairs in a csv with the columns "
            "image and mask, dataset.preparer.pairs=FILE."
        )
    strays = [files[0] for key, files in masks.items() if key not in known]
    if strays:
        raise Mistake(f"{root / strays[0]}: a mask without an image; add the image or remove the mask.")
