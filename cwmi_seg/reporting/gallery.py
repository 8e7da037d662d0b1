"""Every test image under every loss, as files beside the page and the list of them that its viewer reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cwmi_seg.datasets.class_colours import Colour, names_of
from cwmi_seg.reporting.album import Album
from cwmi_seg.reporting.content import Block
from cwmi_seg.reporting.flat_pictures import draw_image, has_classes
from cwmi_seg.reporting.kept_mask import KeptMask
from cwmi_seg.reporting.picture_files import PictureFiles
from cwmi_seg.reporting.pictures import class_colours
from cwmi_seg.reporting.records import EXTERNAL
from cwmi_seg.reporting.shown_image import ShownImage
from cwmi_seg.reporting.volume_pictures import VolumePictures
from cwmi_seg.study.run_folder import RunFolder


@dataclass
class Gallery:
    """The pictures of a study in a folder beside the page.

    Args:
        folder: Folder of the report.
        runs: Folder with the run folders; None lists images and scores without pictures.
        most: Largest number of files of a block. The hardest images have pictures, those after the bound none.
        others: Of each row of masks that other code has made, the files by the name of the image.
        num_hidden: Number of images that have masks, but no pictures because of the bound.
        classes: Colour and name of each class but 0, by the slug of a block with more than two.
    """

    folder: Path
    runs: Path | None
    most: int
    others: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    num_hidden: int = 0
    classes: dict[str, list[tuple[Colour, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._files = PictureFiles(self.folder)

    def images(self, block: Block) -> list[ShownImage]:
        """Write what is missing of the pictures of a block, and list its test images, the hardest first."""
        return tested_images(block) if self.runs is None else list(self._with_pictures(block))

    def remove_stale(self) -> None:
        """Remove the pictures of an earlier report that this one does not show; nothing where there are no runs."""
        if self.runs is not None:
            self._files.remove_stale()

    def _with_pictures(self, block: Block) -> Iterator[ShownImage]:
        assert self.runs is not None
        album = album_of(block.analysis.records.done, self.runs, self.others)
        kept = {} if album is None else {run: album.kept(run) for run in (*album.runs, *album.others)}
        if album is None or not any(kept.values()):
            yield from tested_images(block)
            return
        self._note_classes(block.slug, album)
        left = self.most
        for image, runs in _with_runs(block):
            masks = {label: kept[run][image.name] for label, run in runs.items() if image.name in kept.get(run, {})}
            left -= self._num_files(image.name, album, masks) if masks else 0
            self.num_hidden += bool(masks) and left < 0
            yield self._drawn(image, album, masks) if masks and left >= 0 else image

    def _note_classes(self, slug: str, album: Album) -> None:
        if album.info is not None and album.info.num_classes > 2:
            names = names_of(album.info.num_classes, album.info.class_names)
            self.classes[slug] = list(zip(class_colours(album.info), names, strict=True))[1:]

    def _num_files(self, name: str, album: Album, masks: Mapping[str, KeptMask]) -> int:
        if _is_flat(album):
            return 2 + len(masks) * (2 if has_classes(album) else 1)
        return VolumePictures(name, album, masks, self._files).num_files

    def _drawn(self, image: ShownImage, album: Album, masks: Mapping[str, KeptMask]) -> ShownImage:
        """The image with its pictures, of which those that are missing or out of date are written."""
        if _is_flat(album):
            return replace(image, pictures=draw_image(image.name, album, masks, self._files))
        pictures, slices = VolumePictures(image.name, album, masks, self._files).draw()
        return replace(image, pictures=pictures, slices=slices)


def album_of(done: pd.DataFrame, runs: Path, others: Mapping[str, Mapping[str, Path]]) -> Album | None:
    """The pictures of the finished runs of a block, by the name of the run; None of masks of others alone.

    Args:
        done: The finished runs, masks of others among them.
        runs: Folder with the run folders.
        others: The files of the masks of others, by the label of their row.
    """
    is_foreign = done["run"].str.startswith(EXTERNAL)
    folders = {run: RunFolder(runs / run) for run in done.loc[~is_foreign, "run"]}
    named = dict(done.loc[is_foreign, ["run", "label"]].itertuples(index=False, name=None))
    foreign = {run: others[label] for run, label in named.items() if label in others}
    return Album(folders, foreign) if folders else None


def _is_flat(album: Album) -> bool:
    return album.info is not None and album.info.dimensions == 2


def tested_images(block: Block) -> list[ShownImage]:
    """The test images of a block with their scores, the hardest first: those with the worst mean over the losses."""
    return [image for image, _ in _with_runs(block)]


def image_metrics(block: Block) -> list[tuple[str, str]]:
    """The metrics of the table, and which values are better, that single images have."""
    return [(name, way) for name, way in block.table.metrics if name in block.analysis.records.images]


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
    labels = [row.label for row in block.table.rows]
    places = {label: place for place, label in enumerate(labels)}
    done = block.analysis.records.done
    runs = done[done["label"].isin(labels)].drop_duplicates(["label", "fold", "seed"], keep="last")
    columns = ["run", "name", "group", *(name for name, _ in image_metrics(block))]
    images = block.analysis.records.images[columns].merge(runs[["run", "label", "fold", "seed"]], on="run")
    images = images.assign(place=images["label"].map(places)).drop_duplicates(["run", "name"])
    for key, own in images.groupby(["fold", "seed"]):
        fold, seed = (int(number) for number in key)
        found = dict(own[["label", "run"]].drop_duplicates().itertuples(index=False, name=None))
        yield {label: found[label] for label in labels if label in found}, _listed(block, own, fold, seed)


def _listed(block: Block, own: pd.DataFrame, fold: int, seed: int) -> list[ShownImage]:
    """The images of the runs of a fold and seed with their scores: a row per label, a column per metric.

    Args:
        block: The block.
        own: A row per image and run, with the ``place`` of the label of the run in the table.
        fold, seed: Of the runs.
    """
    metrics = [name for name, _ in image_metrics(block)]
    own = own.sort_values("place", kind="stable")
    numbers, names = pd.factorize(own["name"])
    groups, tags = own.drop_duplicates("name")["group"], _tags(block.analysis.records.tags)
    values = np.full((len(names), len(block.table.rows), len(metrics)), np.nan)
    values[numbers, own["place"]] = own[metrics].to_numpy(float)
    return [
        ShownImage(str(name), str(group), fold, seed, scores, tags=tags.get(name, ()))
        for name, group, scores in zip(names, groups, values, strict=True)
    ]


def _tags(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """The tags of a dataset as the viewer filters by them, by the name of the image."""
    words = (table["tag"] + ": " + table["value"]).groupby(table["name"])
    return {str(name): tuple(own) for name, own in words}


def _mean(scores: NDArray[np.float64]) -> float:
    """Of the scores that are there; images without any come last."""
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if len(known) else np.inf
