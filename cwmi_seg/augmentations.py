"""Random changes of a training crop, alike in image, target and weight map.

An augmentation is a callable ``(image I H W, target H W, weight_map M H W or None, generator)`` that returns the
first three changed; of volumes they are I D H W, D H W and M D H W. The image is normalised (mean 0 and standard
deviation 1 over the dataset) and may have any number of channels. All randomness comes from ``generator``, so that a
resumed run repeats it. An augmentation that changes lengths in pixels says so by ``keeps_distances = False``: weight
maps would no longer be true. One that turns axes into each other has an attribute ``spacing``, which is set to that of
the dataset (None: equal).

The operations are torch's and torchvision's functional ones, which are told what to do. torchvision's transform
classes draw from the process-wide generator and expect images of 0 to 1, albumentations draws from a state of its own.
Rotation is torch's ``grid_sample`` since only that fills the corners by reflection: a constant would be a false label.
"""

import math
from collections.abc import Callable, Sequence
from itertools import combinations

import torch
from torch import Tensor
from torch.nn import functional as F

from cwmi_seg.mistakes import Mistake

Crop = tuple[Tensor, Tensor, Tensor | None]
Augmentation = Callable[[Tensor, Tensor, Tensor | None, torch.Generator], Crop]


class InTurn:
    """Several augmentations, one after the other.

    Args:
        steps: Augmentations under any names; ``augmentation.NAME.scale=[1,1]`` sets an argument of one, and
            ``~augmentation.NAME`` drops it.
    """

    def __init__(self, **steps: Augmentation) -> None:
        self.steps = steps
        self._spacing: tuple[float, ...] | None = None

    @property
    def keeps_distances(self) -> bool:
        """Whether every step leaves lengths in pixels as they are."""
        return all(keeps_distances(step) for step in self.steps.values())

    @property
    def spacing(self) -> tuple[float, ...] | None:
        """The distance of neighbouring samples along each axis, which is handed on to every step that asks for it."""
        return self._spacing

    @spacing.setter
    def spacing(self, spacing: tuple[float, ...] | None) -> None:
        self._spacing = spacing
        for step in self.steps.values():
            if hasattr(step, "spacing"):
                step.spacing = spacing

    def __call__(self, image: Tensor, target: Tensor, weight_map: Tensor | None, generator: torch.Generator) -> Crop:
        for step in self.steps.values():
            image, target, weight_map = step(image, target, weight_map, generator)
        return image, target, weight_map


class Unchanged:
    """Leaves the crop as it is."""

    def __call__(self, image: Tensor, target: Tensor, weight_map: Tensor | None, generator: torch.Generator) -> Crop:
        return image, target, weight_map


class Flips:
    """Flips along each axis with probability 1/2."""

    def __call__(self, image: Tensor, target: Tensor, weight_map: Tensor | None, generator: torch.Generator) -> Crop:
        axes = [axis for axis in range(-1, -target.ndim - 1, -1) if torch.rand((), generator=generator) < 0.5]
        return image.flip(axes), target.flip(axes), None if weight_map is None else weight_map.flip(axes)


class QuarterTurns:
    """Turns by 0, 90, 180 or 270 degrees, drawn alike, in each plane of two axes that may be exchanged.

    These are the axes of equal spacing along which the crop has equal lengths: of a volume of cubic voxels all three
    planes, of one with thick slices the plane of the slices alone.

    Attributes:
        spacing: distance of neighbouring samples along each axis; None: equal.
    """

    def __init__(self) -> None:
        self.spacing: tuple[float, ...] | None = None

    def __call__(self, image: Tensor, target: Tensor, weight_map: Tensor | None, generator: torch.Generator) -> Crop:
        for plane in self._planes(target.shape):
            turns = int(torch.randint(4, (), generator=generator))
            image, target = image.rot90(turns, plane), target.rot90(turns, plane)
            weight_map = None if weight_map is None else weight_map.rot90(turns, plane)
        return image, target, weight_map

    def _planes(self, sizes: Sequence[int]) -> list[tuple[int, int]]:
        """Pairs of axes, counted from the last, which is -1."""
        kinds = list(zip(sizes, self.spacing or (1.0,) * len(sizes), strict=True))
        pairs = combinations(range(-len(sizes), 0), 2)
        return [(first, second) for first, second in pairs if kinds[first] == kinds[second]]


class RotateScale:
    """Rotates and scales about the centre; what comes in from outside is the crop's reflection.

    The image is interpolated linearly, target and weight map take the nearest pixel. Volumes are turned and scaled in
    the planes of their slices, all slices alike.

    Args:
        rotation: Largest angle in degrees, in both directions.
        scale: Smallest and largest factor, between which the logarithm is drawn uniformly; (1, 1) keeps sizes.
        probability: Share of the crops that are changed.
    """

    def __init__(
        self, rotation: float = 180.0, scale: Sequence[float] = (0.75, 1.33), probability: float = 0.5
    ) -> None:
        if len(scale) != 2 or not 0 < scale[0] <= scale[1]:
            raise Mistake(f"scale: expected two factors, 0 < smallest <= largest, got {list(scale)}; use [0.75,1.33].")
        _check_range("rotation", rotation, 180)
        _check_range("probability", probability, 1)
        self.rotation, self.scale, self.probability = rotation, (scale[0], scale[1]), probability

    @property
    def keeps_distances(self) -> bool:
        """Whether lengths in pixels stay as they are: a rotation keeps them, a scaling does not."""
        return self.scale == (1, 1)

    def __call__(self, image: Tensor, target: Tensor, weight_map: Tensor | None, generator: torch.Generator) -> Crop:
        if not _happens(self.probability, generator):
            return image, target, weight_map
        angle = _uniform(-self.rotation, self.rotation, generator)
        factor = math.exp(_uniform(math.log(self.scale[0]), math.log(self.scale[1]), generator))
        grid = _grid(image.shape[-2:], angle, factor)
        changed = _sampled(target.float(), grid, "nearest").to(target.dtype)
        weights = None if weight_map is None else _sampled(weight_map, grid, "nearest")
        return _sampled(image, grid, "bilinear"), changed, weights


class Colour:
    """Multiplies each channel by a factor and adds an offset: contrast, brightness and tint.

    Args:
        gain: the factor is between 1 / (1 + gain) and 1 + gain.
        offset: largest offset, either way, in standard deviations of the dataset.
        probability: Share of the crops that are changed.
    """

    def __init__(self, gain: float = 0.25, offset: float = 0.25, probability: float = 0.5) -> None:
        _check_range("gain", gain, 10)
        _check_range("offset", offset, 10)
        _check_range("probability", probability, 1)
        self.gain, self.offset, self.probability = gain, offset, probability

    def __call__(self, image: Tensor, target: Tensor, weight_map: Tensor | None, generator: torch.Generator) -> Crop:
        if not _happens(self.probability, generator):
            return image, target, weight_map
        # drawn in the exponent, so that a factor and its inverse are equally likely
        ones = [1] * (image.ndim - 1)
        exponent, offset = 2 * torch.rand(2, len(image), *ones, generator=generator) - 1
        return image * (1 + self.gain) ** exponent + self.offset * offset, target, weight_map


class Blur:
    """Gaussian blur of the image, of volumes slice by slice.

    Args:
        sigma: largest standard deviation, in pixels.
        probability: Share of the crops that are changed.
    """

    def __init__(self, sigma: float = 1.0, probability: float = 0.2) -> None:
        _check_range("sigma", sigma, 10)
        _check_range("probability", probability, 1)
        self.sigma, self.probability = sigma, probability

    def __call__(self, image: Tensor, target: Tensor, weight_map: Tensor | None, generator: torch.Generator) -> Crop:
        from torchvision.transforms.v2.functional import gaussian_blur

        if not _happens(self.probability, generator):
            return image, target, weight_map
        sigma = max(_uniform(0, self.sigma, generator), 1e-3)  # gaussian_blur refuses 0
        size = 2 * math.ceil(2.5 * sigma) + 1  # odd, cut off at 2.5 standard deviations
        return gaussian_blur(image, [size, size], [sigma, sigma]), target, weight_map


class Noise:
    """Adds independent normal noise to the image.

    Args:
        std: largest standard deviation, in standard deviations of the dataset.
        probability: Share of the crops that are changed.
    """

    def __init__(self, std: float = 0.2, probability: float = 0.2) -> None:
        _check_range("std", std, 10)
        _check_range("probability", probability, 1)
        self.std, self.probability = std, probability

    def __call__(self, image: Tensor, target: Tensor, weight_map: Tensor | None, generator: torch.Generator) -> Crop:
        if not _happens(self.probability, generator):
            return image, target, weight_map
        std = _uniform(0, self.std, generator)
        return image + std * torch.randn(image.shape, generator=generator), target, weight_map


def keeps_distances(augmentation: Augmentation) -> bool:
    """False where lengths in pixels change, so that weight maps would no longer be true."""
    return bool(getattr(augmentation, "keeps_distances", True))


def _grid(size: Sequence[int], angle: float, factor: float) -> Tensor:
    """The place where each pixel of the changed crop comes from, 1 H W 2, in the coordinates of ``grid_sample``."""
    height, width = size
    cos, sin = (f(math.radians(angle)) / factor for f in (math.cos, math.sin))
    # grid_sample counts from -1 to 1 along both axes, so that the angles of a crop that is no square need its sides
    matrix = torch.tensor([[[cos, -sin * height / width, 0], [sin * width / height, cos, 0]]])
    return F.affine_grid(matrix, [1, 1, height, width], align_corners=False)


def _sampled(pixels: Tensor, grid: Tensor, mode: str) -> Tensor:
    """Pixels (...) H W; what is in front of the last two axes is sampled alike."""
    planes = pixels.reshape(1, -1, *pixels.shape[-2:])
    changed = F.grid_sample(planes, grid, mode=mode, padding_mode="reflection", align_corners=False)
    return changed.view(pixels.shape)


def _happens(probability: float, generator: torch.Generator) -> bool:
    return float(torch.rand((), generator=generator)) < probability


def _uniform(low: float, high: float, generator: torch.Generator) -> float:
    return low + (high - low) * float(torch.rand((), generator=generator))


def _check_range(name: str, value: float, largest: float) -> None:
    if not 0 <= value <= largest:
        raise Mistake(f"{name}: expected a number from 0 to {largest}, got {value}; choose one in between.")
