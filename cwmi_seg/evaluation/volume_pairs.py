"""Pairs of volumes of masks made by anyone's code, in any of the formats, checked and read as class indices."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.volume_files.opening import SUFFIX, open_volume, stem
from cwmi_seg.datasets.volume_values import whole_numbers
from cwmi_seg.evaluation.mask_folders import Pairing, class_indices, of_prediction, shared_names
from cwmi_seg.evaluation.mask_names import name_of
from cwmi_seg.mistakes import Mistake

Spacing = tuple[float, ...] | None
"""Distance of neighbouring voxels along depth, height and width; None where it is not known."""


@dataclass(frozen=True)
class VolumePair:
    """Two files of one name; ``axes`` and ``key`` tell how the target is stored where its file does not."""

    name: str
    prediction: Path
    target: Path
    axes: str | None = None
    key: str | None = None

    def spacing(self) -> tuple[Spacing, str]:
        """Distance of neighbouring voxels and its unit, of the target, else the prediction; None and "" if unknown.

        Raises:
            ValueError: unreadable.
        """
        for path, *stored in ((self.target, self.axes, self.key), (self.prediction, None, None)):
            with open_volume(path, *stored) as volume:
                if volume.spacing is not None:
                    return volume.spacing, volume.unit
        return None, ""

    def read(self, num_classes: int, ignore_index: int | None) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Read prediction and target as class indices D H W; ``ignore_index`` may occur in the target.

        Both are held whole, in a byte a voxel: objects, Betti numbers and distances are of whole volumes.

        Raises:
            ValueError: unreadable, of different sizes, or other values than class indices (two classes: or 0 and 255).
        """
        prediction = class_indices(_labels(self.prediction), self.prediction, num_classes)
        labels = _labels(self.target, self.axes, self.key)
        target = class_indices(labels, self.target, num_classes, ignore_index)
        if prediction.shape != target.shape:
            expected, got = (" x ".join(map(str, mask.shape)) for mask in (target, prediction))
            raise Mistake(
                f"{self.prediction}: expected the size of its target, {expected} (depth x height x width), got {got}; "
                "make the prediction at the size of the target, or name the stored axes of the target by axes=XYZ."
            )
        return prediction, target


def spacings_of(pairs: Sequence[VolumePair]) -> tuple[dict[Spacing, list[int]], str]:
    """The places of the pairs of each spacing, and the unit of all, "" where it is not known.

    Raises:
        ValueError: a volume has no spacing, or another unit, while others have: their distances have no mean.
    """
    places: dict[Spacing, list[int]] = {}
    known: dict[str, VolumePair] = {}
    for place, pair in enumerate(pairs):
        spacing, unit = pair.spacing()
        places.setdefault(spacing, []).append(place)
        known.setdefault("none" if spacing is None else unit, pair)
    units = [unit for unit in known if unit]
    if len(units) > 1 or ("none" in known and len(places) > 1):
        one, other = list(known)[:2]
        raise Mistake(
            f"{known[other].target}: expected a spacing in the unit of {known[one].target.name}, {one or 'not said'}, "
            f"got {other or 'none that is said'}; save it in the files, or give one for all to those that ask for it: "
            "metrics=volumes metrics.test.hausdorff.spacing=[1,1,1] metrics.test.surface_dice.spacing=[1,1,1]."
        )
    return places, "" if "none" in known or "" in known else units[0]


def pair_volumes(
    predictions: Path,
    targets: Path,
    patterns: Sequence[str] = (),
    *,
    common: bool = False,
    axes: str | None = None,
    key: str | None = None,
) -> Pairing:
    """Pair the volumes of two folders by name, in the order of the names.

    A folder that ``cwmi-predict`` wrote stands for the folder ``masks`` in it.

    Args:
        predictions, targets: folders.
        patterns, common: as for masks of images, see :func:`~cwmi_seg.evaluation.mask_folders.pair_masks`.
        axes: a letter for each stored axis of the targets; None takes what their files say.
        key: name of the array in their HDF5, Zarr and npz files; None takes the only one.

    Raises:
        FileNotFoundError: no such folder, or no volume in it.
        ValueError: two volumes of one name, one without partner, or no name in common.
    """
    predictions, targets = of_prediction(predictions), of_prediction(targets)
    made, true = _volumes_of("predictions", predictions, patterns), _volumes_of("targets", targets, patterns)
    shared = shared_names(predictions, targets, made, true, common=common)
    pairs = [VolumePair(name, made[name], true[name], axes, key) for name in shared]
    return Pairing(pairs, sorted(made.keys() ^ true.keys()))


def _volumes_of(argument: str, folder: Path, patterns: Sequence[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"{argument}: expected a folder of volumes, got {folder}; check the path.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not re.search(rf"{SUFFIX}$", path.name, re.IGNORECASE):
            continue
        name = name_of(stem(path), patterns)
        if name in found:
            raise Mistake(f"{path}: expected one volume of each name, got {found[name].name} too; move one away.")
        found[name] = path
    if not found:
        raise FileNotFoundError(
            f"{argument}: expected volumes (tif, nii, nrrd, zarr, h5, npy, npz) in {folder}, got none; check it."
        )
    return found


def _labels(path: Path, axes: str | None = None, key: str | None = None) -> NDArray[np.integer]:
    """The stored whole numbers D H W."""
    with open_volume(path, axes, key) as volume:
        if volume.shape[3] != 1:
            raise Mistake(
                f"{path}: expected a mask of one channel, got {volume.shape[3]}; save the class of each voxel."
            )
        return np.concatenate([_small(slab[..., 0], path) for slab in volume.slabs(range(volume.shape[0]))])


def _small(slab: NDArray[np.generic], path: Path) -> NDArray[np.integer]:
    """Whole numbers, in a byte each where they fit, which those of classes do."""
    numbers = whole_numbers(slab, path)
    fits = numbers.min(initial=0) >= 0 and numbers.max(initial=0) <= 255
    return numbers.astype(np.uint8) if fits else numbers
