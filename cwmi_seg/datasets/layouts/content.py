"""Whether files look like masks, where their names do not say so."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cwmi_seg.datasets.image_files import read_image, read_labels

MOST_VALUES = 64
"""Largest number of different values or colours of a mask; a photograph has more, in any part that says something."""
_LOOKED_AT = 3


def look_like_masks(files: Sequence[Path]) -> bool:
    """Whether none of a few files has more values than masks have; a file that cannot be read says nothing."""
    step = max(len(files) // _LOOKED_AT, 1)
    return all(_num_values(path) <= MOST_VALUES for path in files[::step][:_LOOKED_AT])


def _num_values(path: Path) -> int:
    try:
        return len(np.unique(read_labels(path)))
    except (OSError, ValueError):
        pass
    try:
        pixels = read_image(path)
    except (OSError, ValueError):
        return 0
    packed = pixels.reshape(-1, pixels.shape[2])[:, :4].astype(np.uint64)
    return len(np.unique(sum(packed[:, i] << np.uint64(16 * i) for i in range(packed.shape[1]))))
