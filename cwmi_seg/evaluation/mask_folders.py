"""Pairs of mask files made by anyone's code, checked and read as class indices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.file_kinds import MASKS, of_kinds
from cwmi_seg.datasets.image_files import num_pages, read_mask
from cwmi_seg.datasets.mask_values import renamed_white, repair
from cwmi_seg.evaluation.mask_names import advice, name_of, proposed_patterns
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.outputs import SETTINGS


@dataclass(frozen=True)
class MaskPair:
    """Two files of one name; ``page`` is the number of the page in both where they are stacks."""

    name: str
    prediction: Path
    target: Path
    page: int | None = None

    def read(self, num_classes: int, ignore_index: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Read prediction and target as class indices H W; ``ignore_index`` may occur in the target.

        Raises:
            ValueError: unreadable, of different sizes, or other values than class indices (two classes: or 0 and 255).
        """
        prediction = read_classes_of(self.prediction, num_classes, page=self.page)
        target = read_classes_of(self.target, num_classes, ignore_index, self.page)
        refuse_other_size(self.prediction, prediction, target)
        return prediction, target


def read_classes_of(
    path: Path, num_classes: int, ignore_index: int | None = None, page: int | None = None
) -> NDArray[np.int64]:
    """Read a mask file, or a page of it, as class indices H W.

    Raises:
        ValueError: unreadable, or other values than class indices (two classes: or 0 and 255).
    """
    convert = partial(class_indices, num_classes=num_classes, ignore_index=ignore_index)
    return read_mask(path, convert, page, two_classes=num_classes == 2).astype(np.int64, copy=False)


def refuse_other_size(path: Path, prediction: NDArray[np.integer], target: NDArray[np.integer]) -> None:
    """Refuse a prediction that is not of the size of its target."""
    if prediction.shape != target.shape:
        raise Mistake(
            f"{path}: expected the size of its target, {_size(target)}, got {_size(prediction)}; "
            "make the prediction at the size of the target."
        )


def class_indices(
    labels: NDArray[np.integer], path: Path, num_classes: int, ignore_index: int | None = None
) -> NDArray[np.integer]:
    """Turn stored values into class indices; with two classes 255 (or 65535) means 1, unless it is ignored.

    Those of a byte stay so; all others become int64.

    Raises:
        ValueError: A value is no class index.
    """
    labels = renamed_white(labels, 1, ignore_index) if num_classes == 2 else labels
    wrong = [int(value) for value in np.unique(labels) if not (0 <= value < num_classes or value == ignore_index)]
    if wrong:
        also = " (or 0 and 255)" if num_classes == 2 else ""
        raise Mistake(
            f"{path}: expected class indices 0 to {num_classes - 1}{also}, got {wrong[0]}; "
            f"set num_classes or ignore_index, or {repair(path)}."
        )
    return labels if labels.dtype == np.uint8 else labels.astype(np.int64)


class Pair(Protocol):
    """A prediction and its target, of one image or one volume."""

    @property
    def name(self) -> str:
        """The name that both have."""
        ...

    def read(self, num_classes: int, ignore_index: int | None) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Prediction and target as class indices."""
        ...


class Pairing(NamedTuple):
    """Masks of two folders by name, and the names that one of the two lacks."""

    pairs: Sequence[Pair]
    left_out: list[str]


def pair_masks(predictions: Path, targets: Path, patterns: Sequence[str] = (), *, common: bool = False) -> Pairing:
    """Pair the masks of two folders by name, in the order of the names.

    A folder that ``cwmi-predict`` wrote stands for the folder ``masks`` in it.

    Args:
        predictions, targets: folders.
        patterns: such as ``*_mask``: a file whose name without suffix fits has the name that ``*`` stands for; the
            first that fits counts, and a file that fits none has the whole. The same for both folders.
        common: whether names that only one of the folders has are left out; else they are refused.

    Raises:
        FileNotFoundError: no such folder, or no mask in it.
        ValueError: two masks of one name, a mask without partner, no name in common, or stacks of different lengths.
    """
    predictions, targets = of_prediction(predictions), of_prediction(targets)
    made, true = masks_of("predictions", predictions, patterns), masks_of("targets", targets, patterns)
    shared = shared_names(predictions, targets, made, true, common=common)
    pairs = [pair for name in shared for pair in _pages(name, made[name], true[name])]
    return Pairing(pairs, sorted(made.keys() ^ true.keys()))


def shared_names(
    predictions: Path, targets: Path, made: Mapping[str, Path], true: Mapping[str, Path], *, common: bool
) -> list[str]:
    """The names of masks that two folders have both, in order.

    Args:
        predictions, targets: folders, for messages.
        made, true: their masks by name.
        common: whether names that only one of the folders has are left out; else they are refused.

    Raises:
        ValueError: a mask without partner, or no name in common.
    """
    if not common:
        _require_partners("targets", targets, made, true)
        _require_partners("predictions", predictions, true, made)
    shared = sorted(made.keys() & true.keys())
    if not shared:
        raise Mistake(
            f"predictions: expected names that {targets} has too, got none in {predictions}; {_repair(made, true)}."
        )
    return shared


def of_prediction(folder: Path) -> Path:
    """The masks in a folder that ``cwmi-predict`` wrote; every other folder as it is."""
    return folder / "masks" if (folder / SETTINGS).is_file() else folder


def masks_of(argument: str, folder: Path, patterns: Sequence[str] = ()) -> dict[str, Path]:
    """The masks of a folder by name; see :func:`pair_masks`.

    Raises:
        FileNotFoundError: no such folder, or no mask in it.
        ValueError: two masks of one name.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{argument}: expected a folder of masks, got {folder}; check the path.")
    found: dict[str, Path] = {}
    for path in of_kinds([path for path in sorted(folder.iterdir()) if path.is_file()], MASKS):
        name = name_of(path.stem, patterns)
        if name in found:
            raise Mistake(f"{path}: expected one mask of each name, got {found[name].name} too; move one away.")
        found[name] = path
    if not found:
        raise FileNotFoundError(
            f"{argument}: expected masks ({' '.join(MASKS[0] + MASKS[1])}) in {folder}, got none; check it."
        )
    return found


def _require_partners(argument: str, folder: Path, masks: Mapping[str, Path], partners: Mapping[str, Path]) -> None:
    alone = [path.name for name, path in masks.items() if name not in partners]
    if alone:
        more = f" and {len(alone) - 1} more" if len(alone) > 1 else ""
        raise Mistake(
            f"{argument}: expected a mask of each name in {folder}, got none for {alone[0]}{more}; "
            f"{_repair(masks, partners)}."
        )


def _repair(masks: Mapping[str, Path], partners: Mapping[str, Path]) -> str:
    patterns = proposed_patterns(*({path.stem for path in side.values()} for side in (masks, partners)))
    if patterns:
        return f"pair them by {advice(patterns)}"
    return "add it, or score the names that both folders have with common=true"


def _pages(name: str, prediction: Path, target: Path) -> Iterator[MaskPair]:
    pages, expected = num_pages(prediction), num_pages(target)
    if pages != expected:
        raise Mistake(f"{prediction}: expected {expected} pages as in its target, got {pages}; repair the stack.")
    if pages == 1:
        yield MaskPair(name, prediction, target)
    else:
        yield from (MaskPair(f"{name}[{page}]", prediction, target, page) for page in range(pages))


def _size(mask: NDArray[np.integer]) -> str:
    return f"{mask.shape[0]} x {mask.shape[1]}"
