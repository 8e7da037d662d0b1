"""``test_confusion.json`` of a run: the confusion matrix of every test image, which are added up for the dataset IoU.

Most pairs of classes do not occur in an image, so that the file lists those that do: ``{"format": 1, "num_classes": 3,
"images": {"NAME": [[target, predicted, pixels], ...]}}``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.files.atomic import write_text
from cwmi_seg.files.csv_files import LIMIT
from cwmi_seg.files.json_files import parse_json
from cwmi_seg.mistakes import Mistake

FORMAT = 1
"""Of the file; a newer one is refused."""
_MOST_CLASSES = 256  # masks are of 8 bit
_MOST_VALUES = 2**26  # N C C that are unpacked


@dataclass(frozen=True)
class Confusions:
    """Matrices N C C of the images of these names: row t, column p has the pixels of class t that were taken for p."""

    names: tuple[str, ...]
    matrices: NDArray[np.int64]

    @property
    def num_classes(self) -> int:
        """Number of classes C."""
        return int(self.matrices.shape[1])


def write_confusions(confusions: Confusions, path: Path) -> None:
    """Replace the content of the file."""
    images = {
        name: [[int(t), int(p), int(matrix[t, p])] for t, p in np.argwhere(matrix)]
        for name, matrix in zip(confusions.names, confusions.matrices, strict=True)
    }
    content = {"format": FORMAT, "num_classes": confusions.num_classes, "images": images}
    write_text(path, json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_confusions(path: Path) -> Confusions | None:
    """The matrices of a file, None where there is none, as in runs of before it was written.

    Raises:
        ValueError: it is damaged, too large or of a newer format; names the file.
    """
    if not path.is_file():
        return None
    if (size := path.stat().st_size) > LIMIT:
        raise Mistake(f"{path}: expected at most {LIMIT:,} bytes, got {size:,}; delete it, and train the run again.")
    try:
        data = parse_json(path.read_text(encoding="utf-8"))
        found = data.get("format")
        if isinstance(found, int) and found > FORMAT:
            raise _Newer(f"{path}: expected format {FORMAT}, got {found}; update cwmi-seg to read it.")
        return Confusions(tuple(data["images"]), _matrices(data["num_classes"], data["images"]))
    except _Newer:
        raise
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise Mistake(
            f"{path}: damaged ({type(error).__name__} {error}); delete it, and train the run again."
        ) from None


class _Newer(Mistake):
    """A file of tomorrow, which is not damaged."""


def _matrices(num_classes: Any, images: Mapping[str, Sequence[Sequence[Any]]]) -> NDArray[np.int64]:
    if type(num_classes) is not int or not 2 <= num_classes <= _MOST_CLASSES:
        raise ValueError(f"expected 2 to {_MOST_CLASSES} classes, got {num_classes!r}")
    if len(images) * num_classes**2 > _MOST_VALUES:
        raise ValueError(f"expected at most {_MOST_VALUES:,} pairs, got {len(images) * num_classes**2:,}")
    matrices = np.zeros((len(images), num_classes, num_classes), dtype=np.int64)
    for matrix, entries in zip(matrices, images.values(), strict=True):
        for target, predicted, pixels in entries:
            if not all(type(value) is int for value in (target, predicted, pixels)) or pixels < 0:
                raise ValueError(f"expected three whole numbers, got {[target, predicted, pixels]}")
            if not (0 <= target < num_classes and 0 <= predicted < num_classes):
                raise ValueError(f"expected classes below {num_classes}, got {target} and {predicted}")
            matrix[target, predicted] = pixels
    return matrices
