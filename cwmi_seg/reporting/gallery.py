"""Every test image under every loss, as files beside the page and the list of them that its viewer reads."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cwmi_seg.datasets.class_colours import Colour, colours_of, names_of
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.files.atomic import replacing
from cwmi_seg.pictures.overlay import BLACK, WHITE
from cwmi_seg.reporting.album import Album, Picture
from cwmi_seg.reporting.content import Block
from cwmi_seg.reporting.pictures import error_layer, webp
from cwmi_seg.reporting.records import EXTERNAL
from cwmi_seg.study.run_folder import RunFolder

PHOTO, MASK = "photo", "mask"
FOLDER = "viewer"
"""Folder of the files, beside the page."""


@dataclass(frozen=True)
class NamedPicture:
    """One picture of a test image: what it shows, its address (relative to the page, or ``data:``) and its kind.

    A ``MASK`` is transparent where there is nothing and is laid over the last ``PHOTO`` before it. An image may have
    several photos, as the slices of a volume will be.
    """

    name: str
    address: str
    kind: str


@dataclass(frozen=True)
class ShownImage:
    """One test image of one fold and seed.

    Args:
        name: Its name.
        group: Images of one group belong together.
        fold, seed: Of the runs that were tested on it.
        scores: Per row of the table of the block its scores in the metrics that images have, NaN where missing.
        pictures: What can be shown of it.
        tags: By which a reader may filter.
    """

    name: str
    group: str
    fold: int
    seed: int
    scores: NDArray[np.float64]
    pictures: tuple[NamedPicture, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass
class Gallery:
    """The pictures of a study in a folder beside the page.

    Args:
        folder: Folder of the report.
        runs: Folder with the run folders; None lists images and scores without pictures.
        most: Largest number of files of a block. The hardest images have pictures, those after the bound none.
        num_hidden: Number of images that have masks, but no pictures because of the bound.
        classes: Colour and name of each class but 0, by the slug of a block with more than two.
    """

    folder: Path
    runs: Path | None
    most: int
    num_hidden: int = 0
    classes: dict[str, list[tuple[Colour, str]]] = field(default_factory=dict)
    _used: set[Path] = field(default_factory=set)

    def images(self, block: Block) -> list[ShownImage]:
        """Write what is missing of the pictures of a block, and list its test images, the hardest first."""
        return tested_images(block) if self.runs is None else list(self._with_pictures(block))

    def remove_stale(self) -> None:
        """Remove the pictures of an earlier report that this one does not show; nothing where there are no runs."""
        if self.runs is None:
            return
        for path in (self.folder / FOLDER).rglob("*.webp"):
            if path not in self._used:
                path.unlink()

    def _with_pictures(self, block: Block) -> Iterator[ShownImage]:
        assert self.runs is not None
        names = block.analysis.records.done["run"]
        folders = {run: RunFolder(self.runs / run) for run in names if not run.startswith(EXTERNAL)}
        album = Album(folders)
        kept = {run: album.kept(run) for run in folders}
        if not any(kept.values()):
            yield from tested_images(block)
            return
        self._note_classes(block.slug, album)
        left = self.most
        for image, runs in _with_runs(block):
            tagged = replace(image, tags=_tags(album, image.name))
            masks = {label: kept[run][image.name] for label, run in runs.items() if image.name in kept.get(run, {})}
            left -= len(masks) + 2 if masks else 0
            self.num_hidden += bool(masks) and left < 0
            yield self._drawn(tagged, album, masks) if masks and left >= 0 else tagged

    def _note_classes(self, slug: str, album: Album) -> None:
        if album.info is not None and album.info.num_classes > 2:
            names = names_of(album.info.num_classes, album.info.class_names)
            self.classes[slug] = list(zip(class_colours(album.info), names, strict=True))[1:]

    def _drawn(self, image: ShownImage, album: Album, masks: Mapping[str, Path]) -> ShownImage:
        """The image with its pictures, of which those that are missing or out of date are written."""
        assert album.info is not None
        data, key = album.info.fingerprint[:12] or "data", hashlib.sha256(image.name.encode()).hexdigest()[:12]
        photo, truth = (self._path(data, f"{key}-{kind}") for kind in ("image", "target"))
        files = {label: self._path(mask.parent.parent.name, key) for label, mask in masks.items()}
        old = [label for label, mask in masks.items() if not _is_newer(files[label], mask)]
        if old or not (photo.is_file() and truth.is_file()):
            if not (photo.is_file() and truth.is_file()):
                picture, target = album.read(image.name)
                _write(photo, webp(picture))
                _write(truth, webp(coloured(target, album.info)))
            for label in old:
                _write(files[label], webp(error_layer(*album.masks(image.name, masks[label]))))
        pictures = [(("image", photo), PHOTO), (("target", truth), MASK), *((item, MASK) for item in files.items())]
        named = tuple(NamedPicture(name, self._address(path), kind) for (name, path), kind in pictures)
        return replace(image, pictures=named)

    def _path(self, part: str, name: str) -> Path:
        path = self.folder / FOLDER / part / f"{name}.webp"
        self._used.add(path)
        return path

    def _address(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def tested_images(block: Block) -> list[ShownImage]:
    """The test images of a block with their scores, the hardest first: those with the worst mean over the losses."""
    return [image for image, _ in _with_runs(block)]


def image_metrics(block: Block) -> list[tuple[str, str]]:
    """The metrics of the table, and which values are better, that single images have."""
    return [(name, way) for name, way in block.table.metrics if name in block.analysis.records.images]


def coloured(target: NDArray[np.uint8], info: DatasetInfo) -> Picture:
    """The classes of a mask H W as H W 4, nothing for class 0 and pixels that take no part."""
    table = np.zeros((256, 4), dtype=np.uint8)
    for number, colour in enumerate(class_colours(info)):
        table[number] = (*colour, 255 if number else 0)
    if info.ignore_index is not None:
        table[info.ignore_index] = 0
    return table[target]


def class_colours(info: DatasetInfo) -> list[Colour]:
    """The colours of the classes of a dataset: white for an only structure, else its own ones or those of overlays."""
    return [BLACK, WHITE] if info.num_classes == 2 else colours_of(info.num_classes, info.class_colours)


def _tags(album: Album, name: str) -> tuple[str, ...]:
    tags = {} if album.info is None else album.info.tags.get(name, {})
    return tuple(f"{tag}: {value}" for tag, value in tags.items())


def _with_runs(block: Block) -> list[tuple[ShownImage, dict[str, str]]]:
    """The same, with label and run of those that were tested on it."""
    metrics = image_metrics(block)
    if not metrics:
        return []
    sign = 1 if metrics[0][1] == "higher" else -1
    found = [(image, runs) for runs, images in _by_runs(block) for image in images]
    return sorted(found, key=lambda pair: sign * _mean(pair[0].scores[:, 0]))


def _by_runs(block: Block) -> Iterator[tuple[dict[str, str], list[ShownImage]]]:
    """Label to run of each fold and seed, and the images that these runs were tested on."""
    scores, labels = block.analysis.records.images, [row.label for row in block.table.rows]
    metrics = [name for name, _ in image_metrics(block)]
    tables = {run: table.set_index("name") for run, table in scores.groupby("run")}
    for (fold, seed), own in block.analysis.records.done.groupby(["fold", "seed"]):
        found = dict(zip(own["label"], own["run"], strict=True))
        runs = {label: found[label] for label in labels if label in found}
        by_label = {label: tables[run] for label, run in runs.items() if run in tables}
        if by_label:
            yield runs, _listed(by_label, labels, metrics, int(fold), int(seed))


def _listed(
    tables: Mapping[str, pd.DataFrame], labels: Sequence[str], metrics: Sequence[str], fold: int, seed: int
) -> list[ShownImage]:
    """The images of some runs with their scores: a row per label, a column per metric."""
    groups = pd.concat([table["group"] for table in tables.values()])
    groups = groups[~groups.index.duplicated()]
    values = np.full((len(groups), len(labels), len(metrics)), np.nan)
    for place, label in enumerate(labels):
        if label in tables:
            table = tables[label][~tables[label].index.duplicated()]
            values[:, place] = table.reindex(index=groups.index, columns=metrics).to_numpy(float)
    return [
        ShownImage(str(name), str(group), fold, seed, scores)
        for (name, group), scores in zip(groups.items(), values, strict=True)
    ]


def _mean(scores: NDArray[np.float64]) -> float:
    """Of the scores that are there; images without any come last."""
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if len(known) else np.inf


def _is_newer(file: Path, than: Path) -> bool:
    return file.is_file() and file.stat().st_mtime >= than.stat().st_mtime


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(content)
