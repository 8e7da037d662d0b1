"""Words in the names of folders and files that say what is in them."""

import re
from typing import Literal

Role = Literal["image", "mask"]

_PARTS = {
    "train": ("train", "training", "trn", "tr"),
    "val": ("val", "valid", "validation", "dev", "va"),
    "test": ("test", "testing", "tst", "ts"),
}
PART_OF = {word: part for part, words in _PARTS.items() for word in words}
"""Part of each word that means one."""
_LONG = sorted((word for word in PART_OF if len(word) > 2), key=len, reverse=True)
"""Those that are found within a name; the longest first, so that ``training`` is no ``train``."""

_IMAGES = frozenset(
    [
        "image", "images", "img", "imgs", "input", "inputs", "photo", "photos", "picture", "pictures", "original",
        "originals", "raw", "rgb", "sat", "jpegimages", "frames", "frame", "x", "slices", "scans", "leftimg8bit",
    ]
)  # fmt: skip
_MASKS = frozenset(
    [
        "mask", "masks", "msk", "lab", "label", "labels", "lbl", "gt", "gts", "groundtruth", "truth", "truths",
        "annotation", "annotations", "annot", "anno", "seg", "segs", "segmentation", "segmentations",
        "segmentationclass", "manual", "target", "targets", "y", "output", "outputs", "map", "gtfine", "labelids",
        "matte", "1stho", "2ndho",
    ]
)  # fmt: skip
_VOLUMES = frozenset(["volume", "volumes", "vol"])
"""Words of images in names that have no other; ``label_volume`` is a mask."""
_VARIANTS = frozenset(
    [
        "color", "colors", "colour", "colours", "instance", "instances", "instanceids", "object", "objects", "edge",
        "edges", "boundary", "boundaries", "vis", "viz", "overlay", "overlays", "preview",
    ]
)  # fmt: skip
"""Words of files that show masks in another way, beside those of the classes."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+[a-z]+|\d+")


def role(text: str) -> Role | None:
    """What a path or a part of a name says of the file; None where it says nothing or both.

    The word nearest to the file counts, so that ``images/gt/1.png`` is a mask.
    """
    for component in reversed(text.split("/")):
        words = _words(component)
        is_mask, is_image = (not of.isdisjoint(words) for of in (_MASKS, _IMAGES))
        if is_mask != is_image:
            return "mask" if is_mask else "image"
        if is_mask:  # "image_masks": the last word decides
            last = next(word for word in reversed(words) if word in _MASKS | _IMAGES)
            return "mask" if last in _MASKS else "image"
    return None


def is_variant(text: str) -> bool:
    """Whether a pattern is of masks that are there for the eye or number objects (``_color.png``, ``instanceIds``)."""
    return any(not _VARIANTS.isdisjoint(_words(component)) for component in text.split("/")[-2:])


def split_part(component: str) -> tuple[str, str, str] | None:
    """``trainannot`` to ("", "train", "annot"), ``imagesTr`` to ("images", "Tr", ""); None where there is no part."""
    if component.lower() in PART_OF:
        return "", component, ""
    for word in _LONG:
        if (match := re.match(rf"({word})([-_ .]?.*)$", component, re.IGNORECASE)) and role(match[2]):
            return "", match[1], match[2]
        if (match := re.match(rf"(.*[-_ .]?)({word})$", component, re.IGNORECASE)) and role(match[1]):
            return match[1], match[2], ""
    if (match := re.match(r"(\w+?)(Tr|Ts|Va)$", component)) and role(match[1]):
        return match[1], match[2], ""
    return None


def with_part(component: str) -> list[tuple[str, str, str]]:
    """Every way to see a part in a name: before, word and after; ``traincrop`` to ("", "train", "crop")."""
    found = re.finditer("|".join(_LONG), component, re.IGNORECASE)
    return [(component[: each.start()], each[0], component[each.end() :]) for each in found]


def whole_name(stem: str) -> tuple[str, str, Role] | None:
    """A name that is a word of images or masks, a part, or both, and nothing else: its pattern, the part, the role.

    ``train-volume`` is ("{part}-volume", "train", "image"), ``testing`` ("{part}", "test", "image"), and ``masks``
    ("masks", "", "mask"); any other name is None.
    """
    split = split_part(stem)
    for before, word, after in [("", "", stem), *([split] if split else []), *with_part(stem)]:
        rest = re.sub(r"[^a-z0-9]", "", f"{before}{after}".lower())
        if rest in _MASKS or rest in _IMAGES | _VOLUMES or (word and not rest):
            pattern = f"{before}{{part}}{after}" if word else stem
            return pattern, PART_OF.get(word.lower(), ""), "mask" if rest in _MASKS else "image"
    return None


def _words(text: str) -> list[str]:
    """The words of ``image_01``, ``leftImg8bit`` and ``labelsTr`` in small letters, joined ones besides."""
    found = [word.lower() for word in _WORDS.findall(text)]
    return [re.sub(r"[^a-z0-9]", "", text.lower()), *re.split(r"[-_ .]", text.lower()), *found]
