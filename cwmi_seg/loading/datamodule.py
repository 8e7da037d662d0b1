"""Batches ``{image B I H W, target B H W, name, index[, weight_map B M H W]}`` of a dataset and a split."""

import sys
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import Protocol, TypedDict, TypeVar

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler, SequentialSampler

from cwmi_seg.augmentations import Augmentation, keeps_distances
from cwmi_seg.datasets.crop_size import refuse_large
from cwmi_seg.datasets.info import ImageSource
from cwmi_seg.loading.crops import normalised, pad_to, random_window, sample_generator
from cwmi_seg.loading.splits import Split
from cwmi_seg.mistakes import Mistake

_Kind = TypeVar("_Kind", bound=np.generic)


class WeightMaps(Protocol):
    """Maps of whole masks, M H W float32 (see ``weight_map_cache``)."""

    def load(self, mask: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The map M H W of a mask H W."""
        ...

    def prepare(self, indices: Sequence[int], read_mask: Callable[[int], NDArray[np.uint8]], num_workers: int) -> None:
        """Make the maps that are missing, before any loader asks for one."""
        ...


class Sample(TypedDict, total=False):
    """One image or crop, and what it takes to find it again."""

    image: Tensor  # I H W, normalised
    target: Tensor  # H W, class index
    name: str
    index: int  # in the dataset
    weight_map: Tensor  # M H W, only where the loss needs one


@dataclass(frozen=True)
class Crops:
    """The rule by which training windows are cut out of the images.

    Args:
        size: Height and width; None takes whole images.
        per_image: Number of windows of an image in each epoch.
        pad_image: Value, or "edge", around an image that is smaller than a window; None refuses such images.
        pad_target: The same for the target.

    Raises:
        ValueError: A value is not possible; the message names its key in the config.
    """

    size: Sequence[int] | None = None
    per_image: int = 1
    pad_image: float | str | None = None
    pad_target: float | str = 0

    def __post_init__(self) -> None:
        size = self.size
        if size is not None and not (_is_pair(size) and min(size) > 0):
            raise Mistake(f"dataset.crop_size: expected two positive numbers or null, got {size}; use [256,256].")
        if self.per_image < 1:
            raise Mistake(f"data.crops_per_image: expected at least 1, got {self.per_image}; use for example 1.")
        for name, value, largest in (("pad_image", self.pad_image, 65535), ("pad_target", self.pad_target, 255)):
            if not (value in (None, "edge") or (isinstance(value, int | float) and 0 <= value <= largest)):
                raise Mistake(f"dataset.{name}: expected 0 to {largest} or edge, got {value}; choose one.")


class TrainingCrops(Dataset[Sample]):
    """Random crops, augmented; the item ``(epoch, i)`` depends on (seed, epoch, i) alone."""

    def __init__(
        self,
        source: ImageSource,
        indices: Sequence[int],
        crops: Crops,
        augmentation: Augmentation,
        maps: WeightMaps | None,
        seed: int,
    ) -> None:
        self.source, self.indices, self.crops = source, list(indices), crops
        self.augmentation, self.maps, self.seed = augmentation, maps, seed

    def __len__(self) -> int:
        return len(self.indices) * self.crops.per_image

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        epoch, position = key
        index = self.indices[position % len(self.indices)]
        generator = sample_generator(self.seed, epoch, position)
        pixels, mask = self.source.read(index)
        window = self._window(mask.shape, generator)
        image = normalised(self._cut(pixels, window, self.crops.pad_image or 0), self.source.info)
        target = torch.from_numpy(self._cut(mask, window, self.crops.pad_target).astype(np.int64))
        weight_map = None if self.maps is None else self._cut_map(self.maps.load(mask), window)
        image, target, weight_map = self.augmentation(image, target, weight_map, generator)
        sample: Sample = {"image": image, "target": target, "name": self.source.info.images[index].name, "index": index}
        return sample if weight_map is None else {**sample, "weight_map": weight_map}

    def _window(self, shape: tuple[int, ...], generator: torch.Generator) -> tuple[slice, slice] | None:
        """A random window of an image H W; None for whole images."""
        return None if self.crops.size is None else random_window(shape[0], shape[1], self.crops.size, generator)

    def _cut(self, pixels: NDArray[_Kind], window: tuple[slice, slice] | None, fill: float | str) -> NDArray[_Kind]:
        """The window of an array H W (...), grown to the size of a crop."""
        if window is None or self.crops.size is None:
            return pixels
        return pad_to(pixels[window], self.crops.size, fill)

    def _cut_map(self, weights: NDArray[np.float32], window: tuple[slice, slice] | None) -> Tensor:
        """The window of a map M H W; nothing outside of the image has a weight."""
        cut = self._cut(weights.transpose(1, 2, 0), window, 0).transpose(2, 0, 1)
        return torch.from_numpy(cut.copy())  # the map is a read-only view of its file


class WholeImages(Dataset[Sample]):
    """Whole images, for validation and test; the item ``(epoch, i)`` is the same in every epoch."""

    def __init__(self, source: ImageSource, indices: Sequence[int]) -> None:
        self.source, self.indices = source, list(indices)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        index = self.indices[key[1]]
        pixels, mask = self.source.read(index)
        info = self.source.info
        target = torch.from_numpy(mask.astype(np.int64))
        return {"image": normalised(pixels, info), "target": target, "name": info.images[index].name, "index": index}


class EpochSampler(Sampler[tuple[int, int]]):
    """Yields (epoch, i), so that items can depend on the epoch in whatever process they are made.

    The order is drawn from (seed, epoch). In a distributed run each process takes every n-th item; the last
    round is filled up from the beginning, and metrics drop what they see twice.
    """

    def __init__(self, data: Sized, seed: int, *, shuffle: bool) -> None:
        self.length, self.seed, self.shuffle, self.epoch = len(data), seed, shuffle, 0

    def set_epoch(self, epoch: int) -> None:
        """Remember the epoch; the trainer calls this before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.length // _world()[1])

    def __iter__(self) -> Iterator[tuple[int, int]]:
        rank, processes = _world()
        order = np.arange(self.length)
        if self.shuffle:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(order)
        # np.resize begins again where it ends: every process gets as many items, as distributed training needs
        padded = np.resize(order, len(self) * processes)
        return iter([(self.epoch, int(i)) for i in padded[rank::processes]])


class RepeatingSampler(EpochSampler, SequentialSampler):  # type: ignore[misc]
    """Yields (0, i) in order, the same in every epoch.

    A ``SequentialSampler`` by name, which the trainer does not replace by its own when it is to overfit a few batches.
    """

    def __init__(self, data: Sized) -> None:
        super().__init__(data, seed=0, shuffle=False)

    def set_epoch(self, epoch: int) -> None:
        """Do nothing, since every epoch is the same."""


def _is_pair(size: object) -> bool:
    return isinstance(size, list | tuple) and len(size) == 2 and all(isinstance(length, int) for length in size)


def _world() -> tuple[int, int]:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


class SegmentationData(pl.LightningDataModule):
    """Loaders of the three parts of one split.

    Args:
        source: The images.
        split: Names of the images of each part.
        crops: Size of the training windows.
        augmentation: Changes image, target and weight map of a training crop.
        maps: The weight maps that the loss asked for, if any.
        batch_size: Number of training crops in a batch of one process, at most its share of an epoch. Validation and
            test take one whole image at a time.
        num_workers: Number of loader processes; 0 loads in the training process.
        seed: Seed of crops, augmentation and order.
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
    ) -> None:
        super().__init__()
        _refuse_impossible(source, split, crops, batch_size)
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
            self.maps.prepare(self.indices("train"), self._mask, self.num_workers)

    def _mask(self, index: int) -> NDArray[np.uint8]:
        return self.source.read(index)[1]

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
        """Load the images of "train", "val" or "test" as they are, one at a time."""
        images = WholeImages(self.source, self.indices(part))
        return self._loader(images, RepeatingSampler(images), batch_size=1, drop_last=False)

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


def _refuse_impossible(source: ImageSource, split: Split, crops: Crops, batch_size: int) -> None:
    if batch_size < 1:
        raise Mistake(f"data.batch_size: expected at least 1, got {batch_size}; use for example 4.")
    images = {image.name: image for image in source.info.images}
    sizes = [(images[name].height, images[name].width, name) for name in split.train]
    if crops.size is None:
        if batch_size > 1 and len({size[:2] for size in sizes}) > 1:
            raise Mistake(
                f"dataset.crop_size: expected a size, got null, but the images of {source.info.name} differ in size; "
                "set dataset.crop_size, or data.batch_size=1."
            )
        return
    if crops.pad_image is None:
        refuse_large(crops.size, sizes)
