"""A folder that nobody has prepared for, read in the one way in which it can be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cwmi_seg.datasets.file_kinds import OUTLINES
from cwmi_seg.datasets.layouts.candidates import Candidate, Side, candidates
from cwmi_seg.datasets.layouts.content import look_like_masks
from cwmi_seg.datasets.layouts.lists import lists_in, named_by
from cwmi_seg.datasets.layouts.pairs import Pairs, by_patterns
from cwmi_seg.datasets.layouts.pattern import Pattern
from cwmi_seg.datasets.layouts.tables import looks_like_pairs
from cwmi_seg.datasets.layouts.templates import media, templates
from cwmi_seg.datasets.layouts.words import PART_OF, is_variant
from cwmi_seg.datasets.outlines.files import coco_tables, of_coco, outlines_of
from cwmi_seg.datasets.outlines.masks import Outlines
from cwmi_seg.files.counted import counted
from cwmi_seg.mistakes import Mistake

IMAGES, MASKS, TABLE = "image_pattern", "mask_pattern", "pairs"
"""Arguments of the preparer that say a reading explicitly."""
_NAMES = ("{name}", "{name:[0-9]+}", "{name:[^_]+}", "{name:[^-]+}")
_WHOLE = 4
"""A reading is nearly whole where at most one of so many files has no partner."""
_SHOWN = 4
"""Readings that a message has."""
_LOSSY = (".jpg", ".jpeg")


@dataclass(frozen=True)
class Reading:
    """One reading of a folder: the arguments that say it, and what they give; ``outlines`` where masks are none."""

    settings: Mapping[str, str]
    pairs: Pairs
    outlines: Outlines | None = None

    def overrides(self) -> str:
        """As they are typed."""
        return " ".join(f"'dataset.preparer.{key}=\"{value}\"'" for key, value in self.settings.items())


def look(root: Path, paths: Sequence[str]) -> Reading | None:
    """The one reading of a folder in which every image has its mask; None where there is none.

    Args:
        root: raw folder.
        paths: Its files, relative to it.

    Raises:
        ValueError: There are two readings; the message has both.
    """
    tables = _tables(root, paths)
    files = media(paths)
    readings = (_readings(root, files, grouped=True) or _readings(root, files, grouped=False)) if files else []
    if not any(pair.part for reading in readings for pair in reading.pairs.pairs):
        readings = _listed(root, paths, files) or readings
    if len(readings) != 1 and len(tables) == 1:
        return tables[0]
    if len(readings) == 1 and len(tables) == 1:
        return _of_two(readings[0], tables[0])
    if not readings and files:
        readings = _of_coco(root, paths) or _readings(root, [*files, *_json(paths)], grouped=True)
    if len(readings) > 1:
        raise Mistake(_ambiguous(readings))
    return readings[0] if readings else None


def refuse_nearly(root: Path, paths: Sequence[str]) -> None:
    """For a folder without any reading: name the file that is missing, where one is nearly whole.

    Raises:
        FileNotFoundError: an image has no mask.
        ValueError: a mask has no image.
    """
    files = [*media(paths), *_json(paths)]
    found = candidates(templates(files, grouped=True)) if files else []
    for candidate in found:
        enough = len(candidate.first.places) + len(candidate.second.places) > _WHOLE * candidate.left
        if enough and (sides := _told_apart(root, candidate)):
            by_patterns(root, files, Pattern(sides[0].pattern, IMAGES), Pattern(sides[1].pattern, MASKS))


def _readings(root: Path, files: Sequence[str], *, grouped: bool) -> list[Reading]:
    found = templates(files, grouped=grouped)
    told = [sides for candidate in candidates(found) if candidate.left == 0 and (sides := _told_apart(root, candidate))]
    if len(told) > 1:
        told = [(image, mask) for image, mask in told if image.role != "mask"] or told
        told = [(image, mask) for image, mask in told if look_like_masks(_files(root, mask))] or told
        told = [(image, mask) for image, mask in told if not look_like_masks(_files(root, image))] or told
        told = [(image, mask) for image, mask in told if image.role == "image"] or told
        told = [(image, mask) for image, mask in told if not is_variant(mask.pattern)] or told
    readings = [reading for image, mask in told if (reading := _checked(root, files, image, mask))]
    largest = max((len(reading.pairs.pairs) for reading in readings), default=0)
    return [reading for reading in readings if 2 * len(reading.pairs.pairs) > largest]


def _told_apart(root: Path, candidate: Candidate) -> tuple[Side, Side] | None:
    """Image and mask of a candidate: by words, by endings, by what is in the files; None where both are images."""
    first, second = candidate.first, candidate.second
    outlined = [all(place.ending == OUTLINES for place in side.places) for side in (first, second)]
    if any(outlined):
        return None if all(outlined) else (first, second) if outlined[1] else (second, first)
    if (second.role == "mask") != (first.role == "mask"):
        return (first, second) if second.role == "mask" else (second, first)
    if second.role is None and first.role == "image" and look_like_masks(_files(root, second)):
        return first, second
    lossy = [all(place.ending in _LOSSY for place in side.places) for side in (first, second)]
    masks = [look_like_masks(_files(root, side)) for side in (first, second)]
    if lossy[0] != lossy[1] and masks[lossy[0]]:
        return (first, second) if lossy[0] else (second, first)
    if masks[0] == masks[1]:
        return None
    return (first, second) if masks[1] else (second, first)


def _files(root: Path, side: Side) -> list[Path]:
    return [root / place.path for place in side.places]


def _checked(root: Path, files: Sequence[str], image: Side, mask: Side) -> Reading | None:
    """The reading, if its patterns find again exactly the files that it was made from."""
    expected = {root / place.path for place in mask.places}
    for name in _NAMES:
        settings = {IMAGES: image.pattern.replace("{name}", name), MASKS: mask.pattern}
        try:
            pairs = by_patterns(root, files, Pattern(settings[IMAGES], IMAGES), Pattern(settings[MASKS], MASKS))
        except (OSError, ValueError):
            continue
        if {path for pair in pairs.pairs for path in pair.masks} == expected:
            return Reading(settings, pairs, outlines_of(pairs))
    return None


def _listed(root: Path, paths: Sequence[str], files: Sequence[str]) -> list[Reading]:
    """The readings of the files that lists name, with the parts that they say; none without such lists."""
    for form, listed in lists_in(root, paths):
        found = []
        for reading in _readings(root, named_by(listed, files), grouped=False):
            image, mask = (Pattern(reading.settings[key], key) for key in (IMAGES, MASKS))
            try:
                found.append(Reading({**reading.settings, TABLE: form}, by_patterns(root, files, image, mask, listed)))
            except (OSError, ValueError):
                continue  # lists of other names, or of images without masks
        if found:
            return found
    return []


def _json(paths: Sequence[str]) -> list[str]:
    return [path for path in paths if path.lower().endswith(OUTLINES)]


def _of_coco(root: Path, paths: Sequence[str]) -> list[Reading]:
    found = ((table, of_coco(root, paths, table)) for table in coco_tables(paths))
    return [Reading({TABLE: table}, *read) for table, read in found if read]


def _tables(root: Path, paths: Sequence[str]) -> list[Reading]:
    """Tables of pairs; those of the parts, train.csv and test.csv, are one."""
    near = [path for path in paths if path.lower().endswith((".csv", ".json")) and path.count("/") <= 2]
    names: dict[str, None] = {}
    for path in near:
        stem = path.rpartition("/")[2].rpartition(".")[0]
        of_part = stem in PART_OF
        names.setdefault(path.replace(f"{stem}.", "{part}.") if of_part else path)
    found = ((name, looks_like_pairs(root, paths, name)) for name in names)
    return [Reading({TABLE: name}, pairs) for name, pairs in found if pairs]


def _of_two(folder: Reading, table: Reading) -> Reading:
    """The table, where it says the same and more; two different sets of pairs are two readings."""
    pairs = [{(pair.image, *pair.masks) for pair in reading.pairs.pairs} for reading in (folder, table)]
    if pairs[0] != pairs[1]:
        raise Mistake(_ambiguous([folder, table]))
    says_more = any(pair.part or pair.group for pair in table.pairs.pairs)
    return table if says_more and not any(pair.part for pair in folder.pairs.pairs) else folder


def _ambiguous(readings: Sequence[Reading]) -> str:
    shown = ", or ".join(
        f"{counted(len(reading.pairs.pairs), 'pair')} by {reading.overrides()}" for reading in readings[:_SHOWN]
    )
    more = f" ({len(readings) - _SHOWN} more)" if len(readings) > _SHOWN else ""
    return f"raw: expected a folder that can be read in one way, got {shown}{more}; add the one that is meant."
