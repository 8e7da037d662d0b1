"""Hausdorff distances against scikit-image, a loop over all pairs, and cases worked by hand."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from skimage.metrics import hausdorff_distance

from cwmi_seg.metrics.hausdorff import boundary, hausdorff_distances
from tests.support.masks import drawn, random_pairs

EMPTY, FULL = np.zeros((3, 4), bool), np.ones((3, 4), bool)
POINT = drawn("#...", "....", "....")


@pytest.mark.parametrize(
    ("prediction", "target", "hd", "hd95"),
    [
        (EMPTY, EMPTY, 0, 0),
        (EMPTY, POINT, 5, 5),  # the diagonal
        (FULL, EMPTY, 5, 5),
        (FULL, FULL, 0, 0),
        (POINT, POINT, 0, 0),
        (POINT, drawn("...#", "....", "...."), 3, 3),
        (drawn("##..", "....", "...."), POINT, 0.5, 0.95),
    ],
)
def test_empty_full_and_single_pixels(prediction: np.ndarray, target: np.ndarray, hd: float, hd95: float) -> None:
    assert hausdorff_distances(prediction, target) == pytest.approx((hd, hd95))


def test_equal_to_scikit_image_and_to_all_pairs() -> None:
    for prediction, target in random_pairs(60):
        if not (prediction.any() and target.any()):
            continue
        expected = hausdorff_distance(prediction, target, method="modified")
        hd, hd95 = hausdorff_distances(prediction, target)
        assert hd == pytest.approx(expected, rel=1e-14, abs=1e-14)
        distances = cdist(np.argwhere(boundary(prediction)), np.argwhere(boundary(target)))
        assert hd95 == pytest.approx(max(np.percentile(distances.min(axis), 95) for axis in (0, 1)))


def test_distances_beyond_the_near_search() -> None:
    prediction, target = np.zeros((50, 70), bool), np.zeros((50, 70), bool)
    prediction[0, :10], target[30:35, 40:60] = True, True
    expected = hausdorff_distance(prediction, target, method="modified")
    assert hausdorff_distances(prediction, target)[0] == pytest.approx(expected, rel=1e-14)
