"""The annotations of COCO: one json file with the outlines of the objects in many images."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cwmi_seg.datasets.outlines.regions import Outlined, Region, ring_of, run_lengths
from cwmi_seg.files.json_files import parse_json
from cwmi_seg.mistakes import Mistake

_LISTS = ("images", "annotations", "categories")


def outlines_of_coco(path: Path) -> tuple[list[Outlined], list[str]] | None:
    """The images of a file and the names of its categories, in the order of their numbers; None of another file.

    Crowds (``iscrowd`` with run lengths) are void: they hold many objects that nobody has outlined. An image without
    annotations has no regions.

    Raises:
        ValueError: It is damaged, or has boxes alone.
    """
    try:
        content = parse_json(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        return None
    if not isinstance(content, dict) or not all(isinstance(content.get(key), list) for key in _LISTS):
        return None
    try:
        return _read(content)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise Mistake(f"{path}: expected outlines of COCO, got others ({what}); export them again.") from None


def _read(content: Mapping[str, Any]) -> tuple[list[Outlined], list[str]]:
    names = {category["id"]: str(category["name"]) for category in content["categories"]}
    if len(set(names.values())) < len(names):
        raise Mistake("two categories of one name")
    regions: dict[object, list[Region]] = defaultdict(list)
    for annotation in content["annotations"]:
        regions[annotation["image_id"]].append(_region(annotation, names[annotation["category_id"]]))
    images = [
        Outlined(str(image["file_name"]), (int(image["height"]), int(image["width"])), tuple(regions[image["id"]]))
        for image in content["images"]
    ]
    return images, [names[number] for number in sorted(names)]


def _region(annotation: Mapping[str, Any], label: str) -> Region:
    found, is_crowd = annotation.get("segmentation"), bool(annotation.get("iscrowd", 0))
    if not found:
        raise Mistake(f"annotation {annotation.get('id')} is a box without an outline, and boxes are no masks")
    if isinstance(found, Mapping):
        return Region(label, runs=run_lengths(found["counts"]), is_void=is_crowd)
    return Region(label, tuple(ring_of(numbers) for numbers in found), is_void=is_crowd)
