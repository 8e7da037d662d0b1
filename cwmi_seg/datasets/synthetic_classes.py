"""Procedural street scenes of eight classes, drawn from a seed; no files.

What makes many classes hard is in them: areas beside lines of one pixel, a class that most images lack, classes whose
colours are alike, and pixels that nobody has labelled.
"""

from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo, Pixels
from cwmi_seg.mistakes import Mistake

Mask = NDArray[np.bool_]
Rng = np.random.Generator

CLASSES = ("sky", "building", "road", "pavement", "tree", "car", "pole", "sign")
"""Names of the classes, in the order of their indices."""
VOID = 255
"""Mask value of pixels that take no part: the bonnet of the camera's car, and a patch that was not labelled."""
_SKY, _BUILDING, _ROAD, _PAVEMENT, _TREE, _CAR, _POLE, _SIGN = range(len(CLASSES))
_COLOURS = (
    (175, 195, 215), (140, 125, 115), (95, 95, 100), (135, 128, 125), (85, 115, 75), (120, 60, 70), (80, 80, 78),
    (190, 150, 60),
)  # fmt: skip
"""The mean colour of each class."""


class SyntheticClasses:
    """Colour images H W of street scenes, generated on first use and kept in memory.

    The classes are :data:`CLASSES`: poles are one or two pixels wide and joined by wires, a sign is in one image of
    four, trees and cars are absent from some. Index 255 is void.

    Args:
        size: height and width in pixels.
        num_train, num_val, num_test: images of the three official parts.
        noise: standard deviation of the pixel noise, in grey values.
        fade_share: share of the image area over which colours fade to a third of their contrast.
        sign_share: share of the images that have a sign, the rare class.
        seed: image i depends on (seed, i) alone.
    """

    def __init__(
        self,
        size: int = 128,
        num_train: int = 60,
        num_val: int = 10,
        num_test: int = 30,
        noise: float = 14.0,
        fade_share: float = 0.15,
        sign_share: float = 0.25,
        seed: int = 0,
    ) -> None:
        if size < 64:
            raise Mistake(f"size: expected at least 64 pixels, got {size}; use for example 128.")
        for name, count in (("num_train", num_train), ("num_val", num_val), ("num_test", num_test)):
            if count < 1:
                raise Mistake(f"{name}: expected at least 1 image, got {count}; use for example 8.")
        for name, share in (("fade_share", fade_share), ("sign_share", sign_share)):
            if not 0 <= share <= 1:
                raise Mistake(f"{name}: expected a share from 0 to 1, got {share}; use for example 0.2.")
        self.size, self.noise, self.seed = size, noise, seed
        self.fade_share, self.sign_share = fade_share, sign_share
        self._parts = ["train"] * num_train + ["val"] * num_val + ["test"] * num_test

    @cached_property
    def info(self) -> DatasetInfo:
        """The names, sizes and statistics of the images; every image is generated once for them."""
        images, sums = [], []
        for index, part in enumerate(self._parts):
            image, mask = self.read(index)
            counts = np.bincount(mask.ravel(), minlength=VOID + 1)[: len(CLASSES)]
            images.append(
                ImageInfo(
                    name=f"{part}_{index:04d}",
                    height=self.size,
                    width=self.size,
                    class_counts=tuple(counts.tolist()),
                    group=f"{index:04d}",
                    part=part,
                )
            )
            pixels = image.reshape(-1, 3).astype(np.float64)
            sums.append((pixels.mean(0), (pixels**2).mean(0)))
        mean, square = np.mean(sums, axis=0)
        return DatasetInfo(
            name="synthetic classes",
            source=f"generated, seed {self.seed}",
            channels=3,
            num_classes=len(CLASSES),
            mean=tuple(mean.tolist()),
            std=tuple(np.sqrt(square - mean**2).tolist()),
            images=tuple(images),
            ignore_index=VOID,
            class_names=CLASSES,
        )

    def read(self, index: int) -> tuple[Pixels, NDArray[np.uint8]]:
        """Image H W 3 and mask H W of one entry of ``info.images``, generated on first use."""
        return _generate(self.size, self.noise, self.fade_share, self.sign_share, self.seed, index)


@lru_cache(maxsize=512)
def _generate(
    size: int, noise: float, fade_share: float, sign_share: float, seed: int, index: int
) -> tuple[Pixels, NDArray[np.uint8]]:
    rng = np.random.default_rng((seed, index))
    scene = _Scene(size, rng)
    horizon = rng.uniform(0.38, 0.5)
    _ground(scene, horizon)
    _buildings(scene, horizon)
    _trees(scene, horizon)
    _cars(scene, horizon)
    tops = _poles(scene, horizon)
    if rng.uniform() < sign_share:
        _sign(scene, tops)
    image = _photographed(scene, noise, fade_share)
    _unlabelled(scene)
    return image, scene.mask


class _Scene:
    """A mask and the colours of its objects, painted from back to front; coordinates go from 0 to 1."""

    def __init__(self, size: int, rng: Rng) -> None:
        self.size, self.rng = size, rng
        self.rows, self.columns = (np.mgrid[:size, :size] + 0.5) / size
        self.mask = np.zeros((size, size), dtype=np.uint8)
        self.colours = np.zeros((size, size, 3))
        self.paint(np.ones((size, size), dtype=bool), _SKY)

    def paint(self, where: Mask, index: int) -> None:
        """One object of a class, in a colour of its own."""
        self.mask[where] = index
        self.colours[where] = np.add(_COLOURS[index], self.rng.normal(0, 14, 3))


def _ground(scene: _Scene, horizon: float) -> None:
    """Pavement up to the horizon, and on it a road that narrows towards a point of it."""
    below = scene.rows > horizon
    scene.paint(below, _PAVEMENT)
    middle, depth = scene.rng.uniform(0.35, 0.65), (scene.rows - horizon) / (1 - horizon)
    width = 0.03 + scene.rng.uniform(0.32, 0.5) * depth
    scene.paint(below & (np.abs(scene.columns - middle - 0.1 * depth**2) < width), _ROAD)


def _buildings(scene: _Scene, horizon: float) -> None:
    left = 0.0
    while left < 1:
        right = left + scene.rng.uniform(0.12, 0.35)
        if scene.rng.uniform() < 0.75:
            top, base = scene.rng.uniform(0.05, horizon - 0.1), horizon + scene.rng.uniform(0, 0.04)
            inside = (scene.columns >= left) & (scene.columns < right) & (scene.rows >= top) & (scene.rows < base)
            scene.paint(inside, _BUILDING)
        left = right


def _trees(scene: _Scene, horizon: float) -> None:
    """Crowns with ragged borders."""
    from scipy.ndimage import gaussian_filter

    ragged = gaussian_filter(scene.rng.normal(size=scene.mask.shape), scene.size / 50)
    ragged *= 0.25 / ragged.std()
    for _ in range(scene.rng.integers(0, 5)):
        row, column = horizon - scene.rng.uniform(0.05, 0.15), scene.rng.uniform(0, 1)
        radius = scene.rng.uniform(0.05, 0.13)
        distance = np.hypot((scene.rows - row) / 1.2, scene.columns - column) / radius
        scene.paint(distance + ragged < 1, _TREE)


def _cars(scene: _Scene, horizon: float) -> None:
    """Larger the nearer they are."""
    for base in np.sort(scene.rng.uniform(horizon + 0.08, 0.85, scene.rng.integers(0, 4))):
        width = 0.25 * (base - horizon) + 0.02
        column = scene.rng.uniform(0.25, 0.75)
        body = np.abs(scene.columns - column) < width
        scene.paint(body & (scene.rows < base) & (scene.rows > base - 1.1 * width), _CAR)


def _poles(scene: _Scene, horizon: float) -> list[tuple[float, float]]:
    """Upright lines of one or two pixels with wires between their tops; gives row and column of each top."""
    columns = np.sort(scene.rng.uniform(0.05, 0.95, scene.rng.integers(1, 5)))
    tops = [(float(scene.rng.uniform(0.08, 0.25)), float(column)) for column in columns]
    for top, column in tops:
        base, width = horizon + scene.rng.uniform(0.05, 0.25), scene.rng.choice([0.5, 1.0]) / scene.size
        scene.paint((np.abs(scene.columns - column) <= width) & (scene.rows > top) & (scene.rows < base), _POLE)
    for (top, column), (other_top, other_column) in pairwise(tops):
        if scene.rng.uniform() < 0.6:
            along = (scene.columns - column) / (other_column - column)
            wire = top + (other_top - top) * along + 0.15 * along * (1 - along)
            near = np.abs(scene.rows - wire) < 0.8 / scene.size
            scene.paint(near & (along >= 0) & (along <= 1), _POLE)
    return tops


def _sign(scene: _Scene, tops: list[tuple[float, float]]) -> None:
    """A disc of a few pixels on one of the poles."""
    top, column = tops[scene.rng.integers(len(tops))]
    radius = scene.rng.uniform(0.013, 0.024)
    distance = np.hypot(scene.rows - top - scene.rng.uniform(0.05, 0.15), scene.columns - column)
    scene.paint(distance < radius, _SIGN)


def _photographed(scene: _Scene, noise: float, fade_share: float) -> NDArray[np.uint8]:
    """Colours with soft edges, faded in places, under uneven light, with texture and noise."""
    from scipy.ndimage import gaussian_filter

    shape = scene.mask.shape
    fields = [gaussian_filter(scene.rng.normal(size=shape), sigma, mode="wrap") for sigma in (scene.size / 20, 1.5)]
    wide, fine = (field / field.std() for field in fields)
    pixels = gaussian_filter(scene.colours, (0.6, 0.6, 0))
    if fade_share > 0:
        contrast = np.where(wide > np.quantile(wide, 1 - fade_share), 1 / 3, 1.0)[..., None]
        pixels = 120 + contrast * (pixels - 120)
    pixels = pixels + (8 * wide + 6 * fine)[..., None] + scene.rng.normal(0, noise, (*shape, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _unlabelled(scene: _Scene) -> None:
    """Void: the bonnet at the bottom, and in half of the images a patch."""
    scene.mask[np.hypot((scene.rows - 1.02) / 0.1, (scene.columns - 0.5) / 0.45) < 1] = VOID
    if scene.rng.uniform() < 0.5:
        row, column = scene.rng.uniform(0.1, 0.9, 2)
        scene.mask[(np.abs(scene.rows - row) < 0.04) & (np.abs(scene.columns - column) < 0.06)] = VOID
