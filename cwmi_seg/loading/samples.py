"""The samples of a dataset: random training crops, and whole images or blocks of volumes to score."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from cwmi_seg.augmentations import Augmentation
from cwmi_seg.datasets.info import ImageSource
from cwmi_seg.loading.blocks import Block
from cwmi_seg.loading.crops import Window, normalised, pad_to, random_window, sample_generator, window_around
from cwmi_seg.loading.structure import StructurePlaces
from cwmi_seg.mistakes import Mistake

_Kind = TypeVar("_Kind", bound=np.generic)
Mask = NDArray[np.uint8]
Map = NDArray[np.float32]


class WeightMaps(Protocol):
    """Maps of whole masks, M *space float32 (see ``weight_map_cache``)."""

    def load(self, mask: Mask) -> Map:
        """The map M *space of a mask *space."""
        ...

    def prepare(self, indices: Sequence[int], read_mask: Callable[[int], Mask], num_workers: int) -> None:
        """Make the maps that are missing, before any loader asks for one."""
        ...


class Sample(TypedDict, total=False):
    """One image or volume, or a part of it, and what it takes to find it again."""

    image: Tensor  # I *space, normalised
    target: Tensor  # *space, class index
    name: str
    index: int  # of the image in the dataset; of what is scored, of the block
    weight_map: Tensor  # M *space, only where the loss needs one


@dataclass(frozen=True)
class Crops:
    """The rule by which training windows are cut out of the images or volumes.

    Args:
        size: Height and width, of volumes depth, height and width; None takes whole images.
        per_image: Number of windows of an image in each epoch.
        pad_image: Value, or "edge", around an image that is smaller than a window; None refuses such images.
        pad_target: The same for the target.
        structure_share: Share of the windows whose middle lies on structure, 0 to 1; the others lie anywhere. nnU-Net
            takes a third.
        slices: Whether a window of a volume is one of its slices, an image; a depth in ``size`` does not count then.

    Raises:
        ValueError: A value is not possible; the message names its key in the config.
    """

    size: Sequence[int] | None = None
    per_image: int = 1
    pad_image: float | str | None = None
    pad_target: float | str = 0
    structure_share: float = 0
    slices: bool = False

    def __post_init__(self) -> None:
        size = self.size
        if size is not None and not (_is_size(size) and min(size) > 0):
            raise Mistake(f"dataset.crop_size: expected two positive numbers or null, got {size}; use [256,256].")
        if self.per_image < 1:
            raise Mistake(f"data.crops_per_image: expected at least 1, got {self.per_image}; use for example 1.")
        for name, value, largest in (("pad_image", self.pad_image, 65535), ("pad_target", self.pad_target, 255)):
            if not (value in (None, "edge") or (isinstance(value, int | float) and 0 <= value <= largest)):
                raise Mistake(f"dataset.{name}: expected 0 to {largest} or edge, got {value}; choose one.")
        share = self.structure_share
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise Mistake(f"dataset.structure_share: expected a number from 0 to 1, got {share}; use for example 0.33.")
        if not isinstance(self.slices, bool):
            raise Mistake(f"dataset.slices: expected true or false, got {self.slices}; choose one.")

    def window_size(self, shape: Sequence[int]) -> Sequence[int] | None:
        """The size of the windows of a mask of this shape, None for all of it."""
        if self.slices:
            return (1, *(shape if self.size is None else self.size)[-2:])
        return self.size


class TrainingCrops(Dataset[Sample]):
    """Random crops, augmented; the item ``(epoch, i)`` depends on (seed, epoch, i) alone.

    Only the window is read of what is mapped into memory, so that volumes may be of any size.
    """

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
        # before the loader forks, so that its processes need not count again
        self._places = {index: self._structure(index) for index in self.indices if crops.structure_share > 0}
        self._volume_maps: dict[int, Map] = {}

    def __len__(self) -> int:
        return len(self.indices) * self.crops.per_image

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        epoch, position = key
        index = self.indices[position % len(self.indices)]
        generator = sample_generator(self.seed, epoch, position)
        pixels, mask = self.source.read(index)
        size = self.crops.window_size(mask.shape)
        window = None if size is None else self._window(index, mask, size, generator)
        values: NDArray[Any] = pixels  # of one of several types
        image = normalised(_cut(values, window, size, self.crops.pad_image or 0), self.source.info)
        target = torch.from_numpy(_cut(mask, window, size, self.crops.pad_target).astype(np.int64))
        weight_map = None if self.maps is None else self._map(self.maps, index, mask, window, size)
        if self.crops.slices:
            image, target = image[:, 0], target[0]
        image, target, weight_map = self.augmentation(image, target, weight_map, generator)
        sample: Sample = {"image": image, "target": target, "name": self.source.info.images[index].name, "index": index}
        return sample if weight_map is None else {**sample, "weight_map": weight_map}

    def _structure(self, index: int) -> StructurePlaces:
        info = self.source.info
        return StructurePlaces(self.source.read(index)[1], info.num_classes, info.ignore_index)

    def _window(self, index: int, mask: Mask, size: Sequence[int], generator: torch.Generator) -> Window:
        share = self.crops.structure_share  # at 0 nothing is drawn: the windows stay those of before there was a share
        if share > 0 and float(torch.rand((), generator=generator)) < share:
            centre = self._places[index].draw(mask, generator)
            if centre is not None:
                return window_around(mask.shape, size, centre)
        return random_window(mask.shape, size, generator)

    def _map(
        self, maps: WeightMaps, index: int, mask: Mask, window: Window | None, size: Sequence[int] | None
    ) -> Tensor:
        """The window of the map M *space; nothing outside of the image has a weight."""
        if self.crops.slices and window is not None and size is not None:
            weights, window, size = maps.load(mask[window[0].start]), window[1:], size[1:]
        elif mask.ndim == 2:
            weights = maps.load(mask)
        else:
            weights = self._map_of_volume(maps, index, mask)
        cut = np.moveaxis(_cut(np.moveaxis(weights, 0, -1), window, size, 0), -1, 0)
        return torch.from_numpy(cut.copy())  # the map is a read-only view of its file

    def _map_of_volume(self, maps: WeightMaps, index: int, mask: Mask) -> Map:
        """Kept once it is open, because it is found by a checksum of the whole mask."""
        if index not in self._volume_maps:
            self._volume_maps[index] = maps.load(mask)
        return self._volume_maps[index]


def _cut(
    pixels: NDArray[_Kind], window: Window | None, size: Sequence[int] | None, fill: float | str
) -> NDArray[_Kind]:
    """The window of an array *space (...), grown to the size of a crop."""
    if window is None or size is None:
        return pixels
    return pad_to(pixels[window], size, fill)


class WholeImages(Dataset[Sample]):
    """Whole images or blocks, for validation and test; the item ``(epoch, i)`` is the same in every epoch."""

    def __init__(self, source: ImageSource, blocks: Sequence[Block]) -> None:
        self.source, self.blocks = source, list(blocks)

    def __len__(self) -> int:
        return len(self.blocks)

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        block = self.blocks[key[1]]
        pixels, mask = self.source.read(block.image)
        window = () if block.window is None else block.window
        target = torch.from_numpy(mask[window].astype(np.int64))
        image = normalised(pixels[window], self.source.info)
        return {"image": image, "target": target, "name": block.name, "index": block.index}


def _is_size(size: object) -> bool:
    return isinstance(size, list | tuple) and len(size) in (2, 3) and all(isinstance(length, int) for length in size)
