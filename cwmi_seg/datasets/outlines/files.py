"""The annotation files of a folder: which they are, and which images they are of."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from cwmi_seg.datasets.file_kinds import OUTLINES
from cwmi_seg.datasets.layouts.pairs import Pair, Pairs
from cwmi_seg.datasets.layouts.tables import Finder, part_forms, tables_of
from cwmi_seg.datasets.outlines.coco import outlines_of_coco
from cwmi_seg.datasets.outlines.labelme import outlines_of_labelme
from cwmi_seg.datasets.outlines.masks import Outlines
from cwmi_seg.datasets.outlines.regions import Outlined
from cwmi_seg.mistakes import Mistake

_PREFERRED = "instances"
"""Word in the name of the file that COCO itself means for masks, beside its captions and keypoints."""
Found = tuple[Pairs, Outlines]


def of_coco(root: Path, paths: Sequence[str], table: str) -> Found | None:
    """The images that COCO files list, with their outlines; None where a file is none of COCO.

    Args:
        root: Raw folder.
        paths: Its files.
        table: The file; ``{part}`` in it stands for the part.

    Raises:
        FileNotFoundError: An image is not there.
        ValueError: A file is damaged.
    """
    finder = Finder(root, paths)
    pairs, images, labels = [], dict[Path, Outlined](), dict[str, None]()
    for part, path in tables_of(root, table):
        read = outlines_of_coco(path)
        if read is None:
            return None
        for outlined in read[0]:
            image = finder.find(outlined.file, path)
            if image in images:
                raise Mistake(f"{path}: expected each image once, got {outlined.file} twice; remove one.")
            images[image] = outlined
            name = image.stem if part is None else f"{part}_{image.stem}"
            pairs.append(Pair(name, image, (path,), part))
        labels |= dict.fromkeys(read[1])
    outlines = Outlines(images, tuple(labels))
    ordered = sorted(pairs, key=lambda pair: (pair.part or "", pair.name.lower()))
    return (Pairs(tuple(ordered), _notes(outlines)), outlines) if pairs else None


def outlines_of(pairs: Pairs) -> Outlines | None:
    """The outlines of images whose masks are files of labelme; None where they are pictures.

    Raises:
        ValueError: A file is none of labelme.
    """
    if pairs.pairs[0].masks[0].suffix.lower() != OUTLINES:
        return None
    images = {pair.image: outlines_of_labelme(pair.masks[0]) for pair in pairs.pairs}
    labels = {region.label for image in images.values() for region in image.regions}
    return Outlines(images, tuple(sorted(labels)))


def coco_tables(paths: Iterable[str]) -> list[str]:
    """The names of the files that may be COCO's, those of the parts as one with ``{part}``."""
    names = part_forms((path for path in paths if path.count("/") <= 2), OUTLINES)
    preferred = [name for name in names if _PREFERRED in name.rpartition("/")[2].lower()]
    return preferred or names


def _notes(outlines: Outlines) -> tuple[str, ...]:
    unused = outlines.unused
    more = f" and {len(unused) - 3} more" if len(unused) > 3 else ""
    return (f"categories without any outline are left out: {', '.join(unused[:3])}{more}",) if unused else ()
