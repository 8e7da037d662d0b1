"""The list of test images that the viewer of the page reads: all of them in a file beside it, a few inside."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cwmi_seg.datasets.class_colours import Colour
from cwmi_seg.files.atomic import write_text
from cwmi_seg.files.printable import printable
from cwmi_seg.pictures.overlay import ERRORS
from cwmi_seg.reporting.content import Block, Content
from cwmi_seg.reporting.gallery import Gallery, image_metrics
from cwmi_seg.reporting.page_data import plain
from cwmi_seg.reporting.panels import ImagePanel
from cwmi_seg.reporting.picture_files import FOLDER
from cwmi_seg.reporting.pictures import data_address, transparent
from cwmi_seg.reporting.shown_image import MASK, PHOTO, NamedPicture, ShownImage, Slices

LIST = "images.js"
INSIDE = 1_200_000
"""Characters of all pictures inside a page, so that it stays small enough for a mail."""
MOST_LISTED = 40
"""Images of a block that are listed inside a page whose images have no pictures."""


def write_viewer(content: Content, gallery: Gallery) -> dict[str, Any]:
    """Write the pictures and the list of all test images into ``viewer`` beside the page; return the few inside it."""
    images = [gallery.images(block) for block in content.blocks]
    gallery.remove_stale()
    text = json_text(viewer_data(content, images, gallery.classes))
    write_text(gallery.folder / FOLDER / LIST, f"window.cwmiImages = {text};\n")
    return viewer_data(content, inside(content, images), gallery.classes)


def viewer_data(
    content: Content, images: Sequence[Sequence[ShownImage]], classes: Mapping[str, Sequence[tuple[Colour, str]]]
) -> dict[str, Any]:
    """What the viewer reads.

    Args:
        content: The report.
        images: The images to show of each block.
        classes: Colour and name of each class, by the slug of a block with more than two.

    Returns:
        ``legend`` (colour and meaning) and ``blocks``: title, ``classes`` (colour and name), metrics (name, way),
        labels, images. An image has name, group, fold, seed, tags, ``pictures`` (name, address, kind, and of a volume
        the address of its slices), ``scores``: per label a list over the metrics, and of a volume ``slices``.
    """
    return {
        "legend": [[_css(colour), name] for name, colour in ERRORS.items()],
        "blocks": [
            {
                "title": block.table.title,
                "classes": [[_css(colour), printable(name)] for colour, name in classes.get(block.slug, ())],
                "metrics": [{"name": name, "way": way} for name, way in image_metrics(block)],
                "labels": [row.label for row in block.table.rows],
                "images": [_image(image) for image in own],
            }
            for block, own in zip(content.blocks, images, strict=True)
        ],
    }


def inside(content: Content, images: Sequence[Sequence[ShownImage]]) -> list[list[ShownImage]]:
    """Choose few images for the page itself: those of the panels, as many as fit, else the hardest by their scores."""
    most = INSIDE // max(1, len(content.blocks))
    return [
        _embedded(block, own, most)
        if block.panels
        else [replace(image, pictures=(), slices=None) for image in own[:MOST_LISTED]]
        for block, own in zip(content.blocks, images, strict=True)
    ]


def json_text(data: object) -> str:
    """JSON that can stand in a script of a page: no ``<`` in it ends the script or begins a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _embedded(block: Block, images: Sequence[ShownImage], most: int) -> list[ShownImage]:
    listed = {(image.name, image.fold, image.seed): image for image in images}
    found: list[ShownImage] = []
    for panel in reversed(block.panels):  # the hardest first
        image = listed[panel.name, panel.fold, panel.seed]
        pictures = tuple(_inside_pictures(panel))
        most -= sum(len(picture.address) for picture in pictures)
        if most < 0 and found:
            break
        found.append(replace(image, pictures=pictures, slices=None))
    return found


def _inside_pictures(panel: ImagePanel) -> list[NamedPicture]:
    return [
        NamedPicture(name, data_address(picture if name == "image" else transparent(picture)), _kind(name))
        for name, picture in [*panel.tiles[:2], *panel.errors.items()]
    ]


def _kind(name: str) -> str:
    return PHOTO if name == "image" else MASK


def _image(image: ShownImage) -> dict[str, Any]:
    listed = {
        "name": printable(image.name),
        "group": printable(image.group),
        "fold": image.fold,
        "seed": image.seed,
        "tags": [printable(tag) for tag in image.tags],
        "pictures": [_picture(picture) for picture in image.pictures],
        "scores": [[plain(value) if math.isfinite(value) else None for value in row] for row in image.scores.tolist()],
    }
    return listed if image.slices is None else listed | {"slices": _slices(image.slices)}


def _picture(picture: NamedPicture) -> list[str]:
    known = [picture.name, picture.address, picture.kind]
    return [*known, picture.strips] if picture.strips else known


def _slices(slices: Slices) -> dict[str, Any]:
    return {
        "places": slices.places,
        "depth": slices.depth,
        "perStrip": slices.per_strip,
        "size": slices.size,
        "through": slices.through,
        "wrong": {label: [plain(share) for share in shares] for label, shares in slices.wrong.items()},
    }


def _css(colour: Colour) -> str:
    return f"rgb({', '.join(map(str, colour))})"
