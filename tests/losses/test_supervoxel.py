"""The supervoxel loss beside its goldens and a search object by object."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from cwmi_seg.losses import CrossEntropyLoss, SupervoxelLoss
from cwmi_seg.topology.critical_errors import critical_misses
from cwmi_seg.topology.masks import Mask
from tests.support.masks import random_pairs
from tests.support.modern_goldens import Golden


@pytest.mark.parametrize(("alpha", "beta"), [(0.5, 0.5), (0.9, 0.3)])
@pytest.mark.parametrize(("case", "name"), [("membranes", "supervoxel"), ("vol", "supervoxel3d")])
def test_goldens(case: str, name: str, alpha: float, beta: float) -> None:
    Golden(case).check(f"{name}_a{alpha}_b{beta}", SupervoxelLoss(alpha, beta))


def by_search(prediction: Mask, target: Mask) -> Mask:
    corners = np.ones([3] * target.ndim)
    critical = np.zeros_like(target)
    objects, number = ndimage.label(target)
    for i in range(1, number + 1):
        rests, _ = ndimage.label((objects == i) & prediction)
        holes, count = ndimage.label((objects == i) & ~prediction, corners)
        for hole in (holes == j for j in range(1, count + 1)):
            touched = np.unique(rests[ndimage.binary_dilation(hole, corners)])
            critical |= hole & (np.count_nonzero(touched) != 1)
    return critical


def test_critical_misses_by_search() -> None:
    for prediction, target in random_pairs(60, largest=16):
        assert np.array_equal(critical_misses(prediction, target), by_search(prediction, target))
        assert np.array_equal(critical_misses(target, prediction), by_search(target, prediction))


def test_critical_misses_of_volumes_by_search() -> None:
    generator = np.random.default_rng(0)
    for density in (0.3, 0.5, 0.7, 0.9):
        prediction, target = generator.random((2, 6, 7, 5)) < density
        assert np.array_equal(critical_misses(prediction, target), by_search(prediction, target))


def test_the_first_epochs_are_the_cross_entropy() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, target = torch.randn(2, 2, 16, 16, generator=generator), torch.randint(0, 2, (2, 16, 16))
    loss, plain = SupervoxelLoss(), CrossEntropyLoss()(logits, target)
    alone = loss(logits, target)
    values = []
    for loss.epoch in (0, 9, 10):
        values.append(loss(logits, target))
    torch.testing.assert_close(values[:2], [plain, plain])
    assert values[2] == alone < plain


def test_a_prediction_that_is_no_number_shows() -> None:
    logits = torch.zeros(1, 2, 8, 8)
    logits[0, 0, 3, 3] = torch.nan
    assert SupervoxelLoss()(logits, torch.zeros(1, 8, 8).long()).isnan()
