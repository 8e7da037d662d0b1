"""Batches ``{image B I *space, target B *space, name, index[, weight_map B M *space]}`` of a dataset and a split.

``*space`` is H W of images and D H W of volumes.
"""

import sys
from collections.abc import Sequence

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from cwmi_seg.augmentations import Augmentation, keeps_distances
from cwmi_seg.datasets.crop_size import refuse_large
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo, ImageSource
from cwmi_seg.loading.blocks import Block, blocks_of
from cwmi_seg.loading.samplers import EpochSampler, RepeatingSampler
from cwmi_seg.loading.samples import Crops, Sample, TrainingCrops, WeightMaps, WholeImages
from cwmi_seg.loading.splits import Split
from cwmi_seg.mistakes import Mistake

_LARGEST_MAP = 2**28
"""Voxels of a volume whose weight map is made as a whole; it takes some ten times as many bytes meanwhile."""


class SegmentationData(pl.LightningDataModule):
    """Loaders of the three parts of one split.

    Args:
        source: The images.
        split: Names of the images of each part.
        crops: Size of the training windows.
        augmentation: Changes image, target and weight map of a training crop.
        maps: The weight maps that the loss asked for, if any.
        batch_size: Number of training crops in a batch of one process, at most its share of an epoch. Validation and
            test take one whole image, or block of a volume, at a time.
        num_workers: Number of loader processes; 0 loads in the training process.
        seed: Seed of crops, augmentation and order.
        block_size: Largest depth, height and width of the blocks of volumes that are validated and tested; None takes
            volumes, like images, whole.
    """

    def __init__(
        self,
        source: ImageSource,
        split: Split,
        crops: Crops,
        augmentation: Augmentation,
        maps: WeightMaps | None = None,
        batch_size: int = 10,
        num_workers: int = 0,
        seed: int = 0,
        block_size: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        _refuse_impossible(source.info, split, crops, batch_size)
        if num_workers < 0:
            raise Mistake(f"data.num_workers: expected at least 0, got {num_workers}; 0 loads in this process.")
        if maps is not None and not keeps_distances(augmentation):
            raise Mistake(
                "augmentation: expected one that keeps sizes for a loss with a weight map, which is in pixels, "
                "got one that scales; use augmentation.rotate_scale.scale=[1,1], or augmentation=paper."
            )
        self.source, self.split, self.crops = source, split, crops
        self.augmentation, self.maps = augmentation, maps
        self.batch_size, self.num_workers, self.seed = batch_size, num_workers, seed
        self._index = {image.name: i for i, image in enumerate(source.info.images)}
        self.blocks = blocks_of(source.info, block_size)
        if maps is not None and source.info.dimensions == 3 and not crops.slices:
            _refuse_large_maps([source.info.images[index] for index in self.indices("train")])
        if hasattr(augmentation, "spacing"):
            augmentation.spacing = _spacing(source.info, crops)

    def indices(self, part: str) -> list[int]:
        """Dataset indices of the images of "train", "val" or "test"."""
        return [self._index[name] for name in getattr(self.split, part)]

    def num_batches(self, processes: int = 1) -> tuple[int, int]:
        """The number of whole training batches that each process has in an epoch, and of its crops that are left over.

        Those left over are dropped; the order is drawn anew in each epoch, so they are others each time.
        """
        share = -(-len(self.split.train) * self.crops.per_image // processes)
        return divmod(share, min(self.batch_size, share))

    def prepare_data(self) -> None:
        """Make the weight maps that are not cached yet."""
        if self.maps is not None:
            masks = self._train_masks()
            self.maps.prepare(range(len(masks)), lambda number: self._mask(*masks[number]), self.num_workers)

    def _train_masks(self) -> list[tuple[int, int | None]]:
        """What maps are made of: masks, or single slices of them, by the numbers of both."""
        indices = self.indices("train")
        if not self.crops.slices:
            return [(index, None) for index in indices]
        return [(index, z) for index in indices for z in range(self.source.info.images[index].depth or 1)]

    def _mask(self, index: int, z: int | None = None) -> NDArray[np.uint8]:
        mask = self.source.read(index)[1]
        return mask if z is None else mask[z]

    def train_dataloader(self) -> DataLoader[Sample]:
        """Training crops, drawn anew and in another order in each epoch, but not with ``trainer.overfit_batches``."""
        data = TrainingCrops(
            self.source,
            self.indices("train"),
            crops=self.crops,
            augmentation=self.augmentation,
            maps=self.maps,
            seed=self.seed,
        )
        overfits = self.trainer is not None and self.trainer.overfit_batches > 0  # type: ignore[attr-defined]
        sampler = RepeatingSampler(data) if overfits else EpochSampler(data, self.seed, shuffle=True)
        return self._loader(data, sampler, self.batch_size, drop_last=True)

    def val_dataloader(self) -> DataLoader[Sample]:
        return self.whole_images("val")

    def test_dataloader(self) -> DataLoader[Sample]:
        return self.whole_images("test")

    def whole_images(self, part: str) -> DataLoader[Sample]:
        """Load the images or blocks of "train", "val" or "test" as they are, one at a time."""
        images = WholeImages(self.source, self._scored(part))
        return self._loader(images, RepeatingSampler(images), batch_size=1, drop_last=False)

    def _scored(self, part: str) -> list[Block]:
        """The blocks of a part; those that validate in a fixed shuffled order.

        So ``trainer.limit_val_batches`` takes some from everywhere, in every epoch and every run the same.
        """
        wanted = {index: place for place, index in enumerate(self.indices(part))}
        blocks = [block for block in self.blocks if block.image in wanted]
        blocks.sort(key=lambda block: wanted[block.image])
        if part != "val" or all(block.window is None for block in blocks):
            return blocks
        return [blocks[i] for i in np.random.default_rng(0).permutation(len(blocks))]

    def _loader(
        self, data: TrainingCrops | WholeImages, sampler: EpochSampler, batch_size: int, *, drop_last: bool
    ) -> DataLoader[Sample]:
        forks = self.num_workers > 0 and sys.platform == "linux"
        return DataLoader(
            data,
            batch_size=min(batch_size, len(sampler)),
            sampler=sampler,
            num_workers=self.num_workers,
            multiprocessing_context="fork" if forks else None,  # forked workers share the cache of decoded images
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
            drop_last=drop_last,
        )


def _refuse_impossible(info: DatasetInfo, split: Split, crops: Crops, batch_size: int) -> None:
    if batch_size < 1:
        raise Mistake(f"data.batch_size: expected at least 1, got {batch_size}; use for example 4.")
    _check_axes(info, crops)
    named = {image.name: image for image in info.images}
    images = [named[name] for name in split.train]
    sizes = {image.name: crops.window_size(image.shape) for image in images}
    if crops.size is None:
        shapes = {tuple(size or named[name].shape) for name, size in sizes.items()}
        if batch_size > 1 and len(shapes) > 1:
            raise Mistake(
                f"dataset.crop_size: expected a size, got null, but the images of {info.name} differ in size; "
                "set dataset.crop_size, or data.batch_size=1."
            )
    elif crops.pad_image is None:
        for image in images:
            refuse_large(sizes[image.name] or (), [image])


def _check_axes(info: DatasetInfo, crops: Crops) -> None:
    """Windows have as many axes as the masks; of slices a depth may be given, which is that of nothing."""
    if crops.slices and info.dimensions != 3:
        raise Mistake(f"dataset.slices: expected a dataset of volumes, got {info.name}, which has images; remove it.")
    if crops.size is None or len(crops.size) == info.dimensions or crops.slices:
        return
    if info.dimensions == 2:
        raise Mistake(
            f"dataset.crop_size: expected two positive numbers or null, got {list(crops.size)}; use [256,256]."
        )
    raise Mistake(
        "dataset.crop_size: expected depth, height and width for volumes, or null, got "
        f"{list(crops.size)}; use for example [32,128,128]."
    )


def _refuse_large_maps(volumes: Sequence[ImageInfo]) -> None:
    for volume in volumes:
        if np.prod(volume.shape, dtype=np.int64) > _LARGEST_MAP:
            size = "x".join(map(str, volume.shape))
            raise Mistake(
                f"loss: expected one without a weight map for volumes of more than {_LARGEST_MAP:,} voxels, got one "
                f"with, and {volume.name} of {size}; prepare the volume in parts, or choose for example loss=cwmi."
            )


def _spacing(info: DatasetInfo, crops: Crops) -> tuple[float, ...] | None:
    """Of the axes of a training crop; None: equal."""
    if info.dimensions == 2 or info.spacing is None:
        return None
    return info.spacing[1:] if crops.slices else info.spacing
