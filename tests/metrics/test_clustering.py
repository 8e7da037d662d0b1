"""Variation of information and adjusted Rand index against scikit-image, scikit-learn and cases worked by hand."""

import numpy as np
import pytest
from skimage.measure import label
from skimage.metrics import variation_of_information as skimage_vi
from sklearn.metrics import adjusted_rand_score

from cwmi_seg.metrics.clustering import (
    Clustering,
    adjusted_rand_index,
    object_contingency,
    variation_of_information,
)
from tests.support.masks import drawn, random_pairs

EMPTY, FULL = np.zeros((4, 4), bool), np.ones((4, 4), bool)
HALVES = drawn("#.#.", "#.#.", "#.#.", "#.#.")  # two objects of 4 pixels


@pytest.mark.parametrize(
    ("prediction", "target", "vi", "ari"),
    [
        (EMPTY, EMPTY, (0, 0), 1),  # one object in both
        (FULL, FULL, (0, 0), 1),  # no object in either
        (FULL, EMPTY, (0, 0), 1),  # one label in both
        (EMPTY, FULL, (0, 0), 1),
        (HALVES, HALVES, (0, 0), 1),
        (HALVES, FULL, (1, 0), 0),  # no object in the target: entropy of the predicted objects
        (FULL, HALVES, (0, 1), 0),  # every object lost: all in the label of the structure
        (HALVES, EMPTY, (1.5, 0), 0),  # shares 1/2, 1/4, 1/4
        (EMPTY, HALVES, (0, 1), 0),
    ],
)
def test_empty_full_and_single_objects(
    prediction: np.ndarray, target: np.ndarray, vi: tuple[float, float], ari: float
) -> None:
    table = object_contingency(prediction, target)
    assert variation_of_information(table) == pytest.approx(vi, abs=1e-12)
    assert adjusted_rand_index(table) == pytest.approx(ari, abs=1e-12)


def test_equal_to_scikit_image_and_scikit_learn() -> None:
    for prediction, target in random_pairs(60):
        table = object_contingency(prediction, target)
        objects = label(~prediction, connectivity=1), label(~target, connectivity=1)
        assert adjusted_rand_index(table) == pytest.approx(adjusted_rand_score(*(o.ravel() for o in objects)))
        inside = ~target
        if inside.any():
            split, merge = skimage_vi(objects[1][inside], objects[0][inside])
            assert variation_of_information(table) == pytest.approx((split, merge), abs=1e-12)


def test_more_objects_than_a_dense_table_holds() -> None:
    """Tables of many more cells than pixels are sorted."""
    target = np.indices((40, 40)).sum(0) % 2 == 0
    table = object_contingency(~target, target)
    assert len(table.count) == 1600  # each pixel its own object in one of the two
    assert variation_of_information(table) == pytest.approx((0, np.log2(800)))


def test_no_overflow_on_large_images() -> None:
    target = np.ones((2048, 2048), bool)
    target[:, :1000], target[:, 1001:] = False, False
    assert adjusted_rand_index(object_contingency(target, target)) == 1
    shifted = np.roll(target, 500, axis=1)
    assert 0 < adjusted_rand_index(object_contingency(shifted, target)) < 1


def test_ignored_pixels_separate_and_do_not_count() -> None:
    target = np.array([[0, 0, 9, 0, 0], [0, 0, 9, 0, 0]])
    prediction = np.array([[0, 0, 0, 0, 1], [0, 0, 1, 0, 1]])
    ari = adjusted_rand_score([1, 1, 1, 1, 2, 2, 2, 2], [1, 1, 1, 1, 2, 0, 2, 0])
    assert Clustering(ignore_index=9).score(prediction, target) == pytest.approx([0.5, 0.5, 0, ari])
