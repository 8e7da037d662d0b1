"""The images that train, validate and test: by k folds, official parts, or a file of one's own."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.files.atomic import write_text
from cwmi_seg.files.json_files import parse_json
from cwmi_seg.mistakes import Mistake


@dataclass(frozen=True)
class Split:
    """Names of the images of each part."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]

    def write(self, path: Path) -> None:
        """Write the names as the JSON file that :func:`read_split` reads."""
        write_text(path, json.dumps(asdict(self), indent=1) + "\n")


@dataclass(frozen=True)
class SplitPlan:
    """A rule by which a dataset is split.

    Args:
        kind: "kfold" (all images pooled, shuffled, cut into ``num_folds``), "official" (the parts the dataset
            came with; without a test part the val part is tested) or the path of a JSON file ``{"train": [names],
            "val": [names], "test": [names]}``.
        fold: Number of the fold that is tested, from 0. With official parts for training and test alone it numbers the
            draws of the validation part; where every part is given it is 0.
        num_folds: Number of folds k.
        val_fraction: Share of the images that are not tested which validates, where the dataset has no validation part.
        seed: Seed of the shuffling; it has to be the same for all runs that are to be compared.
        group_folds: Whether images of one group (two eyes of one person) stay in one part.
    """

    kind: str = "kfold"
    fold: int = 0
    num_folds: int = 3
    val_fraction: float = 0.2
    seed: int = 0
    group_folds: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str):
            raise Mistake(f"split.kind: expected kfold, official or the path of a file, got {self.kind}; set it.")
        if not isinstance(self.group_folds, bool):
            raise Mistake(f"split.groups: expected true or false, got {self.group_folds}; choose one.")

    def apply(self, info: DatasetInfo) -> Split:
        """Split the images of ``info``.

        Raises:
            ValueError: The dataset cannot fill the plan, or an image would be in two parts.
        """
        if self.kind == "kfold":
            split = self._k_fold(info)
        elif self.kind == "official":
            split = self._official(info)
        else:
            self._refuse_fold("a split file")
            split = read_split(Path(self.kind), info)
        _refuse_leaks(split, info, self.group_folds)
        return split

    def _k_fold(self, info: DatasetInfo) -> Split:
        units = self._units(info.images)
        if not 2 <= self.num_folds <= len(units):
            what = "groups" if self.group_folds else "images"
            raise Mistake(
                f"split.num_folds: expected 2 to {len(units)}, the number of {what} of {info.name}, got "
                f"{self.num_folds}; use fewer folds."
            )
        if not 0 <= self.fold < self.num_folds:
            raise Mistake(f"fold: expected 0 to {self.num_folds - 1}, got {self.fold}; folds count from 0.")
        # of the whole dataset and by the seed of the split alone, so that the folds of all runs of a study are the same
        order = np.random.default_rng(self.seed).permutation(len(units))
        tested = np.array_split(order, self.num_folds)[self.fold]
        rest = np.setdiff1d(order, tested)
        train, val = self._train_val([units[i] for i in rest])
        return Split(train, val, _names(units[i] for i in sorted(tested)))

    def _official(self, info: DatasetInfo) -> Split:
        parts = {part: [im for im in info.images if im.part == part] for part in ("train", "val", "test")}
        if not parts["test"]:  # as in Pascal VOC, ADE20K and COCO, whose test masks nobody has: there val is tested
            parts |= {"val": [], "test": parts["val"]}
        if not parts["train"] or not parts["test"]:
            raise Mistake(f"split.kind: {info.name} has no official train and test (or val) parts; use split=kfold.")
        test = tuple(im.name for im in parts["test"])
        if parts["val"]:
            self._refuse_fold("split=official with a val part")
            return Split(tuple(im.name for im in parts["train"]), tuple(im.name for im in parts["val"]), test)
        return Split(*self._train_val(self._units(parts["train"])), test)

    def _refuse_fold(self, given: str) -> None:
        """Copies of one split would count as repetitions."""
        if self.fold != 0:
            raise Mistake(f"fold: expected 0 for {given}, got {self.fold}; repeat with seed=0,1,2.")

    def _train_val(self, units: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Draw the validation part, at least one unit, and leave at least one for training."""
        if len(units) < 2:
            raise Mistake(
                f"dataset: expected at least 2 images to train and validate on, got {len(units)}; add images."
            )
        if not 0 < self.val_fraction < 1:
            raise Mistake(f"split.val_fraction: expected a number between 0 and 1, got {self.val_fraction}; use 0.2.")
        count = min(max(round(self.val_fraction * len(units)), 1), len(units) - 1)
        # the fold is part of the seed, so that the folds do not draw the same places of their lists
        order = np.random.default_rng((self.seed, self.fold)).permutation(len(units))
        val = set(order[:count].tolist())
        return (
            _names(unit for i, unit in enumerate(units) if i not in val),
            _names(unit for i, unit in enumerate(units) if i in val),
        )

    def _units(self, images: Sequence[ImageInfo]) -> list[tuple[str, ...]]:
        """Images, or groups of images, that stay together; an image that is there twice stays with its double."""
        units: dict[str, list[str]] = {}
        for image in images:
            key = image.group if self.group_folds else image.image_sha256 or image.name
            units.setdefault(key, []).append(image.name)
        return [tuple(names) for names in units.values()]


def _names(units: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for unit in units for name in unit)


def read_split(path: Path, info: DatasetInfo) -> Split:
    """Read the split in a JSON file ``{"train": [names], "val": [names], "test": [names]}``.

    Raises:
        ValueError: no such file, other content, an empty part or a name that ``info`` does not have.
    """
    if not path.is_file():
        raise Mistake(f"split.kind: expected kfold, official or a JSON file, got {path}; check the path.")
    try:
        parts = parse_json(path.read_text(encoding="utf-8-sig"))
        train, val, test = (tuple(map(str, parts[part])) for part in ("train", "val", "test"))
    except (ValueError, KeyError, TypeError):
        raise Mistake(f'{path}: expected {{"train": [names], "val": [names], "test": [names]}}; mend it.') from None
    split = Split(train, val, test)
    known = {image.name for image in info.images}
    unknown = [name for name in (*split.train, *split.val, *split.test) if name not in known]
    if unknown:
        raise Mistake(f"{path}: {info.name} has no image {unknown[0]}; use the names in its dataset.json.")
    for part in ("train", "val", "test"):
        if not getattr(split, part):
            raise Mistake(f"{path}: the part {part} is empty; give it at least one image.")
    return split


def _refuse_leaks(split: Split, info: DatasetInfo, grouped: bool) -> None:
    """No image, no double of an image, and with ``grouped`` no group may stand in two parts."""
    images = {image.name: image for image in info.images}
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for part in ("train", "val", "test"):
        names: tuple[str, ...] = getattr(split, part)
        if len(set(names)) < len(names):
            raise Mistake(f"split.kind: an image is named twice in {part}; name each once.")
        for name in names:
            for key in _keys(images[name], grouped):
                other, place = seen.setdefault(key, (name, part))
                if place != part:
                    raise Mistake(_leak(key, other, place, name, part))


def _keys(image: ImageInfo, grouped: bool) -> list[tuple[str, str]]:
    """Kind and value of everything about an image that may occur in one part only."""
    keys = [("name", image.name)]
    if image.image_sha256:
        keys.append(("pixels", image.image_sha256))
    return [*keys, ("group", image.group)] if grouped else keys


def _leak(key: tuple[str, str], other: str, place: str, name: str, part: str) -> str:
    kind, value = key
    if kind == "pixels":
        return f"split.kind: {other} in {place} and {name} in {part} are the same image; leave one of them out."
    return f"split.kind: {value} is in {place} and in {part}; each may be in one part only."
