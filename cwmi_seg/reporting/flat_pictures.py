"""The pictures of one test image: image, target, and of every mask the errors and the predicted classes."""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

from cwmi_seg.datasets.size_limit import HugeImageError
from cwmi_seg.mistakes import Mistake
from cwmi_seg.pictures.overlay import compared
from cwmi_seg.reporting.album import Album, Labels
from cwmi_seg.reporting.kept_mask import KeptMask
from cwmi_seg.reporting.picture_files import PictureFiles, is_newer, save_picture
from cwmi_seg.reporting.pictures import coloured, error_layer
from cwmi_seg.reporting.shown_image import CLASSES, MASK, PHOTO, NamedPicture

log = logging.getLogger(__name__)


def draw_image(name: str, album: Album, masks: Mapping[str, KeptMask], files: PictureFiles) -> tuple[NamedPicture, ...]:
    """Write what is missing of the pictures of an image, or older than its mask, and list them all.

    A mask that cannot be read has no picture, and is named in the log.

    Args:
        name: Of the image.
        album: That has it.
        masks: Its masks by the label of their row.
        files: Where to.
    """
    key = name_key(name)
    photo, truth = (files.path(album.key, f"{key}-{kind}") for kind in ("image", "target"))
    if not (photo.is_file() and truth.is_file()):
        assert album.info is not None
        picture, target = album.read(name)
        save_picture(photo, picture)
        save_picture(truth, coloured(target, album.info))
    shown = [(("image", photo), PHOTO), (("target", truth), MASK)]
    for label, mask in masks.items():
        shown += [((label, path), kind) for path, kind in _of_mask(name, key, album, mask, files)]
    return tuple(NamedPicture(label, files.address(path), kind) for (label, path), kind in shown)


def name_key(name: str) -> str:
    """A name for files that any name of an image can have."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]


def has_classes(album: Album) -> bool:
    """Whether the predicted classes are drawn beside the errors, which say nothing more of an only structure."""
    return album.info is not None and album.info.num_classes > 2


def readable(name: str, album: Album, mask: KeptMask) -> Labels | None:
    """The mask; None, and a line in the log, where it cannot be read."""
    try:
        return album.labels(name, mask)
    except HugeImageError:  # a file that was made to fill the memory; not one that was damaged
        raise
    except (Mistake, OSError) as error:
        log.warning("report   no picture of a damaged mask: %s", error)
        return None


def _of_mask(name: str, key: str, album: Album, mask: KeptMask, files: PictureFiles) -> list[tuple[Path, str]]:
    assert album.info is not None
    wrong, classes = files.path(mask.owner, key), files.path(mask.owner, f"{key}-classes")
    shown = [(wrong, MASK), (classes, CLASSES)][: 2 if has_classes(album) else 1]
    if all(is_newer(path, mask.path) for path, _ in shown):
        return shown
    labels = readable(name, album, mask)
    if labels is None:
        return []
    prediction, target = compared(labels, album.read(name)[1], album.info.ignore_index)
    save_picture(wrong, error_layer(prediction, target))
    if has_classes(album):
        save_picture(classes, coloured(labels, album.info))
    return shown
