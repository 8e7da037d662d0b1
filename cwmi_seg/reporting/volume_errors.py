"""Where along its axes the mask of a volume is wrong; counted once, and kept beside the pictures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.pictures.overlay import compared
from cwmi_seg.pictures.views import counts_along
from cwmi_seg.reporting.album import Album
from cwmi_seg.reporting.flat_pictures import readable
from cwmi_seg.reporting.kept_mask import KeptMask
from cwmi_seg.reporting.picture_files import is_newer

Counts = list[NDArray[np.int64]]
"""The number of wrong voxels of each slice across depth, height and width."""


def wrong_along(name: str, album: Album, mask: KeptMask, path: Path) -> Counts | None:
    """Count the wrong voxels of a mask; None, and a line in the log, where it cannot be read.

    Args:
        name: Of the volume.
        album: That has it.
        mask: Its mask.
        path: File of the numbers; one that is newer than the mask is read, else it is written.
    """
    target = album.volume(name).target
    if is_newer(path, mask.path) and (kept := _kept(path, target.shape)) is not None:
        return kept
    labels = readable(name, album, mask)
    if labels is None:
        return None
    assert album.info is not None
    prediction, truth = compared(labels, target, album.info.ignore_index)
    counts = list(counts_along(prediction != truth))
    write_json(path, [along.tolist() for along in counts])
    return counts


def _kept(path: Path, shape: Sequence[int]) -> Counts | None:
    """The numbers of an earlier report, None where the file has others."""
    found = read_json(path)
    fits = isinstance(found, list) and [len(each) if isinstance(each, list) else -1 for each in found] == list(shape)
    if not fits or not all(type(number) is int for along in found for number in along):
        return None
    return [np.array(along, dtype=np.int64) for along in found]
