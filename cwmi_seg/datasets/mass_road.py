"""Massachusetts Roads as it is downloaded: ``tiff/train/NAME.tiff`` and ``tiff/train_labels/NAME.tif``.

The layout of the first site, ``train/sat`` and ``train/map``, is read as well.
"""

from functools import partial
from pathlib import Path

import numpy as np

from cwmi_seg.datasets.image_files import read_pair, require_same_size
from cwmi_seg.datasets.raw import IMAGE_SUFFIX, RawDataset, RawFiles, RawSample, pair
from cwmi_seg.mistakes import Mistake

SOURCE = "Massachusetts Roads (V. Mnih, 2013), https://www.cs.toronto.edu/~vmnih/data (terms: see there)"


class MassachusettsRoads:
    """Aerial images 1500 x 1500 of the training part; structure = roads.

    Many images are partly blank (white). The paper takes images at random from those with most road pixels outside
    the blank area; where there are fewer, all are taken.

    Args:
        num_images: Number of images that are taken.
        num_candidates: Number of images with the most road pixels among which they are drawn.
        seed: Seed of the draw.
    """

    def __init__(self, num_images: int = 120, num_candidates: int = 300, seed: int = 0) -> None:
        for name, value in (("num_images", num_images), ("num_candidates", num_candidates)):
            if value < 1:
                raise Mistake(f"{name}: expected at least 1, got {value}; the paper has 120 of 300.")
        self.num_images, self.num_candidates, self.seed = num_images, num_candidates, seed

    def __call__(self, raw: Path) -> RawDataset:
        files = RawFiles(raw, SOURCE)
        images = files.require(rf"train/(?:sat/)?([^/]+){IMAGE_SUFFIX}", "tiff/train/NAME.tiff")
        masks = files.match(rf"(?:train_labels|train/map)/([^/]+){IMAGE_SUFFIX}")
        pairs = [(image, mask) for _, image, mask in pair(images, masks, _mask_name)]
        # by name among equals, so that the draw does not depend on the order of the file system
        candidates = sorted(pairs, key=lambda files: (-_road_pixels(*files), files[0].stem))[: self.num_candidates]
        taken = min(self.num_images, len(candidates))
        chosen = np.random.default_rng(self.seed).choice(len(candidates), taken, replace=False)
        samples = (self._sample(*candidates[index]) for index in sorted(chosen))
        note = f"{taken} images, at random from the {len(candidates)} with most roads of {len(pairs)}"
        if taken < self.num_images:
            note += f"; {self.num_images} were asked for"
        return RawDataset(SOURCE, tuple(sorted(samples, key=lambda sample: sample.name)), notes=(note,))

    def _sample(self, image: Path, mask: Path) -> RawSample:
        return RawSample(image.stem, (image, mask), partial(read_pair, image, mask), group=image.stem)


def _road_pixels(image_path: Path, mask_path: Path) -> int:
    """Road pixels outside the blank area of an image."""
    image, mask = read_pair(image_path, mask_path)
    require_same_size(image, mask, image_path, mask_path)
    blank = np.bitwise_and.reduce([image[..., channel] for channel in range(image.shape[2])]) == 255
    return int(np.count_nonzero(mask[~blank]))


def _mask_name(image: Path) -> str:
    return f"{image.stem}.tif in {image.parent.parent / 'train_labels'}"
