from typing import Any

import numpy as np
import pytest

from cwmi_seg.datasets.solids import KINDS
from cwmi_seg.datasets.synthetic_volumes import SyntheticVolumes
from cwmi_seg.metrics.betti import betti_numbers

SMALL: dict[str, Any] = {"shape": (32, 32, 32), "num_train": 2, "num_val": 1, "num_test": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_betti_numbers_hold_as_constructed(kind: str) -> None:
    volumes = SyntheticVolumes(kind, shape=(48, 33, 40), seed=3, noise=0)
    for index in range(8):
        mask = volumes.read(index)[1]
        assert tuple(int(number[0]) for number in betti_numbers(mask[None] > 0)) == volumes.betti_numbers(index)


@pytest.mark.parametrize("kind", KINDS)
def test_volumes_are_thin_structures_that_depend_on_seed_and_index(kind: str) -> None:
    volumes = SyntheticVolumes(kind, **SMALL)
    image, mask = volumes.read(0)
    assert image.shape == (32, 32, 32, 1)
    assert mask.shape == (32, 32, 32)
    assert 0.005 < mask.mean() < 0.3
    assert np.array_equal(image, SyntheticVolumes(kind, **SMALL).read(0)[0])
    assert not np.array_equal(image, volumes.read(1)[0])
    assert not np.array_equal(image, SyntheticVolumes(kind, **SMALL, seed=1).read(0)[0])
    with pytest.raises(ValueError, match="read-only"):
        mask[0] = 1


def test_structures_fade_in_gaps_alone() -> None:
    whole, faded = (SyntheticVolumes(**SMALL, noise=0, gap_share=share).read(0) for share in (0, 0.3))
    np.testing.assert_array_equal(whole[1], faded[1])
    change = whole[0].astype(int) - faded[0]
    assert change.min() == 0
    assert 0.05 < (change[whole[1] > 0] > 20).mean() < 0.6


def test_info_is_that_of_the_voxels() -> None:
    volumes = SyntheticVolumes(**{**SMALL, "shape": (16, 32, 40)})
    image = np.stack([volumes.read(i)[0] for i in range(4)])
    info = volumes.info
    assert info.mean[0] == pytest.approx(image.mean())
    assert info.std[0] == pytest.approx(image.std())
    assert (info.dimensions, info.spacing, info.images[0].shape) == (3, (1, 1, 1), (16, 32, 40))
    assert [entry.part for entry in info.images] == ["train", "train", "val", "test"]
    assert info.images[0].class_counts[1] == volumes.read(0)[1].sum()


@pytest.mark.parametrize(
    ("name", "value"), [("kind", "snakes"), ("shape", (16, 32)), ("shape", (8, 32, 32)), ("shape", 3), ("num_val", 0),
                        ("gap_share", 1.0), ("noise", -1)]
)  # fmt: skip
def test_impossible_settings_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        SyntheticVolumes(**{name: value})
