from typing import Any

import numpy as np
import pytest
from scipy.ndimage import label

from cwmi_seg.datasets.synthetic import SyntheticImages

SMALL: dict[str, Any] = {"size": 64, "num_train": 2, "num_val": 1, "num_test": 1}


@pytest.mark.parametrize("kind", ["vessels", "membranes", "roads", "rings"])
def test_images_are_thin_structures_that_depend_on_seed_and_index(kind: str) -> None:
    images = SyntheticImages(kind, **SMALL)
    pixels, mask = images.read(0)
    assert pixels.shape == (64, 64, 1)
    assert 0.02 < mask.mean() < 0.5
    assert np.array_equal(pixels, SyntheticImages(kind, **SMALL).read(0)[0])
    assert not np.array_equal(pixels, images.read(1)[0])
    assert not np.array_equal(pixels, SyntheticImages(kind, **SMALL, seed=1).read(0)[0])


def test_statistics_are_those_of_the_pixels() -> None:
    images = SyntheticImages(**SMALL)
    pixels = np.stack([images.read(i)[0] for i in range(4)])
    assert images.info.mean[0] == pytest.approx(pixels.mean())
    assert images.info.std[0] == pytest.approx(pixels.std())
    assert [image.part for image in images.info.images] == ["train", "train", "val", "test"]


def test_rings_know_their_betti_numbers() -> None:
    images = SyntheticImages("rings", **SMALL)
    for index in range(4):
        mask = images.read(index)[1]
        components = label(mask, np.ones((3, 3)))[1]
        holes = label(np.pad(1 - mask, 1, constant_values=1))[1] - 1
        assert images.betti_numbers(index) == (components, holes)


@pytest.mark.parametrize(("name", "value"), [("kind", "snakes"), ("size", 8), ("num_val", 0)])
def test_impossible_settings_are_refused(name: str, value: str | int) -> None:
    with pytest.raises(ValueError, match=name):
        SyntheticImages(**{name: value})  # type: ignore[arg-type]
