"""Any volumes with masks: ``images/NAME.*`` and ``masks/NAME.*``, also as ``{train,val,test}/images``, ..."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from cwmi_seg.datasets.depth_blocks import block_name, blocks, checked_block_size
from cwmi_seg.datasets.folder_masks import FolderMasks
from cwmi_seg.datasets.layouts.pairs import Pair
from cwmi_seg.datasets.raw import RawFiles, pair, refuse_unknown_parts
from cwmi_seg.datasets.raw_volumes import RawVolume, RawVolumes, Slabs
from cwmi_seg.datasets.volume_files.arranged import Volume
from cwmi_seg.datasets.volume_files.letters import checked_axes
from cwmi_seg.datasets.volume_files.opening import SUFFIX, open_volume, stem
from cwmi_seg.datasets.volume_spacing import common_spacing, given_spacing
from cwmi_seg.datasets.volume_values import image_slabs, mask_slabs, require_same_size
from cwmi_seg.files.counted import counted
from cwmi_seg.mistakes import Mistake

_RENAMING = (
    "name the folders by dataset.preparer.image_folder=NAME and mask_folder=NAME, and what the names of masks have "
    "more by mask_suffix=_mask; a file that holds both needs mask_folder=images and mask_key=NAME; images are prepared "
    "by dataset=folder"
)


class VolumeFolder:
    """Volumes of any size and masks of the same file stem, in any format and with any number of classes.

    The formats are tif (many pages, tiles, ImageJ, OME-TIFF), NIfTI, NRRD, HDF5, Zarr and OME-Zarr, npy and npz, and
    folders of images, the slices of a volume. The order of the axes, channels and spacing are taken from the files
    where they say them.

    Args:
        image_folder, mask_folder: Names of the two folders; one and the same where a file holds both.
        mask_suffix: Text that the stem of a mask has behind the stem of its image, such as ``_mask``.
        axes, mask_axes: A letter for each stored axis: Z (depth), Y (height), X (width), C (channels), T (time, of
            length 1); None takes what each file says, and ZYX where it says nothing about three axes.
        image_key, mask_key: Names of the arrays in HDF5, Zarr and npz files; None takes the only one.
        spacing: Distance of neighbouring voxels along depth, height and width; None takes what the files say.
        unit: Unit of ``spacing``.
        block_size: Largest number of slices of the blocks into which each volume is cut along its depth, so that parts
            of one volume can train and test; the blocks of a volume are one group. None leaves volumes whole.
        classes: Class number or name of each number of a mask; None for masks of 0 and one of 1, 255, 65535.
        ignore_value: Number that takes no part in loss and metrics; None for no such number.
        class_names, threshold, invert: As of :class:`~cwmi_seg.datasets.folder.ImageFolder`.
        instances: What becomes of masks that number objects, as for images, slice by slice; None for masks of classes.
        source: Origin of the data, kept in ``dataset.json``.
    """

    def __init__(
        self,
        image_folder: str = "images",
        mask_folder: str = "masks",
        mask_suffix: str = "",
        axes: str | None = None,
        mask_axes: str | None = None,
        image_key: str | None = None,
        mask_key: str | None = None,
        spacing: Sequence[float] | None = None,
        unit: str = "",
        block_size: int | None = None,
        classes: Mapping[object, object] | str | None = None,
        ignore_value: int | str | None = None,
        class_names: Sequence[str] | None = None,
        threshold: int | None = None,
        invert: bool = False,
        instances: str | None = None,
        source: str = "own volumes",
    ) -> None:
        self.image_folder, self.mask_folder, self.mask_suffix = image_folder, mask_folder, mask_suffix
        self.open_image = partial(open_volume, axes=checked_axes(axes, "axes"), key=image_key)
        self.open_mask = partial(open_volume, axes=checked_axes(mask_axes, "mask_axes"), key=mask_key, labels=True)
        self.spacing, self.unit, self.block_size = given_spacing(spacing), unit, checked_block_size(block_size)
        self.masks, self.source = FolderMasks(classes, ignore_value, class_names, threshold, invert, instances), source
        if self.masks.class_colours:
            raise Mistake("classes: expected numbers for masks of volumes, got colours; name the class of each number.")

    def __call__(self, raw: Path) -> RawVolumes:
        files = RawFiles(raw, self.source)
        layout = f"{self.image_folder}/NAME.tif, NAME.nii.gz, NAME.zarr, ..."
        images = self._match(files, self.image_folder) or files.require(
            self._pattern(self.image_folder), layout, _RENAMING
        )
        masks = self._match(files, self.mask_folder, self.mask_suffix)
        refuse_unknown_parts(images)
        return self.of_pairs(
            [
                Pair(_name(part, image), image, (mask,), part or None)
                for (part, *_), image, mask in pair(images, masks, self._mask_name, _RENAMING)
            ]
        )

    def of_pairs(self, pairs: Sequence[Pair]) -> RawVolumes:
        """The volumes of files that are known to belong to each other, each with one file of its mask."""
        opened = [self._look(found.image) for found in pairs]
        spacing, unit, told = common_spacing(opened, self.spacing, self.unit)
        return RawVolumes(
            self.source,
            tuple(
                self._sample(found, volume, block)
                for volume, found in zip(opened, pairs, strict=True)
                for block in blocks(volume.shape[0], self.block_size)
            ),
            num_classes=self.masks.num_classes,
            ignore_index=self.masks.ignore_index,
            class_names=self.masks.class_names,
            notes=(*_notes(opened), *(note for found in pairs for note in self._mask_notes(found.masks[0])), told),
            spacing=spacing,
            unit=unit,
        )

    def _look(self, image: Path) -> Volume:
        """What is known about a volume without reading it; the file is closed again."""
        with self.open_image(image) as volume:
            return volume

    def _mask_notes(self, mask: Path) -> list[str]:
        with self.open_mask(mask) as volume:
            return _odd(volume)

    def _sample(self, found: Pair, volume: Volume, block: range) -> RawVolume:
        name, mask = unicodedata.normalize("NFC", found.name), found.masks[0]
        return RawVolume(
            name=name if self.block_size is None else block_name(name, block),
            files=(volume.path, mask),
            image=partial(self._image, volume.path, block),
            mask=partial(self._mask, mask, volume, block),
            group=found.group or name,
            part=found.part,
        )

    @contextmanager
    def _image(self, path: Path, block: range) -> Iterator[Slabs]:
        with self.open_image(path) as volume:
            yield image_slabs(volume, block)

    @contextmanager
    def _mask(self, path: Path, image: Volume, block: range) -> Iterator[Slabs]:
        with self.open_mask(path) as volume:
            require_same_size(image, volume)
            yield mask_slabs(volume, self.masks.of_labels, block, by_slice=self.masks.instances is not None)

    def _match(self, files: RawFiles, folder: str, ending: str = "") -> dict[tuple[str, ...], Path]:
        """Files of volumes, or where there is none of them folders of slices."""
        return files.match(self._pattern(folder, ending)) or files.match_folders(self._pattern(folder, ending, ""))

    def _pattern(self, folder: str, ending: str = "", suffix: str = SUFFIX) -> str:
        return rf"(?:(train|val|test)/)?{re.escape(folder)}/([^/]+?){re.escape(ending)}{suffix}"

    def _mask_name(self, image: Path) -> str:
        return f"{image.parent.parent / self.mask_folder / stem(image)}{self.mask_suffix}.tif (or .nii.gz, .zarr, ...)"


def _name(part: str, image: Path) -> str:
    return f"{part}_{stem(image)}" if part else stem(image)


def _notes(volumes: Sequence[Volume]) -> list[str]:
    """How the axes were read, once for each way, and what is odd about a file."""
    ways = Counter((volume.axes, volume.axes_from) for volume in volumes)
    told = {"file": "as the files say", "config": "as dataset.preparer.axes says", "guess": "which no file says"}
    lines = [
        f"stored axes {axes}, {told[known]}" + (f": {counted(count, 'volume')}" if len(ways) > 1 else "")
        for (axes, known), count in ways.items()
    ]
    return [*lines, *(note for volume in volumes for note in _odd(volume))]


def _odd(volume: Volume) -> list[str]:
    """What is odd about a file, with its name and that of its folder."""
    depth, height, width, _ = volume.shape
    notes = list(volume.notes)
    if depth > 2 * min(height, width):  # slices are mostly fewer than their rows and columns
        notes.append(
            f"is read as {depth} x {height} x {width} (depth x height x width) by the axes {volume.axes}; if slices "
            "lie along another axis name it by dataset.preparer.axes"
        )
    return [f"{volume.path.parent.name}/{volume.path.name}: {note}" for note in notes]
