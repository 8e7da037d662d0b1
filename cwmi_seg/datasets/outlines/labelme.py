"""The annotations of labelme: a json file for each image."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cwmi_seg.datasets.outlines.regions import Outlined, Region, Ring, circle, rectangle, ring_of
from cwmi_seg.files.json_files import parse_json
from cwmi_seg.mistakes import Mistake

_KINDS: Mapping[str, Callable[[object], Ring]] = {"polygon": ring_of, "rectangle": rectangle, "circle": circle}


def outlines_of_labelme(path: Path) -> Outlined:
    """The image that a file is of.

    Raises:
        ValueError: It is none of labelme, damaged, or has shapes without an area, such as lines.
    """
    try:
        content = parse_json(path.read_text(encoding="utf-8-sig"))
        shape = int(content["imageHeight"]), int(content["imageWidth"])
        return Outlined(str(content["imagePath"]), shape, tuple(map(_region, content["shapes"])))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise Mistake(f"{path}: expected shapes of labelme, got others ({what}); save it again there.") from None


def _region(shape: Mapping[str, Any]) -> Region:
    kind = shape.get("shape_type") or "polygon"
    if kind not in _KINDS:
        raise Mistake(f"{shape['label']!r} is a {kind}; polygons, rectangles and circles are read")
    return Region(str(shape["label"]), (_KINDS[kind](shape["points"]),))
