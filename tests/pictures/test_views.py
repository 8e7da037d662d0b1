"""Volumes in one picture."""

import numpy as np

from cwmi_seg.pictures.views import views


def test_slices_go_through_the_most_structure_and_errors_are_not_hidden() -> None:
    target = np.zeros((3, 4, 5), int)
    target[1, 2, :4] = 1
    prediction = target.copy()
    prediction[2, 2, 0] = 1  # false, behind structure that was found
    prediction[1, 2, 1] = 0  # missed
    image = np.arange(60.0).reshape(1, 3, 4, 5)
    picture, seen, truth = views(image, prediction, target)
    assert picture.shape == (1, 4 + 3, 5 + 5)
    assert np.array_equal(picture[0, :4, :5], image[0, 1])
    assert np.array_equal(picture[0, :4, 5:], image[0, 2])  # the largest value of each ray
    assert np.array_equal(picture[0, 4:, :5], image[0, :, 2])
    assert np.array_equal(picture[0, 4:, 5:9], image[0, :, :, 0])
    assert np.array_equal(seen[:4, :5], prediction[1])
    assert seen[2, 5:].tolist() == [1, 0, 1, 1, 0]
    assert truth[2, 5:].tolist() == [0, 1, 1, 1, 0]


def test_coarse_axes_are_stretched() -> None:
    volume = np.zeros((2, 3, 3), int)
    picture, *_ = views(np.zeros((1, 2, 3, 3)), volume, volume, spacing=(30, 6, 6))
    assert picture.shape == (1, 3 + 10, 6)
